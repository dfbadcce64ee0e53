/**
 * What is recorded of a training step. Every definition is here.
 *
 * @module
 */
import type { Credit } from "../../algorithms/algorithm.ts";
import { countGrams, semanticEntropy } from "../../algorithms/strategic_grams/semantic_entropy.ts";
import { canonical, sha256 } from "../canonical.ts";
import { isRight, lengthOf, type Rollout, rolloutParts, type ToolUse, toolUseOf, unansweredShare } from "../rollout.ts";
import { gramsOf } from "../needs.ts";
import { mean } from "../statistics/describe.ts";
import { ownText } from "../turns.ts";
import type { Collected } from "./collect.ts";
import type { Draw } from "./draw.ts";
import type { StepParts } from "./parts.ts";
import type { Scored } from "./score.ts";
import { learningRateAt, type Updates } from "./update.ts";

/** What a step took. */
export interface StepCost {
  /** Responses sampled. */
  responses: number;
  /** Response tokens generated. */
  tokensGenerated: number;
  /** Response tokens with a gradient. */
  tokensTrained: number;
  /** Tokens of prompts that the policy read, where it is behind an endpoint, which counts them. */
  tokensRead?: number;
  /** Requests to a reflector, where a prompt is learned. */
  reflections?: number;
  /** Calls of a model for them; 0 of the embedded reflector. */
  reflectorCalls?: number;
  /** Tokens read and written in these calls, as far as known. */
  reflectorTokens?: number;
  /** Tokens that a model read in them; null if a call did not say, absent where no model was called. */
  reflectorTokensRead?: number | null;
  /** Tokens that it wrote. */
  reflectorTokensWritten?: number | null;
}

/** One line of `steps.jsonl`, before the runner adds the hash chain. */
export interface StepRecord {
  /** Number of the step: so many times `promptsPerStep` prompts, or fewer, were sampled until its end. */
  step: number;
  /** Prompts sampled for it: `promptsPerStep`, and more only where the algorithm replaces groups. */
  prompts: number;
  /** Groups that were learned from. 0: all of them were dropped, and nothing was updated. */
  groups: number;
  /** Minibatches, each an optimizer step. */
  minibatches: number;
  /** Learning rate of this step. */
  learningRate: number;
  /** Mean loss over the minibatches; 0 if the selection left none of them a response, null if nothing was updated. */
  loss: number | null;
  /** Global gradient norm before clipping, one per minibatch. */
  gradientNorms: number[];
  /** The same of the critic, where there is one. */
  criticNorms?: number[];
  /** Mean of each reward channel over the sampled responses that have it. */
  rewards: Record<string, number | null>;
  /** Share of right responses among the sampled ones; this and the next ones are null where none was sampled. */
  accuracy: number | null;
  /** Share of the sampled responses in which the grader found no answer. */
  unanswered: number | null;
  /** The same as `accuracy` by temperature (rounded to six decimals), where the members of a group are sampled at different ones. */
  accuracyByTemperature?: { temperature: number; accuracy: number }[];
  /** Mean length of the sampled responses in tokens of the policy. */
  length: number | null;
  /** Turns, replies and tokens of tools in the sampled responses, where the task has an environment. */
  tools?: ToolUse;
  /** Share of the sampled responses that were cut at the maximum length, or at another limit of a response. */
  truncated: number | null;
  /** Mean entropy per token of the policy in nats, over the responses that were scored: those of groups that were not replaced. */
  entropy: number | null;
  /** Share of the sampled groups whose responses all got the same reward. */
  groupsWithoutSignal: number | null;
  /** Responses the algorithm's selection kept. */
  selected: number;
  /** |log-prob of the sampler - log-prob of the training kernels|; null under nucleus sampling, where they differ by design. */
  samplingDifference: { max: number; mean: number } | null;
  /**
   * Largest |ratio - 1| of the first minibatch, before anything was updated: 0 is what on policy means. Null if nothing
   * was learned from.
   */
  ratioDifference: number | null;
  /** |log-prob in the batch - log-prob alone| of two responses; null where it was not measured. */
  batchDifference: number | null;
  /** Responses and tokens, for the cost columns; greedy responses count, though they are outside the budget. */
  cost: StepCost;
  /**
   * What the algorithm reported, and of the runner `planningShare` (share of response tokens that are planning),
   * `semanticEntropy` (in nats, of how often each strategic gram was used; arXiv 2509.03646) and
   * `greedyAccuracy` (share of right greedy responses), where the algorithm asks for these.
   */
  metrics: Record<string, number>;
  /** First 16 hex digits of the SHA-256 of each stage, to tell which one differs between two runs. */
  digests: { rollouts: string; rewards: string; scores: string; losses: string };
}

/** What became of a batch that was learned from. */
export interface Learned {
  /** Scores before the first update. */
  scored: Scored;
  /** Which responses were learned from; absent: all. */
  selection?: readonly boolean[];
  /** Advantages. */
  credit: Credit;
  /** Losses and norms. */
  updates: Updates;
}

/** Share of groups in which no response got another reward than its neighbours: nothing to learn from by comparison. */
function shareWithoutSignal(batches: readonly (readonly Draw[])[]): number {
  const groups = batches.flatMap((draws) => {
    const rewards = new Map<number, Set<string>>();
    for (const { facts: { group, rewards: channels } } of draws) {
      const seen = rewards.get(group) ?? new Set();
      rewards.set(group, seen.add(JSON.stringify(channels)));
    }
    return [...rewards.values()];
  });
  return groups.filter((seen) => seen.size === 1).length / groups.length;
}

const accuracyOf = (rollouts: readonly Rollout[]) => rollouts.filter(isRight).length / rollouts.length;

function accuracyByTemperature(rollouts: readonly Rollout[]) {
  const members = new Map<number, Rollout[]>();
  for (const rollout of rollouts) {
    const same = members.get(rollout.temperature);
    if (same) same.push(rollout);
    else members.set(rollout.temperature, [rollout]);
  }
  return [...members].map(([temperature, sampled]) => ({
    temperature: Number(temperature.toFixed(6)),
    accuracy: accuracyOf(sampled),
  }));
}

function planningShare(draws: readonly Draw[]): number {
  let planning = 0, tokens = 0;
  for (const { facts, rollout } of draws) {
    for (let index = 0; index < facts.tokens.length; index++) planning += facts.planning![index];
    tokens += lengthOf(rollout);
  }
  return tokens ? planning / tokens : 0;
}

const short = (digest: string) => digest.slice(0, 16);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(sum(rows.map(({ length }) => length)));
  let end = 0;
  for (const row of rows) {
    all.set(row, end);
    end += row.length;
  }
  return all;
}

/** The line of a step. `learned` is absent if all groups were dropped. */
export function recordOf(
  { policy, training, algorithm, task }: StepParts,
  { step, prompts, batches, draws, selection }: Collected,
  learned?: Learned,
): StepRecord {
  const { scored, credit, updates } = learned ?? {}, { needs } = algorithm;
  const sampled = batches.flatMap((batch) => batch.draws), greedy = batches.flatMap((batch) => batch.greedy);
  const rollouts = sampled.map(({ rollout }) => rollout), facts = sampled.map(({ facts }) => facts);
  const tokens = (list: readonly Rollout[]) => sum(list.map(lengthOf));
  const kept = learned?.selection ?? selection;
  const spread = typeof training.temperature !== "number" && training.temperature.from !== training.temperature.to;
  const rewardMeans = training.rewards.map((name) => {
    const given = facts.map(({ rewards }) => rewards[name]).filter((reward) => reward !== null);
    return [name, mean(given)] as const;
  });
  // What else the task said of the responses, where the algorithm asks for it.
  const more = facts.map(({ greedyRewards, steps }) => ({ greedyRewards, steps }));
  const marks = needs.planning ? facts.map(({ planning }) => Uint8Array.from(planning!)) : [];
  return {
    step,
    prompts,
    groups: new Set(draws.map(({ facts }) => facts.group)).size,
    minibatches: updates?.norms.length ?? 0,
    learningRate: learningRateAt(training, step),
    loss: updates ? mean(updates.losses) ?? 0 : null,
    gradientNorms: updates?.norms ?? [],
    ...needs.critic && { criticNorms: updates?.criticNorms ?? [] },
    rewards: Object.fromEntries(rewardMeans),
    accuracy: accuracyOf(rollouts),
    unanswered: unansweredShare(rollouts),
    ...spread && { accuracyByTemperature: accuracyByTemperature(rollouts) },
    length: tokens(rollouts) / rollouts.length,
    ...toolUseOf(rollouts),
    truncated: rollouts.filter(({ generation }) => generation.truncated).length / rollouts.length,
    entropy: scored ? mean(joined(scored.entropy)) ?? 0 : null,
    groupsWithoutSignal: shareWithoutSignal(batches.map((batch) => batch.draws)),
    selected: kept ? kept.filter(Boolean).length : draws.length,
    samplingDifference: scored?.samplingDifference ?? null,
    ratioDifference: updates?.ratioDifference ?? null,
    batchDifference: scored?.batchDifference ?? null,
    cost: {
      responses: rollouts.length + greedy.length,
      tokensGenerated: tokens(rollouts) + tokens(greedy),
      tokensTrained: updates?.tokensTrained ?? 0,
    },
    metrics: {
      ...needs.planning && {
        planningShare: planningShare(sampled),
        semanticEntropy: semanticEntropy(
          countGrams(rollouts.map(({ generation }) => ownText(policy.tokenizer, generation)), gramsOf(task)),
        ).nats,
      },
      ...needs.greedy && { greedyAccuracy: accuracyOf(greedy) },
      ...credit?.metrics,
      ...updates?.metrics,
    },
    digests: {
      rollouts: short(sha256(...[...rollouts, ...greedy].flatMap(rolloutParts))),
      rewards: short(
        sha256(
          canonical(facts.map(({ rewards }) => rewards)),
          needs.greedy || needs.steps ? canonical(more) : "",
          ...marks,
        ),
      ),
      scores: short(sha256(...scored?.old ?? [], ...credit?.advantages ?? [], ...learnedMore(learned))),
      losses: short(
        sha256(
          Float64Array.from(updates?.losses ?? []),
          ...updates?.gradients ?? [],
          Float64Array.from([...updates?.norms ?? [], ...updates?.criticNorms ?? []]),
        ),
      ),
    },
  };
}

/** The critic's values and targets, for the digest. */
function learnedMore({ scored, credit }: Partial<Learned> = {}): Float64Array[] {
  const values = scored?.batch.flatMap(({ oldValues }) => oldValues ? [oldValues] : []) ?? [];
  return [...values, ...credit?.returns ?? []];
}
