/**
 * Process supervision: rewards at the ends of steps instead of one at the end (arXiv 2402.03300 §4.1.3).
 *
 * @module
 */

import type { Credit, Response, Row } from "../algorithm.ts";
import { groupIndices, isChosen } from "./batch.ts";
import { groupAdvantage, type Scale } from "./credit.ts";
import { oneOf, type Resolved, type Specs } from "./options.ts";
import type { BatchOptions } from "./shared_options.ts";
import { type Divisor, standardDeviation } from "./statistics.ts";

/** What is rewarded. */
export interface SupervisionOptions {
  /** Learn from the reward of the whole response, or from the rewards of its steps. */
  supervision?: "outcome" | "process";
}

/** Documentation and checks of {@linkcode SupervisionOptions}. */
export function supervisionOptions(): Specs<SupervisionOptions> {
  return {
    supervision: {
      default: "outcome",
      description: "outcome: one reward per response; process: rewards of its steps, normalised over the group",
      source: "arXiv 2402.03300 §4.1.2, §4.1.3",
      check: oneOf(["outcome", "process"]),
    },
  };
}

/** Weights of channels would do nothing, silently. */
export function refuseSupervision(options: Resolved<SupervisionOptions & BatchOptions>): string | undefined {
  return options.supervision === "process" && options.rewardWeights !== null
    ? 'option "rewardWeights" is set, but process supervision learns from the steps alone; leave it out or use ' +
      'supervision "outcome"'
    : undefined;
}

/** The reward of a step counts unless every channel failed to judge its response. */
const steps = ({ steps = [], rewards }: Response) => {
  const channels = Object.values(rewards);
  return channels.length > 0 && channels.every((reward) => reward === null) ? [] : steps;
};

/**
 * All step rewards of a group are normalised together, as outcome rewards are; the advantage of a token is the sum of
 * those of the steps that end at or after it, undiscounted. So responses with many steps weigh more in the mean, and
 * tokens after the last step have advantage 0.
 *
 * A response without steps, and one whose reward channels are all `null`, has advantage 0 and stays out of the
 * statistics. `advantageStd` is the population standard deviation over all chosen tokens. Trace: `stepAdvantages`, the
 * normalised rewards per response; `rewards`, the plain sum of its step rewards.
 *
 * @throws {RangeError} if a step ends outside its response or its reward is not finite.
 */
export function processCredit(batch: readonly Response[], options: Divisor & { scale: Scale }): Credit {
  const all = batch.flatMap((response, i) => steps(response).map((step) => ({ ...step, i })));
  for (const { end, reward, i } of all) {
    if (!(Number.isInteger(end) && end >= 0 && end < batch[i].logProbs.length && Number.isFinite(reward))) {
      const length = batch[i].logProbs.length;
      throw new RangeError(
        `Response ${i} of ${length} tokens has a step with end ${end} and reward ${reward}; use the index of a token ` +
          "and a finite number",
      );
    }
  }
  const normalised = groupAdvantage(all.map(({ reward }) => reward), all.map(({ i }) => batch[i].group), options);
  const advantages = batch.map(({ logProbs }): Row => new Float64Array(logProbs.length));
  all.forEach(({ end, i }, j) => {
    for (let t = 0; t <= end; t++) advantages[i][t] += normalised[j];
  });
  const groups = groupIndices(batch.map((response) => response.group));
  const silent = groups.filter((members) => members.every((i) => advantages[i].every((value) => value === 0))).length;
  const chosen = batch.flatMap((response, i) => [...advantages[i]].filter((_, t) => isChosen(response, t)));
  const perResponse = (values: readonly number[]) =>
    batch.map((_, i) => Float64Array.from(values.filter((_, j) => all[j].i === i)));
  return {
    advantages,
    metrics: {
      groupsWithoutSignal: groups.length === 0 ? 0 : silent / groups.length,
      advantageStd: standardDeviation(chosen, 0),
    },
    trace: {
      stepAdvantages: perResponse(normalised),
      rewards: Float64Array.from(
        perResponse(all.map(({ reward }) => reward)),
        (row) => row.length === 0 ? NaN : row.reduce((sum, reward) => sum + reward, 0),
      ),
    },
  };
}
