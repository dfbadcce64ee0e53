/**
 * How long responses are, in tokens that the policy chose. Every definition is here.
 *
 * @module
 */
import { isRight, lengthOf, type Rollout } from "./rollout.ts";
import { mean, quantile } from "./statistics/describe.ts";

/** Lengths of some responses; null where there is none. */
export interface LengthSummary {
  /** Mean. */
  mean: number | null;
  /** 10th percentile. */
  p10: number | null;
  /** Median. */
  p50: number | null;
  /** 90th percentile. */
  p90: number | null;
}

/** Lengths of the sampled responses of an evaluation. */
export interface Lengths extends LengthSummary {
  /** Those of right responses. */
  right: LengthSummary;
  /** Those of wrong responses. */
  wrong: LengthSummary;
  /** Share cut at the maximum length. */
  truncated: number | null;
  /** Mean length over the planned one, which is the most a response may have; a server may count more than it was allowed. */
  ofBudget: number | null;
  /**
   * Mean over right responses of what they are longer than the shortest right response to the same problem: tokens
   * that this policy itself can do without.
   */
  excess: number | null;
  /** Share of tokens that plan (strategic grams, arXiv 2509.03646); null where the task has no such phrases. */
  planning: number | null;
}

function summaryOf(lengths: readonly number[]): LengthSummary {
  return {
    mean: mean(lengths),
    p10: quantile(lengths, 0.1),
    p50: quantile(lengths, 0.5),
    p90: quantile(lengths, 0.9),
  };
}

/** Tokens beyond the shortest right response of the group, one entry per right response. */
function excesses(rollouts: readonly Rollout[]): number[] {
  const groups = new Map<number, number[]>();
  for (const rollout of rollouts.filter(isRight)) {
    const lengths = groups.get(rollout.group) ?? [];
    groups.set(rollout.group, lengths);
    lengths.push(lengthOf(rollout));
  }
  return [...groups.values()].flatMap((lengths) => {
    const shortest = Math.min(...lengths);
    return lengths.map((length) => length - shortest);
  });
}

/**
 * Lengths of sampled responses to several problems.
 *
 * @param budget the most tokens a response may have
 * @param planning tokens that plan, per response; absent: not known
 */
export function lengthsOf(rollouts: readonly Rollout[], budget: number, planning?: readonly number[]): Lengths {
  const all = rollouts.map(lengthOf), tokens = all.reduce((sum, length) => sum + length, 0);
  const summary = summaryOf(all);
  return {
    ...summary,
    right: summaryOf(rollouts.filter(isRight).map(lengthOf)),
    wrong: summaryOf(rollouts.filter((rollout) => !isRight(rollout)).map(lengthOf)),
    truncated: mean(rollouts.map(({ generation }) => generation.truncated ? 1 : 0)),
    ofBudget: summary.mean === null ? null : summary.mean / budget,
    excess: mean(excesses(rollouts)),
    planning: planning && tokens > 0 ? planning.reduce((sum, count) => sum + count, 0) / tokens : null,
  };
}

/** Lengths where there is no response. */
export const noLengths: Lengths = lengthsOf([], 1);
