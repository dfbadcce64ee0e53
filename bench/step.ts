/**
 * One training step: prompts → rollouts → rewards per channel → scores → select → credit → for each minibatch of whole
 * groups: log-probs → loss and derivative → accumulate → optimizer step → record.
 *
 * Nothing here knows which algorithm runs. All that differs between algorithms is what they declare in `needs` and
 * what their functions return.
 *
 * @module
 */
import type { Algorithm, Credited, Response } from "../algorithms/algorithm.ts";
import type { Policy, Scores } from "../policy/policy.ts";
import { keyOf } from "../policy/random.ts";
import type { Problems, Task } from "../tasks/task.ts";
import { canonical, sha256 } from "./canonical.ts";
import { cameTrue, foretell } from "./foretell.ts";
import { difference, requireAtMost, requireFinite, requireFiniteNumber } from "./gates.ts";
import { unknown } from "./nearest.ts";
import { Refusal } from "./outcomes.ts";
import { trainingIndices } from "./problem_order.ts";
import { isRight, type Rollout, rollOut } from "./rollout.ts";
import { accumulate, type Drawn, score } from "./scoring.ts";
import { mean } from "./statistics/describe.ts";
import type { Gates, Training } from "./suite.ts";

/** Everything a step works with. */
export interface StepParts {
  /** The policy being trained. */
  policy: Policy;
  /** The frozen policy, where the algorithm asks for one. */
  reference?: Policy;
  /** Writes prompts and grades responses. */
  task: Task;
  /** Training problems. */
  problems: Problems;
  /** The configured algorithm. */
  algorithm: Algorithm;
  /** Training settings. */
  training: Training;
  /** Limits beyond which the run is stopped. */
  gates: Gates;
  /** Seed of problems and noise. */
  seed: number;
  /** A clock in milliseconds, for the cost columns only. Absent: no times. */
  clock?: () => number;
}

/** One line of `steps.jsonl`, before the runner adds the hash chain. */
export interface StepRecord {
  /** Number of the step, from 1. */
  step: number;
  /** Learning rate of this step. */
  learningRate: number;
  /** Mean loss over the minibatches. */
  loss: number;
  /** Global gradient norm before clipping, one per minibatch. */
  gradientNorms: number[];
  /** Mean of each reward channel over the responses that have it. */
  rewards: Record<string, number | null>;
  /** Share of right responses. */
  accuracy: number;
  /** Mean response length in tokens. */
  length: number;
  /** Share of responses cut at the maximum length. */
  truncated: number;
  /** Mean entropy per token, in nats. */
  entropy: number;
  /** Share of groups whose responses all got the same reward. */
  groupsWithoutSignal: number;
  /** Responses the algorithm's selection kept. */
  selected: number;
  /** |log-prob of the sampler - log-prob of the training kernels|; null under nucleus sampling, where they differ by design. */
  samplingDifference: { max: number; mean: number } | null;
  /** |log-prob in the batch - log-prob alone| of two responses; null where it was not measured. */
  batchDifference: number | null;
  /** Responses and tokens, for the cost columns. */
  cost: { responses: number; tokensGenerated: number; tokensTrained: number };
  /** What the algorithm reported. */
  metrics: Record<string, number>;
  /** First 16 hex digits of the SHA-256 of each stage, to tell which one differs between two runs. */
  digests: { rollouts: string; rewards: string; scores: string; losses: string };
}

/** Seconds spent in the parts of a step. */
export interface StepSeconds {
  /** Sampling and grading. */
  rollout: number;
  /** Old, current and reference log-probs. */
  score: number;
  /** Gradients and optimizer. */
  update: number;
}

/** What a step hands back. */
export interface StepOutcome {
  /** The line for the record. */
  record: StepRecord;
  /** What the algorithm keeps for the next step. */
  state: unknown;
  /** Where the time went; null without a clock. */
  seconds: StepSeconds | null;
}

/** Learning rate of a step: linear warm-up, then constant. */
export function learningRateAt(training: Training, step: number): number {
  return training.learningRate * Math.min(1, step / Math.max(1, training.warmupSteps));
}

/** The reward channels that the algorithms see. */
function channelsOf(rollout: Rollout, names: readonly string[]): Record<string, number | null> {
  return Object.fromEntries(names.map((name) => {
    const reward = rollout.grade.rewards[name];
    if (reward === undefined) throw new Refusal(unknown("reward channel", name, Object.keys(rollout.grade.rewards)));
    return [name, reward];
  }));
}

/** Share of groups in which no response got another reward than its neighbours: nothing to learn from by comparison. */
function shareWithoutSignal(batch: readonly Response[]): number {
  const rewards = new Map<number, Set<string>>();
  for (const { group, rewards: channels } of batch) {
    const seen = rewards.get(group) ?? new Set();
    rewards.set(group, seen.add(canonical(channels)));
  }
  return [...rewards.values()].filter((seen) => seen.size === 1).length / rewards.size;
}

/** Splits responses into minibatches of whole groups, in the order of the groups. */
function minibatchesOf(rollouts: readonly Rollout[], groups: number, minibatches: number): number[][] {
  const batches: number[][] = Array.from({ length: minibatches }, () => []);
  rollouts.forEach(({ group }, index) => batches[Math.floor(group * minibatches / groups)].push(index));
  return batches;
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

const short = (digest: string) => digest.slice(0, 16);
const rows = (scores: readonly ArrayLike<number>[]) => scores.map((row) => Float64Array.from(row));

/**
 * Runs step `step` (from 1) and updates the policy.
 *
 * @param state what the algorithm kept from the step before
 * @param probe whether to measure that log-probs do not depend on their batch
 * @throws {GateFailure} if a health gate fails; the policy may then have been updated and must not be saved.
 */
export async function trainStep(
  parts: StepParts,
  step: number,
  state: unknown,
  probe = false,
): Promise<StepOutcome> {
  const { policy, reference, task, algorithm, training, gates, seed, clock } = parts;
  const seconds: StepSeconds = { rollout: 0, score: 0, update: 0 };
  const timed = async <T>(part: keyof StepSeconds, work: () => Promise<T>): Promise<T> => {
    const start = clock?.() ?? 0;
    const result = await work();
    seconds[part] += ((clock?.() ?? 0) - start) / 1000;
    return result;
  };

  // Prompts and rollouts: the same problems and the same noise for every algorithm.
  const problems = trainingIndices(parts.problems, seed, step, training.promptsPerStep)
    .map((index) => parts.problems.at(index));
  const rollouts = await timed("rollout", () =>
    rollOut(policy, task, problems, {
      samples: training.groupSize,
      temperature: training.temperature,
      topP: training.topP,
      maxTokens: training.maxTokens,
      key: keyOf(seed, "rollout", step),
    }));
  const sampled = rollouts.map(({ generation }) => generation.logProbs);
  requireFinite("the sampled log-prob", step, sampled);
  const samples: Drawn[] = rollouts.map(({ prompt, generation, temperature }) => ({
    prompt,
    response: generation.tokens,
    temperature,
  }));

  const batchOf = (logProbs: readonly Float64Array[], frozen?: readonly Scores[]): Response[] =>
    rollouts.map((rollout, index) => ({
      group: rollout.group,
      tokens: rollout.generation.tokens,
      rewards: channelsOf(rollout, training.rewards),
      truncated: rollout.generation.truncated,
      budget: training.maxTokens,
      logProbs: logProbs[index],
      oldLogProbs: logProbs[index],
      ...frozen && { referenceLogProbs: Float64Array.from(frozen[index].logProbs) },
    }));

  // Old log-probs come from the training kernels, so that the ratio of the first minibatch is exactly 1. With a single
  // minibatch and no reference the gradient pass can often give them for nothing.
  const foretold = training.minibatches === 1 && !reference
    ? await timed("update", () => foretell(policy, algorithm, samples, batchOf(rows(sampled)), state))
    : null;
  const scores = foretold?.scores ?? await timed("score", () => score(policy, samples));
  const old = scores.map(({ logProbs }) => logProbs);
  requireFinite("the log-prob", step, old);
  const samplingDifference = training.topP === 1 ? difference(sampled, old) : null;
  if (samplingDifference) {
    const what = "the difference between the log-probs of sampler and training kernels";
    requireAtMost("samplingDifference", what, step, samplingDifference.max, gates.samplingDifference);
  }
  const batchDifference = probe ? await batchDifferenceOf(policy, samples, old) : null;
  if (batchDifference !== null) {
    const what = "the difference between the log-probs of a response scored with its batch and alone";
    requireAtMost("batchDifference", what, step, batchDifference, gates.batchDifference);
  }
  const frozen = reference ? await timed("score", () => score(reference, samples)) : undefined;

  const oldRows = rows(old);
  const batch = batchOf(oldRows, frozen);

  const selection = algorithm.select?.(batch, state);
  const credit = algorithm.credit(batch, state);
  requireFinite("the advantage", step, credit.advantages);

  const losses: number[] = [], gradientNorms: number[] = [], gradientRows: Float64Array[] = [];
  const metrics: Record<string, number> = {};
  const learningRate = learningRateAt(training, step);
  let tokensTrained = 0;
  const minibatches = minibatchesOf(rollouts, problems.length, training.minibatches);
  for (const [number, minibatch] of minibatches.entries()) {
    const learned = selection ? minibatch.filter((index) => selection[index]) : minibatch;
    const chosen = learned.map((index) => samples[index]);
    const current = number === 0
      ? learned.map((index) => oldRows[index])
      : rows((await timed("score", () => score(policy, chosen))).map(({ logProbs }) => logProbs));
    requireFinite("the log-prob", step, current);
    const credited: Credited[] = learned.map((index, place) => ({
      ...batch[index],
      logProbs: current[place],
      advantages: credit.advantages[index],
    }));
    if (credited.length > 0) {
      const { loss, gradient, metrics: reported } = algorithm.loss(credited, credit.state);
      requireFiniteNumber("the loss", step, loss);
      requireFinite("the derivative", step, gradient);
      losses.push(loss);
      gradientRows.push(...gradient);
      for (const [name, value] of Object.entries(reported)) metrics[name] = (metrics[name] ?? 0) + value;
      for (const row of gradient) if (row.some((entry) => entry !== 0)) tokensTrained += row.length;
      if (!foretold || !cameTrue(foretold, gradient, policy, algorithm)) {
        await timed("update", () => accumulate(policy, chosen, gradient));
      }
    }
    const { norm } = await timed("update", () =>
      policy.step({
        learningRate,
        maxNorm: training.maxNorm,
        betas: training.betas,
        weightDecay: training.weightDecay,
      }));
    requireFiniteNumber("the gradient norm", step, norm);
    gradientNorms.push(norm);
  }
  for (const name of Object.keys(metrics)) metrics[name] /= losses.length;

  const lengths = rollouts.map(({ generation }) => generation.tokens.length);
  const tokensGenerated = lengths.reduce((sum, length) => sum + length, 0);
  const rewardMeans = training.rewards.map((name) => {
    const given = batch.map(({ rewards }) => rewards[name]).filter((reward) => reward !== null);
    return [name, mean(given)] as const;
  });
  const record: StepRecord = {
    step,
    learningRate,
    loss: mean(losses) ?? 0,
    gradientNorms,
    rewards: Object.fromEntries(rewardMeans),
    accuracy: rollouts.filter(isRight).length / rollouts.length,
    length: tokensGenerated / rollouts.length,
    truncated: rollouts.filter(({ generation }) => generation.truncated).length / rollouts.length,
    entropy: mean(scores.flatMap(({ entropy }) => [...entropy])) ?? 0,
    groupsWithoutSignal: shareWithoutSignal(batch),
    selected: selection ? selection.filter(Boolean).length : batch.length,
    samplingDifference,
    batchDifference,
    cost: { responses: rollouts.length, tokensGenerated, tokensTrained },
    metrics: { ...credit.metrics, ...metrics },
    digests: {
      rollouts: short(
        sha256(...rollouts.flatMap(({ generation }) => [Int32Array.from(generation.tokens), generation.logProbs])),
      ),
      rewards: short(sha256(canonical(batch.map(({ rewards }) => rewards)))),
      scores: short(sha256(...old, ...credit.advantages)),
      losses: short(sha256(Float64Array.from(losses), ...gradientRows, Float64Array.from(gradientNorms))),
    },
  };
  return { record, state: credit.state, seconds: clock ? seconds : null };
}
