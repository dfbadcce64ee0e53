/**
 * The tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011) over choices: which combination to try next,
 * given what others scored.
 *
 * As Optuna's multivariate `TPESampler` has it, which MIPROv2 uses. The best tenth of the trials (at most 25) are the
 * good ones, the others the bad ones. Each set becomes a density: a mixture with one kernel per trial and one uniform
 * kernel, a kernel being the product over the choices of a distribution that puts most weight on what the trial chose.
 * Of some combinations drawn from the density of the good ones, the one is tried whose ratio of the densities is largest.
 * The first trials are uniform.
 *
 * @module
 */

import { chooseWeighted, draw } from "./draws.ts";

/** A combination and what it scored; more is better. */
export interface Trial {
  /** Index of what was chosen, one per choice. */
  readonly choices: readonly number[];
  /** Score of the trial. */
  readonly score: number;
}

/** Settings of the sampler, Optuna's defaults. */
const STARTUP_TRIALS = 10, CANDIDATES = 24, MOST_GOOD = 25, RAMP = 25;

/** A mixture of products of distributions. */
export interface Mixture {
  /** Weight of each kernel; they sum to 1. */
  readonly weights: readonly number[];
  /** Probability of each option, by kernel and choice. */
  readonly kernels: readonly (readonly (readonly number[])[])[];
}

/** Weights of trials in the order of time: the last 25 count fully, older ones ever less. */
export function trialWeights(count: number): number[] {
  if (count < RAMP) return new Array<number>(count).fill(1);
  const older = count - RAMP;
  const ramp = Array.from(
    { length: older },
    (_, i) => older === 1 ? 1 / count : 1 / count + (1 - 1 / count) * i / (older - 1),
  );
  return [...ramp, ...new Array<number>(RAMP).fill(1)];
}

/** The density of some trials over choices with `sizes` options. */
export function parzenMixture(trials: readonly Trial[], sizes: readonly number[]): Mixture {
  const count = trials.length + 1, raw = [...trialWeights(trials.length), 1];
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const kernel = (chosen: readonly number[] | null) =>
    sizes.map((size, choice) => {
      const mass = Array.from({ length: size }, (_, option) => 1 / count + (chosen?.[choice] === option ? 1 : 0));
      const sum = mass.reduce((all, one) => all + one, 0);
      return mass.map((one) => one / sum);
    });
  return {
    weights: raw.map((weight) => weight / total),
    kernels: [...trials.map(({ choices }) => kernel(choices)), kernel(null)],
  };
}

/** Natural logarithm of the density at a combination. */
export function logDensity({ weights, kernels }: Mixture, choices: readonly number[]): number {
  return Math.log(
    weights.reduce(
      (sum, weight, k) =>
        sum + choices.reduce((product, option, choice) => product * kernels[k][choice][option], weight),
      0,
    ),
  );
}

/** Trials by whether they are among the best tenth, each part in the order of time. Of equal scores the earlier is better. */
export function splitTrials(trials: readonly Trial[]): { good: Trial[]; bad: Trial[] } {
  const count = Math.min(Math.ceil(0.1 * trials.length), MOST_GOOD);
  const order = trials.map((_, i) => i).sort((a, b) => trials[b].score - trials[a].score || a - b);
  const good = new Set(order.slice(0, count));
  return { good: trials.filter((_, i) => good.has(i)), bad: trials.filter((_, i) => !good.has(i)) };
}

/** The combination of trial `number`, after `trials`. */
export function suggestChoices(
  trials: readonly Trial[],
  sizes: readonly number[],
  seed: number,
  number: number,
): number[] {
  if (trials.length < STARTUP_TRIALS) {
    return sizes.map((size, choice) => Math.floor(draw(seed, "startup", number, choice) * size));
  }
  const { good, bad } = splitTrials(trials);
  const promising = parzenMixture(good, sizes), others = parzenMixture(bad, sizes);
  let best: number[] = [], highest = -Infinity;
  for (let candidate = 0; candidate < CANDIDATES; candidate++) {
    const kernel = promising.kernels[chooseWeighted(promising.weights, draw(seed, "kernel", number, candidate))];
    const choices = kernel.map((probabilities, choice) =>
      chooseWeighted(probabilities, draw(seed, "option", number, candidate, choice))
    );
    const ratio = logDensity(promising, choices) - logDensity(others, choices);
    if (ratio > highest) [best, highest] = [choices, ratio];
  }
  return best;
}
