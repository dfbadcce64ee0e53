/**
 * From rewards and values of a batch to advantages and the critic's targets.
 *
 * @module
 */

import type { Credit, Response, Row } from "../algorithm.ts";
import { isChosen } from "./batch.ts";
import type { CriticOptions } from "./critic_options.ts";
import { generalizedAdvantage, type TokenCredit } from "./gae.ts";
import type { Resolved } from "./options.ts";
import { returnCredit, whitenTokens } from "./returns.ts";
import type { Reward } from "./rewards.ts";
import { type Divisor, mean } from "./statistics.ts";

/**
 * Generalised advantages from the old values, whitened where the options say so, after the returns were taken from
 * them. Responses whose reward is `null` have advantage and return 0 and no part in the statistics.
 *
 * Metrics are those of `returnCredit`. Trace rows: `tokenRewards`, `gae` (advantages before whitening), `returns`.
 *
 * @throws {TypeError} if a response has no old values.
 */
export function criticCredit(
  batch: readonly Response[],
  rewards: readonly Reward[],
  tokenRewards: readonly Row[],
  options: Resolved<CriticOptions>,
): Credit {
  const divisor = { ddof: options.ddof, stdEpsilon: options.varianceEpsilon, insideRoot: true };
  const scaled = options.whitenRewards ? rescaleTokens(batch, tokenRewards, rewards, divisor) : tokenRewards;
  const parts = batch.map(({ mask, logProbs, oldValues }, i): TokenCredit => {
    if (oldValues?.length !== logProbs.length) {
      throw new TypeError(
        `Response ${i} has ${logProbs.length} tokens and ${oldValues?.length ?? "no"} oldValues; ` +
          "a critic must give one for each",
      );
    }
    const none = () => new Float64Array(logProbs.length);
    if (rewards[i] === null) return { advantages: none(), returns: none() };
    return generalizedAdvantage({ mask }, scaled[i], oldValues, options);
  });
  const raw = parts.map(({ advantages }) => advantages), returns = parts.map((part) => part.returns);
  const advantages = options.whiten ? whitenTokens(batch, raw, rewards, divisor) : raw;
  const credit = returnCredit(batch, advantages, rewards, returns);
  return { ...credit, returns, trace: { ...credit.trace, tokenRewards: [...scaled], gae: raw } };
}

/** Token rewards divided by their standard deviation about their mean, which is kept (TRL and verl, `shift_mean=False`). */
function rescaleTokens(
  batch: readonly Response[],
  rows: readonly Row[],
  rewards: readonly Reward[],
  divisor: Divisor,
): Row[] {
  const counts = (i: number, t: number) => rewards[i] !== null && isChosen(batch[i], t);
  const centre = mean(rows.flatMap((row, i) => [...row].filter((_, t) => counts(i, t))));
  return whitenTokens(batch, rows, rewards, divisor)
    .map((row, i) => row.map((value, t) => counts(i, t) ? value + centre : 0));
}
