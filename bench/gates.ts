/**
 * Health gates: what must hold for a run's numbers to be believed. A gate that fails stops the cell.
 *
 * @module
 */
import type { Policy } from "../policy/policy.ts";
import { GateFailure } from "./outcomes.ts";
import type { Gates } from "./suite.ts";

/** Fails if one of the numbers is NaN or infinite. */
export function requireFinite(what: string, step: number, rows: Iterable<ArrayLike<number>>): void {
  let place = 0;
  for (const row of rows) {
    for (let index = 0; index < row.length; index++) {
      if (!Number.isFinite(row[index])) {
        throw new GateFailure(
          "finite",
          step,
          `${what} of response ${place} is ${row[index]} at token ${index}; try a smaller learning rate.`,
        );
      }
    }
    place++;
  }
}

/** Fails if `value` is NaN or infinite. */
export function requireFiniteNumber(what: string, step: number, value: number): void {
  if (Number.isFinite(value)) return;
  throw new GateFailure("finite", step, `${what} is ${value}; try a smaller learning rate.`);
}

/** What rounding matrices to float16 may move a log-prob by, and far more than it does. */
const FLOAT16_DIFFERENCE = 0.1;

/** Largest difference between the log-probs of sampling and training: none where the policy says that it is exact. */
export function samplingLimit({ device }: Pick<Policy, "device">, { samplingDifference }: Gates): number {
  if (device?.exact) return 0;
  return device?.rolloutWeights ? Math.max(samplingDifference, FLOAT16_DIFFERENCE) : samplingDifference;
}

/** Fails if `value` exceeds `limit`. */
export function requireAtMost(gate: string, what: string, step: number, value: number, limit: number): void {
  if (value <= limit) return;
  throw new GateFailure(gate, step, `${what} is ${value}, more than the limit of ${limit}.`);
}

/**
 * Fails if the estimators of an evaluation contradict each other: pass@1 is the share of right responses, pass@k never
 * falls with k, and pass@samples is the share of problems with a right response.
 */
export function requireConserved(
  step: number,
  average: number,
  pass: Readonly<Record<string, number>>,
  right: readonly number[],
  samples: number,
): void {
  const fail = (sentence: string) => {
    throw new GateFailure(
      "conservation",
      step,
      `${sentence}; the estimators of this evaluation contradict each other.`,
    );
  };
  const ks = Object.keys(pass).map(Number).sort((a, b) => a - b), rounding = 1e-12;
  const solved = right.filter((count) => count > 0).length / right.length;
  if (Math.abs(pass[1] - average) > rounding) fail(`pass@1 is ${pass[1]} and the share of right responses ${average}`);
  if (Math.abs(pass[samples] - solved) > rounding) {
    fail(`pass@${samples} is ${pass[samples]} and the share of problems with a right response ${solved}`);
  }
  ks.slice(1).forEach((k, index) => {
    if (pass[k] < pass[ks[index]] - rounding) {
      fail(`pass@${k} is ${pass[k]}, less than pass@${ks[index]} with ${pass[ks[index]]}`);
    }
  });
}

/** Fails if training at a learning rate of 0 changed an evaluation: something else than the optimizer moves weights. */
export function requireUnmoved(step: number, before: string, after: string): void {
  if (before === after) return;
  throw new GateFailure(
    "learningRateZero",
    step,
    `the learning rate is 0 and the responses of the evaluation are not those before training (digest ${after}, ` +
      `${before} before); something other than the optimizer changes the policy.`,
  );
}

/** Fails if a loss has a derivative at a token that a tool wrote: the policy did not choose it. */
export function requireMasked(
  algorithm: string,
  step: number,
  masks: readonly (ArrayLike<number> | undefined)[],
  derivatives: readonly (readonly ArrayLike<number>[] | undefined)[],
): void {
  masks.forEach((mask, place) => {
    for (const rows of mask ? derivatives : []) {
      const row = rows?.[place] ?? [];
      for (let index = 0; index < row.length; index++) {
        if (mask![index] || row[index] === 0) continue;
        throw new GateFailure(
          "mask",
          step,
          `the loss of ${algorithm} has derivative ${
            row[index]
          } at token ${index} of response ${place}, which a tool ` +
            "wrote; an algorithm leaves out tokens whose mask is 0.",
        );
      }
    }
  });
}

/** Largest and mean |difference| over all entries of two lists of rows. */
export function difference(
  left: readonly ArrayLike<number>[],
  right: readonly ArrayLike<number>[],
): { max: number; mean: number } {
  let max = 0, sum = 0, count = 0;
  for (const [index, row] of left.entries()) {
    const other = right[index];
    for (let i = 0; i < row.length; i++) {
      const d = Math.abs(row[i] - other[i]);
      if (!(d <= max)) max = d;
      sum += d;
      count++;
    }
  }
  return { max, mean: count ? sum / count : 0 };
}
