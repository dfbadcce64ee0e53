/**
 * The scores of a step before its first update: log-probs of the policy, of the reference and values of the critic,
 * where the algorithm asks for them, and the health gates on them.
 *
 * @module
 */
import type { Response } from "../../algorithms/algorithm.ts";
import type { Policy } from "../../policy/policy.ts";
import { foretell, type Foretold } from "../foretell.ts";
import { difference, requireAtMost, requireFinite, samplingLimit } from "../gates.ts";
import { minibatchesOf } from "../needs.ts";
import { type Drawn, score } from "../scoring.ts";
import { ofPolicy } from "../turns.ts";
import type { Collected } from "./collect.ts";
import type { StepParts, Stopwatch } from "./parts.ts";

/** A batch with its scores. */
export interface Scored {
  /** What the algorithm sees: current log-probs and values equal the old ones. */
  batch: Response[];
  /** What was scored. */
  samples: Drawn[];
  /** Old log-probs. */
  old: Float32Array[];
  /** Entropy of the distribution of each token that the policy chose, in nats. */
  entropy: Float32Array[];
  /** The gradient that was accumulated on the way, if it could be foretold. */
  foretold: Foretold | null;
  /** See {@linkcode StepRecord.samplingDifference}. */
  samplingDifference: { max: number; mean: number } | null;
  /** See {@linkcode StepRecord.batchDifference}. */
  batchDifference: number | null;
}

/** Float64 copies. */
export const rows = (scores: readonly ArrayLike<number>[]): Float64Array[] =>
  scores.map((row) => new Float64Array(row));

/**
 * Scores what was collected, and checks that the numbers can be believed.
 *
 * @param probe whether to measure that log-probs do not depend on their batch
 */
export async function scoreBatch(
  parts: StepParts,
  { draws, selection, step }: Collected,
  state: unknown,
  watch: Stopwatch,
  probe: boolean,
): Promise<Scored> {
  const { policy, reference, critic, algorithm, training, gates } = parts;
  const samples = draws.map(({ sample }) => sample);
  const sampled = draws.map(({ rollout }) => rollout.generation.logProbs);
  const withScores = (logProbs: readonly Float64Array[]): Response[] =>
    draws.map(({ facts }, index) => ({ ...facts, logProbs: logProbs[index], oldLogProbs: logProbs[index] }));

  // Old log-probs come from the training kernels, so that the ratio of the first minibatch is exactly 1. With a single
  // minibatch and nothing else to score the gradient pass can often give them for nothing.
  const mayForetell = minibatchesOf(algorithm, training) === 1 && !reference && !critic;
  const foretold = mayForetell
    ? await foretell(policy, algorithm, samples, withScores(rows(sampled)), state, selection, watch)
    : null;
  const scores = foretold?.scores ?? await watch.time("score", () => score(policy, samples));
  const old = scores.map(({ logProbs }) => logProbs);
  requireFinite("the log-prob", step, old);
  const masks = draws.map(({ facts }) => facts.mask);
  const ownOf = (rows: readonly Float32Array[]) => rows.map((row, index) => ofPolicy(row, masks[index]));
  const samplingDifference = training.topP === 1 ? difference(ownOf(sampled), ownOf(old)) : null;
  if (samplingDifference) {
    const what = "the difference between the log-probs of sampler and training kernels";
    const limit = samplingLimit(policy, gates);
    requireAtMost("samplingDifference", what, step, samplingDifference.max, limit);
  }
  const batchDifference = probe ? await watch.time("score", () => batchDifferenceOf(policy, samples, old)) : null;
  if (batchDifference !== null) {
    const what = "the difference between the log-probs of a response scored with its batch and alone";
    const limit = policy.device?.exact ? 0 : gates.batchDifference;
    requireAtMost("batchDifference", what, step, batchDifference, limit);
  }

  const batch = withScores(rows(old));
  if (reference) {
    const frozen = await watch.time("score", () => score(reference, samples));
    batch.forEach((response, index) => response.referenceLogProbs = Float64Array.from(frozen[index].logProbs));
  }
  if (critic) {
    const values = rows(await watch.time("score", () => critic.values(samples)));
    requireFinite("the value", step, values);
    batch.forEach((response, index) => response.values = response.oldValues = values[index]);
  }
  const entropy = ownOf(scores.map(({ entropy }) => entropy));
  return { batch, samples, old, entropy, foretold, samplingDifference, batchDifference };
}

/**
 * Log-probs of the first and the last response, each scored alone, against those scored with the batch. They must be
 * the same bits: an algorithm may not see another number because of its neighbours.
 */
async function batchDifferenceOf(policy: Policy, samples: readonly Drawn[], scored: readonly Float32Array[]) {
  let most = 0;
  for (const index of new Set([0, samples.length - 1])) {
    const [alone] = await score(policy, [samples[index]]);
    most = Math.max(most, difference([alone.logProbs], [scored[index]]).max);
  }
  return most;
}
