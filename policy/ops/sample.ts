/**
 * Draws a token from a row of probabilities, in float64 and outside the graph: a scan that stops early is cheaper than
 * any operator for it.
 *
 * @module
 */

/**
 * The first token whose cumulative probability exceeds `uniform` (inverse of the cumulative distribution). If rounding
 * left the sum below `uniform`, the last token that is possible at all.
 *
 * @param probabilities Row [V], summing to 1 up to rounding.
 * @param uniform Noise in (0, 1).
 */
export function drawToken(probabilities: Float32Array, uniform: number): number {
  let cumulative = 0, last = 0;
  for (let v = 0; v < probabilities.length; v++) {
    if (probabilities[v] === 0) continue;
    cumulative += probabilities[v];
    last = v;
    if (cumulative > uniform) break;
  }
  return last;
}

/** The most likely token; the lowest id among equals. */
export function likeliestToken(probabilities: Float32Array): number {
  let best = 0;
  for (let v = 1; v < probabilities.length; v++) if (probabilities[v] > probabilities[best]) best = v;
  return best;
}

/**
 * Nucleus sampling (Holtzman et al., arXiv 1904.09751): a draw from the smallest set of most likely tokens whose
 * probability reaches `topP`. Among equals the lower id comes first.
 */
export function drawNucleus(probabilities: Float32Array, topP: number, uniform: number): number {
  const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a] || a - b);
  let kept = 0, mass = 0;
  while (kept < order.length && mass < topP) mass += probabilities[order[kept++]];
  let cumulative = 0;
  for (let i = 0; i < kept; i++) {
    cumulative += probabilities[order[i]];
    if (cumulative > uniform * mass) return order[i];
  }
  return order[kept - 1];
}

/** The `count` most likely tokens that are possible at all, the most likely first; among equals the lower id comes first. */
export function likeliestTokens(probabilities: Float32Array, count: number): number[] {
  const best: number[] = [];
  if (count === 0) return best;
  for (let v = 0; v < probabilities.length; v++) {
    if (probabilities[v] === 0) continue;
    if (best.length === count && probabilities[v] <= probabilities[best[count - 1]]) continue;
    let place = best.length;
    while (place > 0 && probabilities[best[place - 1]] < probabilities[v]) place--;
    best.splice(place, 0, v);
    if (best.length > count) best.pop();
  }
  return best;
}
