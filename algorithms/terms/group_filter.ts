/**
 * Filtering a group: which of its responses are learned from (GFPO, arXiv 2508.09726).
 *
 * Equal scores are told apart by the summed old log-prob (the likelier response first), which is about the response
 * and not about its place in the batch or its reward: a group whose responses all ran into the length limit would
 * otherwise keep its right answers alone and have nothing left to compare. Only where that is equal too, as between
 * two responses that are the same, does the earlier one win.
 *
 * @module
 */

import type { Response } from "../algorithm.ts";
import { chosenLength, groupIndices, isChosen } from "./batch.ts";
import { type Difficulty, difficultyOf } from "./difficulty.ts";
import { atLeast, type Check, oneOf, orNull, type Resolved, type Specs, wholeNumber } from "./options.ts";
import type { Reward } from "./rewards.ts";
import { mean } from "./statistics.ts";
import type { QuantileSketch } from "./streaming_quantiles.ts";

/** What a response is filtered by: `shortest` is −|o|, `token_efficiency` is reward / |o|. Higher is better. */
export type FilterMetric = "shortest" | "token_efficiency";

/** Score of each response; `null` where there is no reward: such a response is never retained. */
export function filterScores(
  batch: readonly Response[],
  rewards: readonly Reward[],
  metric: FilterMetric,
): (number | null)[] {
  return batch.map((response, i) => {
    const reward = rewards[i], length = chosenLength(response);
    if (reward === null) return null;
    return metric === "shortest" ? -length : reward / Math.max(1, length);
  });
}

/**
 * Whether each response is among the best of its group by score.
 *
 * @param keep how many to retain, from the responses of the group that have a score
 */
export function retainBest(
  batch: readonly Response[],
  scores: readonly (number | null)[],
  keep: (members: readonly number[]) => number,
): boolean[] {
  const likelihood = batch.map((response) =>
    response.oldLogProbs.reduce((sum, value, t) => isChosen(response, t) ? sum + value : sum, 0)
  );
  const retained = batch.map(() => false);
  for (const group of groupIndices(batch.map((response) => response.group))) {
    const members = group.filter((i) => scores[i] !== null);
    const ranked = members.toSorted((a, b) => scores[b]! - scores[a]! || likelihood[b] - likelihood[a]);
    for (const i of ranked.slice(0, keep(members))) retained[i] = true;
  }
  return retained;
}

/** A share of a group in responses: rounded, at least 2 (one response has nothing to be compared with). */
export function shareOfGroup(size: number, share: number): number {
  return Math.min(size, Math.max(2, Math.round(share * size)));
}

/** Share of a group that is retained, by the difficulty of its prompt. */
export type KeepByDifficulty = Readonly<Record<Exclude<Difficulty, "warm_up">, number>>;

/** How groups are filtered. */
export interface FilterOptions {
  /** What responses are ranked by. */
  metric?: FilterMetric;
  /** Responses to retain per group; `null`: half of the group. */
  keep?: number | null;
  /** Adaptive difficulty: share of the group to retain, by difficulty; `null`: the same for all prompts. */
  keepByDifficulty?: KeepByDifficulty | null;
  /** Groups to see before there are quartiles; until then all prompts count as very hard. */
  warmUpGroups?: number;
}

const difficulties = ["very_hard", "hard", "medium", "easy"] as const;

const shares: Check = {
  use: 'shares of the group such as {"very_hard": 0.5, "hard": 0.5, "medium": 0.375, "easy": 0.25}',
  accepts: (value) =>
    typeof value === "object" && value !== null && Object.keys(value).length === difficulties.length &&
    difficulties.every((name) => {
      const share = (value as Record<string, unknown>)[name];
      return typeof share === "number" && share > 0 && share <= 1;
    }),
};

/** Documentation and checks of {@linkcode FilterOptions}, with GFPO's defaults. */
export function filterOptions(): Specs<FilterOptions> {
  return {
    metric: {
      default: "shortest",
      description: "what responses are ranked by: shortest, or token_efficiency (reward per token)",
      source: "arXiv 2508.09726 §3",
      check: oneOf(["shortest", "token_efficiency"]),
    },
    keep: {
      default: null,
      description: "responses to retain per group; null: half of those with a reward, at least 2",
      source: "arXiv 2508.09726 §5: 8 of 16",
      check: orNull(wholeNumber(1)),
    },
    keepByDifficulty: {
      default: null,
      description: "adaptive difficulty: share of the group to retain (at least 2) by quartile of its mean reward",
      source: "arXiv 2508.09726 algorithm 2: 8, 8, 6 and 4 of 16 (preset adaptive)",
      check: orNull(shares),
    },
    warmUpGroups: {
      default: 32,
      description: "groups seen before there are quartiles; until then every prompt counts as very hard",
      source: "Podium; arXiv 2508.09726 says a few warm-up steps",
      check: atLeast(0),
    },
  };
}

/** What would do nothing, silently. */
export function refuseFilter(options: Resolved<FilterOptions>, explicit: ReadonlySet<string>): string | undefined {
  const { keep, keepByDifficulty } = options;
  if (keep !== null && keepByDifficulty !== null) {
    return `option "keep" is ${keep}, but keepByDifficulty says how many are retained; set one of them to null`;
  }
  if (keepByDifficulty === null && explicit.has("warmUpGroups")) {
    return 'option "warmUpGroups" is set, but keepByDifficulty is null; leave it out or use preset "adaptive"';
  }
  return undefined;
}

/** Result of {@linkcode filterGroups}. */
export interface Filtered {
  /** Whether each response is retained. */
  readonly retained: readonly boolean[];
  /** {@linkcode filterScores}. */
  readonly scores: readonly (number | null)[];
}

/**
 * Filters the groups of a batch.
 *
 * @param stream mean rewards of the groups seen so far, these included; only adaptive difficulty looks at it
 */
export function filterGroups(
  batch: readonly Response[],
  rewards: readonly Reward[],
  { metric, keep, keepByDifficulty, warmUpGroups }: Resolved<FilterOptions>,
  stream: QuantileSketch,
): Filtered {
  const scores = filterScores(batch, rewards, metric);
  const retained = retainBest(batch, scores, (members) => {
    if (keepByDifficulty === null) return keep ?? shareOfGroup(members.length, 0.5);
    const level = difficultyOf(mean(members.map((i) => rewards[i] as number)), stream, warmUpGroups);
    return shareOfGroup(members.length, keepByDifficulty[level === "warm_up" ? "very_hard" : level]);
  });
  return { retained, scores };
}
