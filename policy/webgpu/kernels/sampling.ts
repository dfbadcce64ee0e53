/**
 * Draws tokens on the GPU: temperature, nucleus, greedy, and the log-prob of what was drawn.
 *
 * Probabilities become integers, 2^31 times the ratio to the most likely token's: their sums are exact, so the same
 * token is drawn however they are added. The draw is the inverse of the cumulative distribution in the order of ids,
 * with the noise of the CPU's; the nucleus keeps that order, where the CPU draws in the order of likelihood, so there
 * the same noise may give another of its tokens. Tokens 2^31 times less likely than the first are never drawn.
 *
 * A file of its own because these are not operations of a model: nothing is differentiated.
 *
 * @module
 */
import type { Matrix, Plan } from "../plan.ts";
import { planScores, planSoftmax } from "./token_scores.ts";
import { addAtomically, NOISE, WIDE } from "./wide.ts";

/** Threads of a row. */
const LANES_PER_ROW = 256;

/** Consecutive tokens whose weights are summed before one of them is looked for. */
const SEGMENT = 1024;

/** What tokens are drawn from and by: matrices with one row per sequence. */
export interface Sampling {
  /** Hidden states [B, D] and the output table [V, D]. */
  hidden: Matrix;
  table: Matrix;
  /** Inverse temperature [B, 1]. */
  inverse: Matrix;
  /** Key of the noise [B, 2], its index [B, 1], and whether the most likely token is taken instead [B, 1]. */
  keys: Matrix;
  indices: Matrix;
  greedy: Matrix;
  /** The nucleus in units of 2^-24 [1, 1]; 2^24 or more keeps all. */
  nucleus?: Matrix;
  /** Rows of the table whose logits are computed at once. */
  chunk: number;
}

/** Appends the draw; returns the tokens [B, 1] and their scores [B, 2], bit for bit those of `tokenScores`. */
export function planSampling(plan: Plan, sampling: Sampling): { drawn: Matrix; scores: Matrix } {
  const { hidden, table, inverse, greedy, nucleus, chunk } = sampling, { rows } = hidden;
  const drawn = plan.matrix(rows, 1, "u32");
  // The target is known later: what the statistics say of one until then is not used.
  const { logits, stats } = planSoftmax(plan, [hidden, table, drawn, inverse], chunk, { kept: true });
  const weights = plan.matrix(rows, logits.width, "u32");
  plan.elementwise("weights", {
    read: { logits, inverse, stats },
    write: { weights },
    body: `
      let weight = exponential(logits[i] * inverse[row] - stats[4u * row]) * 2147483648.0;
      weights[i] = 0u;
      if (is_finite(weight)) { weights[i] = u32(weight); }`,
  });
  if (nucleus) planNucleus(plan, weights, nucleus);
  planDraw(plan, weights, sampling, drawn);
  planLikeliest(plan, logits, greedy, drawn);
  plan.elementwise("target", {
    read: { logits, inverse, drawn },
    write: { stats },
    domain: drawn,
    body: "stats[4u * i + 3u] = logits[i * sizes.width + drawn[i]] * inverse[i];",
    sizes: { width: logits.width },
  });
  const scores = planScores(plan, stats);
  [logits, weights, stats].forEach((matrix) => plan.release(matrix));
  return { drawn, scores };
}

/** Finds the first token at which the running sum of weights passes the noise's share of the whole. */
function planDraw(plan: Plan, weights: Matrix, { keys, indices, greedy }: Sampling, drawn: Matrix): void {
  const segments = Math.ceil(weights.width / SEGMENT), share = SEGMENT / LANES_PER_ROW;
  plan.dispatch({
    name: "draw",
    read: { weights, keys, indices, greedy },
    write: { drawn },
    sizes: { width: weights.width },
    grid: [{ rows: weights.rows }],
    threads: LANES_PER_ROW,
    declarations: `${WIDE}${NOISE}
var<workgroup> low: array<atomic<u32>, ${segments}>;
var<workgroup> high: array<atomic<u32>, ${segments}>;
var<workgroup> parts: array<vec2<u32>, ${LANES_PER_ROW}>;
var<workgroup> chosen: u32;
var<workgroup> left: vec2<u32>;`,
    body: `
      if (greedy[group.x] != 0u) { return; }
      let start = group.x * sizes.width;
      for (var s = 0u; s < ${segments}u; s = s + 1u) {
        var sum = vec2<u32>(0u, 0u);
        for (var n = 0u; n < ${share}u; n = n + 1u) {
          let v = s * ${SEGMENT}u + n * ${LANES_PER_ROW}u + lane;
          if (v < sizes.width) { sum = wide_add(sum, vec2<u32>(weights[start + v], 0u)); }
        }
        if (sum.x != 0u) {${addAtomically("low", "high", "s", "sum.x")} }
        if (sum.y != 0u) { atomicAdd(&high[s], sum.y); }
      }
      workgroupBarrier();
      if (lane == 0u) {
        var total = vec2<u32>(0u, 0u);
        for (var s = 0u; s < ${segments}u; s = s + 1u) {
          total = wide_add(total, vec2<u32>(atomicLoad(&low[s]), atomicLoad(&high[s])));
        }
        let odd = noise(vec2<u32>(keys[2u * group.x], keys[2u * group.x + 1u]), indices[group.x]);
        // The draw is the first token whose running sum is above this.
        var rest = wide_share(odd, total).whole;
        var at = 0u;
        for (var s = 0u; s < ${segments}u; s = s + 1u) {
          let here = vec2<u32>(atomicLoad(&low[s]), atomicLoad(&high[s]));
          if (wide_less(rest, here)) { break; }
          rest = wide_subtract(rest, here);
          at = at + 1u;
        }
        chosen = min(at, ${segments - 1}u);
        left = rest;
      }
      workgroupBarrier();
      let first = chosen * ${SEGMENT}u + lane * ${share}u;
      var own = vec2<u32>(0u, 0u);
      for (var n = 0u; n < ${share}u; n = n + 1u) {
        if (first + n < sizes.width) { own = wide_add(own, vec2<u32>(weights[start + first + n], 0u)); }
      }
      parts[lane] = own;
      workgroupBarrier();
      if (lane == 0u) {
        var rest = left;
        var v = chosen * ${SEGMENT}u;
        for (var l = 0u; l < ${LANES_PER_ROW}u; l = l + 1u) {
          if (wide_less(rest, parts[l])) { break; }
          rest = wide_subtract(rest, parts[l]);
          v = v + ${share}u;
        }
        for (var n = 0u; n < ${share}u; n = n + 1u) {
          if (v + 1u >= sizes.width) { break; }
          let weight = vec2<u32>(weights[start + v], 0u);
          if (wide_less(rest, weight)) { break; }
          rest = wide_subtract(rest, weight);
          v = v + 1u;
        }
        // Only without any weight, where nothing is finite, is it not found: the record shows that, the token is the last.
        drawn[group.x] = min(v, sizes.width - 1u);
      }`,
  });
}

/** The largest logit's token, the lowest id among equals, in rows that want it. */
function planLikeliest(plan: Plan, logits: Matrix, greedy: Matrix, drawn: Matrix): void {
  plan.dispatch({
    name: "likeliest",
    read: { logits, greedy },
    write: { drawn },
    sizes: { width: logits.width },
    grid: [{ rows: logits.rows }],
    threads: LANES_PER_ROW,
    declarations: `
var<workgroup> tops: array<f32, ${LANES_PER_ROW}>;
var<workgroup> ids: array<u32, ${LANES_PER_ROW}>;`,
    body: `
      if (greedy[group.x] == 0u) { return; }
      let start = group.x * sizes.width;
      var top = -3.0e38;
      var id = sizes.width - 1u;
      for (var v = lane; v < sizes.width; v = v + ${LANES_PER_ROW}u) {
        if (logits[start + v] > top) {
          top = logits[start + v];
          id = v;
        }
      }
      tops[lane] = top;
      ids[lane] = id;
      workgroupBarrier();
      for (var half = ${LANES_PER_ROW / 2}u; half > 0u; half = half / 2u) {
        if (lane < half) {
          let other = lane + half;
          if (tops[other] > tops[lane] || (tops[other] == tops[lane] && ids[other] < ids[lane])) {
            tops[lane] = tops[other];
            ids[lane] = ids[other];
          }
        }
        workgroupBarrier();
      }
      if (lane == 0u) { drawn[group.x] = ids[0]; }`,
  });
}

/**
 * Sets the weights outside the nucleus to 0: the smallest set of the heaviest tokens whose weight reaches the share;
 * among equals the lower ids. The lightest weight kept is found byte by byte.
 */
function planNucleus(plan: Plan, weights: Matrix, nucleus: Matrix): void {
  const mass = "vec2<u32>(atomicLoad(&low[bin]), atomicLoad(&high[bin]))";
  const share = `
        var total = vec2<u32>(0u, 0u);
        for (var bin = 0u; bin < 256u; bin = bin + 1u) { total = wide_add(total, ${mass}); }
        let share = wide_share(min(nucleus[0], 16777216u), total);
        needed = wide_add(share.whole, vec2<u32>(select(0u, 1u, share.cut), 0u));`;
  const first = 24;
  const pass = (shift: number) => `
      atomicStore(&low[lane], 0u);
      atomicStore(&high[lane], 0u);
      workgroupBarrier();
      for (var v = lane; v < sizes.width; v = v + ${LANES_PER_ROW}u) {
        let weight = weights[start + v];
        ${shift === first ? "" : `if ((weight >> ${shift + 8}u) == found)`} {
          let bin = (weight >> ${shift}u) & 255u;
          ${addAtomically("low", "high", "bin", "weight")}
        }
      }
      workgroupBarrier();
      if (lane == 0u) {
        ${shift === first ? share : ""}
        var bin = 255u;
        while (bin > 0u) {
          let mass = ${mass};
          if (!wide_less(mass, needed)) { break; }
          needed = wide_subtract(needed, mass);
          bin = bin - 1u;
        }
        prefix = (prefix << 8u) | bin;
      }
      workgroupBarrier();
      found = prefix;`;
  plan.dispatch({
    name: "nucleus",
    read: { nucleus },
    write: { weights },
    sizes: { width: weights.width },
    grid: [{ rows: weights.rows }],
    threads: LANES_PER_ROW,
    declarations: `${WIDE}
var<workgroup> low: array<atomic<u32>, 256>;
var<workgroup> high: array<atomic<u32>, 256>;
var<workgroup> equals: array<u32, ${LANES_PER_ROW}>;
var<workgroup> needed: vec2<u32>;
var<workgroup> prefix: u32;`,
    body: `
      let start = group.x * sizes.width;
      if (lane == 0u) { prefix = 0u; }
      var found = 0u;
      ${[first, 16, 8, 0].map(pass).join("\n")}
      // As many tokens of the lightest weight are kept as are needed to reach the share, lower ids first.
      let share = (sizes.width + ${LANES_PER_ROW - 1}u) / ${LANES_PER_ROW}u;
      let first = min(lane * share, sizes.width);
      let end = min(first + share, sizes.width);
      var mine = 0u;
      for (var v = first; v < end; v = v + 1u) { mine = mine + select(0u, 1u, weights[start + v] == found); }
      equals[lane] = mine;
      workgroupBarrier();
      var before = vec2<u32>(0u, 0u);
      for (var l = 0u; l < lane; l = l + 1u) { before = wide_add(before, wide_product(equals[l], found)); }
      for (var v = first; v < end; v = v + 1u) {
        let weight = weights[start + v];
        if (weight < found) { weights[start + v] = 0u; }
        if (weight == found) {
          if (!wide_less(before, needed)) { weights[start + v] = 0u; }
          before = wide_add(before, vec2<u32>(found, 0u));
        }
      }`,
  });
}
