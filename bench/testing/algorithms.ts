/**
 * Small algorithms that need what the published ones need, for tests of the runner.
 *
 * @module
 */
import type { Algorithm, Credited, Loss, Needs, Response } from "../../algorithms/algorithm.ts";

/** Reward of a response: the sum of its channels. */
export const totalOf = ({ rewards }: Pick<Response, "rewards">): number =>
  Object.values(rewards).reduce<number>((sum, reward) => sum + (reward ?? 0), 0);

/** Minus the sum of advantage times log-prob, with half the squared error of the critic where there is one. */
function plainLoss(batch: readonly Credited[]): Loss {
  let loss = 0;
  const gradient = batch.map(({ advantages, logProbs }) =>
    advantages.map((advantage, t) => {
      loss -= advantage * logProbs[t] / batch.length;
      return -advantage / batch.length;
    })
  );
  const valueGradient = batch.map(({ values, returns }) =>
    Float64Array.from(returns ?? [], (target, t) => {
      loss += (values![t] - target) ** 2 / 2 / batch.length;
      return (values![t] - target) / batch.length;
    })
  );
  const metrics = { clipFraction: 0, ratioMean: 1, ratioMax: 1 };
  return { loss, gradient, ...batch.every(({ returns }) => returns) && { valueGradient }, metrics, trace: {} };
}

/** Reward minus a baseline, the same on all tokens. */
const above = (batch: readonly Response[], baseline: (response: Response) => number) =>
  batch.map((response) => new Float64Array(response.tokens.length).fill(totalOf(response) - baseline(response)));

const metrics = { groupsWithoutSignal: 0, advantageStd: 1 };

/** The reward is the advantage. Counts its steps. */
export function plain(needs: Partial<Needs> = {}, change: Partial<Algorithm<number>> = {}): Algorithm<number> {
  return {
    name: "plain",
    options: {},
    needs: { groupSize: 1, ...needs },
    credit: (batch, steps = 0) => ({ advantages: above(batch, () => 0), state: steps + 1, metrics }),
    loss: plainLoss,
    ...change,
  };
}

/** True for the responses of groups that got different rewards. */
export function inVariedGroup(batch: readonly Response[]): boolean[] {
  const rewards = new Map<number, Set<number>>();
  for (const response of batch) {
    rewards.set(response.group, (rewards.get(response.group) ?? new Set()).add(totalOf(response)));
  }
  return batch.map(({ group }) => rewards.get(group)!.size > 1);
}

/** Drops groups without signal and has them replaced. */
export const refilled = (rounds: number, change: Partial<Algorithm<number>> = {}): Algorithm<number> =>
  plain({ refill: { rounds } }, { name: "refilled", select: inVariedGroup, ...change });

/** Reward minus value is the advantage, the reward is the critic's target. */
export const critical = (learningRateFactor: number, change: Partial<Algorithm<number>> = {}): Algorithm<number> =>
  plain({ critic: { learningRateFactor } }, {
    name: "critical",
    credit: (batch, steps = 0) => ({
      advantages: batch.map((response) => response.oldValues!.map((value) => totalOf(response) - value)),
      returns: above(batch, () => 0),
      state: steps + 1,
      metrics,
    }),
    ...change,
  });

/** Pulled back to a reference policy that is refreshed. */
export const leashed = (refreshReferenceEvery: number): Algorithm<number> =>
  plain({ reference: true, refreshReferenceEvery }, {
    name: "leashed",
    credit: (batch, steps = 0) => ({
      advantages: batch.map((response) =>
        response.oldLogProbs.map((old, t) => totalOf(response) - 0.1 * (old - response.referenceLogProbs![t]))
      ),
      state: steps + 1,
      metrics,
    }),
  });
