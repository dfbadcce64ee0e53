/** What defines each baseline, where neither the golden vectors nor the properties of all algorithms say it. */

import assert from "node:assert/strict";
import {
  type AlgorithmModule,
  drGrpo,
  gpg,
  grpo,
  litePpo,
  maxrl,
  opo,
  passAtK,
  reinforcePlusPlus,
  remax,
  type Response,
} from "./mod.ts";

interface Sketch {
  group?: number;
  reward: number | null;
  length?: number;
  greedy?: number | null;
  mask?: number[];
}

const responses = (sketches: readonly Sketch[]): Response[] =>
  sketches.map(({ group = 0, reward, length = 1, greedy, mask }) => {
    const logProbs = new Float64Array(length).fill(-1);
    return {
      group,
      tokens: new Uint32Array(length),
      rewards: { total: reward },
      truncated: false,
      logProbs,
      oldLogProbs: logProbs,
      ...(mask && { mask }),
      ...(greedy !== undefined && { greedyRewards: { total: greedy } }),
    };
  });

/** Advantage of the first token of each response. */
const first = (module: AlgorithmModule, options: object, sketches: readonly Sketch[]) =>
  module.create(options).credit(responses(sketches)).advantages.map((row) => row[0]);

function gradient(module: AlgorithmModule, options: object, sketches: readonly Sketch[]): number[][] {
  const batch = responses(sketches), algorithm = module.create(options);
  const { advantages } = algorithm.credit(batch);
  return algorithm.loss(batch.map((response, i) => ({ ...response, advantages: advantages[i] })))
    .gradient.map((row) => [...row]);
}

function close(actual: readonly number[], expected: readonly number[]) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-12, `${actual} is not ${expected}`));
}

Deno.test("lite_ppo: prompts with small differences stay small, which GRPO blows up", () => {
  const sketches = [[0, 1], [0, 0], [1, 0.51], [1, 0.5]].map(([group, reward]) => ({ group, reward }));
  const lite = first(litePpo, {}, sketches), plain = first(grpo, { beta: 0 }, sketches);
  close([lite[2] / lite[0], plain[2] / plain[0]], [0.01, 1]);
});

Deno.test("gpg: a group without signal does not make the gradient of the others smaller", () => {
  const lively = [{ reward: 1 }, { reward: 0 }, { reward: 0 }];
  const silent = [1, 1, 1].map((reward) => ({ group: 1, reward }));
  const alone = gradient(gpg, {}, lively), together = gradient(gpg, {}, [...lively, ...silent]);
  close(together.slice(0, 3).flat(), alone.flat());
  assert.notDeepEqual(gradient(gpg, { alpha: "none" }, [...lively, ...silent])[0], alone[0]);
});

Deno.test("gpg: verl's factor is 1 for rewards -1 and 1, whatever the groups; unrewarded responses do not count", () => {
  const alpha = (options: object, rewards: (number | null)[], groups: number[]) =>
    gpg.create(options).credit(responses(rewards.map((reward, i) => ({ group: groups[i], reward })))).trace!.alpha[0];
  const groups = [0, 0, 1, 1, 1];
  assert.equal(alpha({ preset: "verl" }, [1, -1, 1, 1, null], groups), 1);
  assert.equal(alpha({}, [1, -1, 1, 1, null], groups), 2);
  assert.equal(alpha({ preset: "verl" }, [1, 0, 0, 0, null], groups), 4);
  assert.equal(alpha({}, [1, 1, 0, 0, null], groups), 1);
});

Deno.test("opo: the group mean where lengths are equal, else advantages that add up to 0 over tokens", () => {
  const rewards = [1, 0, 0.25, -2];
  const equal = rewards.map((reward) => ({ reward, length: 3 }));
  close(first(opo, {}, equal), first(drGrpo, {}, equal));
  const unequal = rewards.map((reward, i) => ({ reward, length: i + 1 }));
  const advantages = first(opo, {}, unequal);
  close([advantages.reduce((sum, advantage, i) => sum + (i + 1) * advantage, 0)], [0]);
  // Tool output is no length: three tokens of which the policy chose one weigh as much as one.
  const tool = [{ reward: 1 }, { reward: 0, length: 3, mask: [1, 0, 0] }];
  close(first(opo, {}, tool), [0.5, -0.5]);
});

Deno.test("remax: one response is enough, and only the distance to the greedy response counts", () => {
  close(first(remax, {}, [{ reward: 0.75, greedy: 0.5 }]), [0.25]);
  const sketches = [{ reward: 1, greedy: 0.5 }, { reward: 0, greedy: 0.5 }, { group: 1, reward: 0.2, greedy: 1 }];
  const shifted = sketches.map(({ reward, greedy, ...rest }) => ({ ...rest, reward: reward + 7, greedy: greedy + 7 }));
  close(first(remax, {}, shifted), first(remax, {}, sketches));
});

Deno.test("remax: without a greedy rollout it says so, and a greedy response without reward is no baseline", () => {
  assert.throws(() => first(remax, {}, [{ reward: 1 }]), /ReMax needs greedyRewards on every response/);
  assert.deepEqual(first(remax, {}, [{ reward: 1, greedy: null }, { reward: null, greedy: 1 }]), [0, 0]);
  assert.ok(remax.create().needs.greedy && remax.create().needs.groupSize === 1);
});

Deno.test("reinforce_plus_plus: both forms are standardised over tokens, so long responses weigh more", () => {
  const sketches = [1, 0, 0.5, 0.5].map((reward, i) => ({ group: i >> 1, reward, length: i + 1 }));
  for (const form of ["plain", "baseline"] as const) {
    const algorithm = reinforcePlusPlus.create({ form, rewardBeta: 0, ddof: 0, varianceEpsilon: 0 });
    const { advantages } = algorithm.credit(responses(sketches));
    const tokens = advantages.flatMap((row) => [...row]);
    close([tokens.reduce((sum, value) => sum + value, 0)], [0]);
    close([tokens.reduce((sum, value) => sum + value * value, 0) / tokens.length], [1]);
    // The rewards of the second group are equal, and yet it is learned from, in form "baseline" too.
    assert.ok(advantages[2][0] !== 0 && advantages[2][0] === advantages[3][0]);
  }
});

Deno.test("reinforce_plus_plus: what comes before tool output is credited with what comes after", () => {
  const tool = [{ reward: 1, length: 3, mask: [1, 0, 1] }, { reward: 0, length: 1 }];
  const { advantages } = reinforcePlusPlus.create({ rewardBeta: 0 }).credit(responses(tool));
  assert.ok(advantages[0][0] > 0 && advantages[0][0] === advantages[0][2] && advantages[0][1] === 0);
});

Deno.test("reinforce_plus_plus: the KL stands where the form has it", () => {
  const needs = (options: object) => {
    const { groupSize, reference } = reinforcePlusPlus.create(options).needs;
    return [groupSize, reference];
  };
  assert.deepEqual(needs({}), [1, true]);
  assert.deepEqual(needs({ preset: "baseline" }), [2, true]);
  assert.deepEqual(needs({ preset: "verl" }), [1, false]);
  assert.throws(() => reinforcePlusPlus.create({ form: "baseline" }), /has its KL in the loss; use preset "baseline"/);
  assert.throws(() => reinforcePlusPlus.create({ beta: 0.1 }), /both pay for the KL .* set one of them to 0/);
  assert.throws(() => reinforcePlusPlus.create({ gamma: 1.1 }), /option "gamma" is 1.1; use a number from 0 to 1/);
});

Deno.test("maxrl: Dr. GRPO's direction in each group, divided by the group's success rate", () => {
  const rewards = [1, 0, 0, 0, 1, 1, 1, 0];
  const sketches = rewards.map((reward, i) => ({ group: i >> 2, reward }));
  const advantages = first(maxrl, { meanEpsilon: 0 }, sketches), direction = first(drGrpo, {}, sketches);
  close(advantages, direction.map((value, i) => value / (i < 4 ? 0.25 : 0.75)));
});

Deno.test("maxrl: failures of -1 are the same as failures of 0 once it is told, and are not learned from before", () => {
  const zeroOne = [1, 0, 0].map((reward) => ({ reward })), signs = [1, -1, -1].map((reward) => ({ reward }));
  close(
    first(maxrl, { lowestReward: -1, meanEpsilon: 0 }, signs),
    first(maxrl, { meanEpsilon: 0 }, zeroOne),
  );
  assert.deepEqual(first(maxrl, {}, signs), [0, 0, 0]);
  // As the code does it, the best response is pushed down.
  close(first(maxrl, { lowestReward: null, meanEpsilon: 0 }, signs), [-4, 2, 2]);
  assert.deepEqual(first(maxrl, {}, [{ reward: 1 }, { reward: -1 }]), [0, 0]);
  assert.deepEqual(first(maxrl, {}, [{ reward: 0 }, { reward: 0 }]), [0, 0]);
});

Deno.test("pass_at_k: a tie for the best, a group of one and unrewarded responses give nothing", () => {
  assert.deepEqual(first(passAtK, {}, [1, 0.5, 1].map((reward) => ({ reward }))), [0, 0, 0]);
  assert.deepEqual(first(passAtK, {}, [{ reward: 1 }]), [0]);
  assert.deepEqual(first(passAtK, {}, [null, 1, 0.5].map((reward) => ({ reward }))), [0, 0.5, 0]);
  assert.deepEqual(first(passAtK, {}, [-3, -1, -1.5].map((reward) => ({ reward }))), [0, 0.5, 0]);
});

Deno.test("pass_at_k: the mean over groups of what responses add is the gradient of the maximum", () => {
  // A response adds max(all) − max(others): 0 for all but the best.
  const rewards = [0.3, -0.2, 0.9, 0.4];
  const adds = rewards.map((_, i) => Math.max(...rewards) - Math.max(...rewards.filter((_, j) => j !== i)));
  close(first(passAtK, {}, rewards.map((reward) => ({ reward }))), adds);
});

Deno.test("options that do nothing or mean nothing are refused", () => {
  assert.throws(() => passAtK.create({ ddof: 0 }), /option "ddof" is set, .* use scale "group"/);
  assert.throws(
    () => maxrl.create({ lowestReward: NaN }),
    /option "lowestReward" is "NaN"; use a finite number, or null/,
  );
});
