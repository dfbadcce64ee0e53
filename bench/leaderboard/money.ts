/**
 * What models behind endpoints cost: their tokens, as the servers count them, at the prices that were given.
 *
 * **What counts.** Money is a property of a cell, not of the process that ran it: every response and every call of the
 * record counts at its price, once for each time that the algorithm asked. A run that was killed and goes on, a replay and
 * `verify` pay nothing for what is recorded, and their columns have the same numbers as those of a run that paid for all
 * of it. So a column is what the cell would cost at most if it were run anew: equal requests count each time, though only
 * the first of them is asked and paid; what servers charge less for prompts they know is not taken off; answers that were
 * cut off on their way, which may have been charged, are in the recording and not here.
 *
 * Prices are no part of a cell: with others the same command writes the leaderboard anew and asks nobody.
 *
 * @module
 */
import type { TokenPrices } from "../context/endpoint_policy.ts";
import type { CellLines } from "./metrics.ts";
import { given, type Metric, total } from "./numbers.ts";

/** Columns of money, in the currency of the prices; absent without prices. */
export interface Money {
  /** What the responses sampled for training cost. Null if the record does not say the tokens. */
  policyMoney?: Metric;
  /** What the calls of the reflector cost. Null if a call did not say its tokens. */
  reflectorMoney?: Metric;
  /** Both: what it cost to learn. Null if one of the two is behind an endpoint and has no price, or has null. */
  money?: Metric;
  /** Beside them: what the evaluations cost, of which those with the same prompts and responses count once. */
  evaluationMoney?: Metric;
}

/** So many tokens at their prices; null if a number of tokens is not known. */
function priced(
  { input, output }: TokenPrices,
  counts: readonly { read: number | null | undefined; written: number | null | undefined }[],
): Metric {
  if (counts.some(({ read, written }) => read == null || written == null)) return null;
  const read = total(given(counts.map((one) => one.read))), written = total(given(counts.map((one) => one.written)));
  return (read * input + written * output) / 1e6;
}

/** Evaluations whose requests differ: after steps that left the prompt as it was, nothing new is asked. */
function asked(evaluations: CellLines["evaluations"]): CellLines["evaluations"] {
  const byRequests = new Map(evaluations.map((line) => [`${line.digest} ${line.cost.tokensRead}`, line]));
  return [...byRequests.values()];
}

/** The columns of money of a cell. */
export function moneyOf({ steps, evaluations, policyPrices, reflectorPrices }: CellLines): Money {
  if (!policyPrices && !reflectorPrices) return {};
  const costs = steps.map(({ cost }) => cost), calls = costs.filter(({ reflectorCalls }) => reflectorCalls);
  const isAsked = policyPrices !== undefined || costs.some(({ tokensRead }) => tokensRead !== undefined);
  const policyMoney = policyPrices && priced(
    policyPrices,
    costs.filter(({ responses }) => responses > 0)
      .map(({ tokensRead, tokensGenerated }) => ({ read: tokensRead, written: tokensGenerated })),
  );
  const reflectorMoney = reflectorPrices && priced(
    reflectorPrices,
    calls.map((cost) => ({ read: cost.reflectorTokensRead, written: cost.reflectorTokensWritten })),
  );
  const parts = [...isAsked ? [policyMoney] : [], ...calls.length > 0 ? [reflectorMoney] : []];
  return {
    ...policyMoney !== undefined && { policyMoney },
    ...reflectorMoney !== undefined && { reflectorMoney },
    money: parts.some((part) => part == null) ? null : total(given(parts)),
    ...policyPrices && {
      evaluationMoney: priced(
        policyPrices,
        asked(evaluations).map(({ cost }) => ({ read: cost.tokensRead, written: cost.tokensGenerated })),
      ),
    },
  };
}
