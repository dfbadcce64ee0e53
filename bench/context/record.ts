/**
 * What is recorded of a step that changed the prompt: the same line as of one that changed weights, so that both stand in
 * the same columns. What there is no such thing as here is 0, null or absent.
 *
 * @module
 */
import type { Context, Reflection } from "../../algorithms/mod.ts";
import { canonical, sha256 } from "../canonical.ts";
import { mean } from "../statistics/describe.ts";
import type { StepRecord } from "../step.ts";
import type { RecordedRollout } from "./models.ts";

/** A line of `steps.jsonl` of a cell that changes the prompt, before the runner adds the hash chain. */
export interface ContextStepRecord extends StepRecord {
  /** The prompt after the step. */
  context: Context;
}

/** What happened since the line before. */
export interface Happened {
  /** Responses. */
  rollouts: readonly RecordedRollout[];
  /** Replies of the reflector. */
  reflections: readonly Reflection[];
  /** What the algorithm reported of its last step. */
  metrics: Readonly<Record<string, number>>;
}

const short = (value: unknown) => sha256(canonical(value)).slice(0, 16);
const share = (all: readonly RecordedRollout[], is: (one: RecordedRollout) => boolean) =>
  all.length === 0 ? null : all.filter(is).length / all.length;
const total = (values: readonly (number | undefined)[]) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

/**
 * Tokens read and written by a model, which are priced differently; null where a call did not say. Nothing where no model
 * was asked.
 */
function tokensByKind(reflections: readonly Reflection[]) {
  const asked = reflections.filter(({ calls }) => calls > 0);
  if (asked.length === 0) return {};
  const sum = (of: (one: Reflection) => number | undefined) => {
    const counts = asked.map(of);
    return counts.includes(undefined) ? null : total(counts);
  };
  return {
    reflectorTokensRead: sum(({ promptTokens }) => promptTokens),
    reflectorTokensWritten: sum(({ responseTokens }) => responseTokens),
  };
}

/** Tokens read by a policy behind an endpoint; nothing where no policy counts them. */
function tokensRead(rollouts: readonly RecordedRollout[]) {
  return rollouts.some(({ promptTokens }) => promptTokens !== undefined)
    ? { tokensRead: total(rollouts.map(({ promptTokens }) => promptTokens)) }
    : {};
}

/** The line of step `step`, after which the algorithm has this state and this prompt. */
export function contextRecord(
  step: number,
  channels: readonly string[],
  { rollouts, reflections, metrics }: Happened,
  state: unknown,
  context: Context,
): ContextStepRecord {
  const groups = Map.groupBy(rollouts, (one) => `${one.problem} ${one.context}`);
  const alike = [...groups.values()].filter((group) =>
    new Set(group.map(({ rewards }) => canonical(rewards))).size === 1
  );
  const rewardMean = (name: string) =>
    mean(rollouts.map(({ rewards }) => rewards[name]).filter((reward) => reward !== null));
  return {
    step,
    prompts: groups.size,
    groups: groups.size,
    minibatches: 0,
    learningRate: 0,
    loss: null,
    gradientNorms: [],
    rewards: Object.fromEntries(channels.map((name) => [name, rewardMean(name)])),
    accuracy: share(rollouts, ({ right }) => right),
    unanswered: share(rollouts, ({ answer }) => answer === null),
    length: mean(rollouts.map(({ tokens }) => tokens)),
    truncated: share(rollouts, ({ truncated }) => truncated),
    entropy: null,
    groupsWithoutSignal: groups.size === 0 ? null : alike.length / groups.size,
    selected: rollouts.length,
    samplingDifference: null,
    ratioDifference: null,
    batchDifference: null,
    cost: {
      responses: rollouts.length,
      tokensGenerated: total(rollouts.map(({ tokens }) => tokens)),
      tokensTrained: 0,
      ...tokensRead(rollouts),
      reflections: reflections.length,
      reflectorCalls: total(reflections.map(({ calls }) => calls)),
      reflectorTokens: total(reflections.flatMap(({ promptTokens, responseTokens }) => [promptTokens, responseTokens])),
      ...tokensByKind(reflections),
    },
    metrics: { ...metrics, reflectionFailures: reflections.filter(({ failure }) => failure !== undefined).length },
    digests: {
      rollouts: short(rollouts.map(({ digest }) => digest)),
      rewards: short(rollouts.map(({ rewards }) => rewards)),
      scores: short(reflections),
      losses: short(state),
    },
    context,
  };
}
