/**
 * PPO with a critic. Every convention is a hyper-parameter of the case; only whether advantages are whitened is tried
 * both ways where a case does not say.
 *
 * `loss` in the files is the policy's alone, `total_loss` the one that Podium calls loss.
 *
 * @module
 */

import { type Algorithm, ppo } from "../../algorithms/mod.ts";
import {
  batch,
  clip,
  computedBy,
  type Entry,
  type GoldenCase,
  type Options,
  present,
  type Quantities,
} from "./golden_case.ts";

function* conventions(golden: GoldenCase): Iterable<Options> {
  const { hyper } = golden;
  const fixed = present({
    ...batch(golden),
    ...clip(golden),
    gamma: hyper.gamma,
    lambda: hyper.lam,
    beta: hyper.beta,
    kl: hyper.beta ? hyper.kl : undefined,
    rewardBeta: hyper.kl_coef_in_reward ?? 0,
    valueClip: hyper.cliprange_value,
    vfCoef: hyper.vf_coef,
  });
  for (const whiten of hyper.whiten_advantages === undefined ? [false, true] : [hyper.whiten_advantages]) {
    const divisor = whiten ? present({ ddof: hyper.whiten_ddof, varianceEpsilon: hyper.whiten_eps_in_var }) : {};
    yield { ...fixed, whiten, ...divisor };
  }
}

function quantities({ name, credit, loss }: Algorithm, { responses }: GoldenCase): Quantities {
  const { advantages, returns, trace } = credit(responses);
  const credited = responses.map((response, i) => ({ ...response, advantages: advantages[i], returns: returns?.[i] }));
  const result = loss(credited);
  return {
    [computedBy]: name,
    advantages,
    token_rewards: trace?.tokenRewards,
    gae_raw: trace?.gae,
    returns,
    ratio: result.trace.ratio,
    token_loss: result.trace.tokenLoss,
    token_weight: result.trace.tokenWeight,
    token_kl: result.trace.tokenKl,
    clipped_tokens: result.trace.clipped,
    loss: result.metrics.policyLoss,
    grad_logp: result.gradient,
    value_loss: result.metrics.valueLoss,
    grad_values_new_of_value_loss: result.trace.valueSlope,
    total_loss: result.loss,
  };
}

/** Labels of this family. */
export const ppoEntries: Readonly<Record<string, Entry>> = {
  "ppo": function* (golden) {
    for (const options of conventions(golden)) yield quantities(ppo.create(options), golden);
  },
};
