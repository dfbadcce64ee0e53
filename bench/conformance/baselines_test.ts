/** The labels of this family on other numbers, against formulas written out here and nowhere else. */

import assert from "node:assert/strict";
import { checkGolden, type Outcome } from "./conformance.ts";

type Rows = number[][];
interface Fixture {
  group: number[];
  rewards: number[];
  old_logp: Rows;
  logp: Rows;
  ref_logp: Rows;
}

/** Three prompts of three responses, in no order; a small linear generator makes the numbers. */
function fixture(seed: number, group = [4, 9, 4, 2, 9, 2, 4, 9, 2]): Fixture {
  let state = seed;
  const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const lengths = group.map(() => 1 + Math.floor(5 * next()));
  const rows = (make: (i: number, t: number) => number): Rows =>
    lengths.map((length, i) => Array.from({ length }, (_, t) => make(i, t)));
  const old_logp = rows(() => -0.1 - 2 * next());
  const near = () => rows((i, t) => old_logp[i][t] + 0.8 * (next() - 0.5));
  return {
    group,
    rewards: group.map(() => Math.round(200 * next() - 100) / 100),
    old_logp,
    logp: near(),
    ref_logp: near(),
  };
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const std = (values: number[], ddof = 1) =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - ddof));
const rewardsOf = ({ group, rewards }: Fixture, g: number) => rewards.filter((_, j) => group[j] === g);
const spread = (fixture: Fixture, advantages: number[]): Rows =>
  advantages.map((value, i) => fixture.logp[i].map(() => value));

/** Loss and gradient of the token mean: `−A · log-prob`, or PPO's clipped ratio where there is an epsilon. */
function expectedLoss({ logp, old_logp }: Fixture, advantages: Rows, epsilon?: number) {
  const tokens = logp.flat().length;
  const ratio = logp.map((row, i) => row.map((value, t) => Math.exp(value - old_logp[i][t])));
  const each = (make: (i: number, t: number) => number) => logp.map((row, i) => row.map((_, t) => make(i, t)));
  const free = (i: number, t: number) => -advantages[i][t] * ratio[i][t];
  const bounded = (i: number, t: number) =>
    -advantages[i][t] * Math.min(Math.max(ratio[i][t], 1 - epsilon!), 1 + epsilon!);
  const token_loss = each((i, t) =>
    epsilon === undefined ? -advantages[i][t] * logp[i][t] : Math.max(free(i, t), bounded(i, t))
  );
  const grad_logp = each((i, t) =>
    (epsilon === undefined ? -advantages[i][t] : bounded(i, t) > free(i, t) ? 0 : free(i, t)) / tokens
  );
  const loss = token_loss.flat().reduce((sum, value) => sum + value, 0) / tokens;
  return { ratio, token_loss, token_weight: each(() => 1 / tokens), loss, grad_logp };
}

const clip = { eps_low: 0.3, eps_high: 0.3, agg: "token_mean", kl: null, beta: 0 };
const noClip = { agg: "token_mean", kl: null, beta: 0 };

function check(algorithm: string, fixture: Fixture, hyper: object, advantages: Rows, extra: object = {}): Outcome {
  const epsilon = "eps_low" in hyper ? hyper.eps_low as number : undefined;
  const expected = { advantages, ...expectedLoss(fixture, advantages, epsilon), ...extra };
  const cases = [{ id: "renamed", algorithm, fixture: "other", hyper, note: "", expected }];
  return checkGolden(JSON.stringify({ fixtures: { other: fixture }, cases })).cases[0];
}

/** It passes, and fails once a reward is another. */
function passes(algorithm: string, one: Fixture, hyper: object, advantages: Rows, extra: object = {}) {
  const { status, reason } = check(algorithm, one, hyper, advantages, extra);
  assert.equal(status, "passed", `${algorithm}: ${reason}`);
  const best = one.rewards.indexOf(Math.max(...one.rewards));
  const rewards = one.rewards.map((reward, i) => i === best ? reward + 1e-3 : reward);
  assert.equal(check(algorithm, { ...one, rewards }, hyper, advantages, extra).status, "failed", algorithm);
}

const seeds = [11, 222, 3333];

Deno.test("other numbers: lite_ppo", () => {
  for (const one of seeds.map((seed) => fixture(seed))) {
    const centred = one.rewards.map((reward, i) => reward - mean(rewardsOf(one, one.group[i])));
    const trl = centred.map((value) => value / (std(one.rewards) + 1e-4));
    passes("lite_ppo", one, clip, spread(one, trl));
    const printed = centred.map((value) => value / std(one.rewards, 0));
    passes("lite_ppo", one, clip, spread(one, printed));
  }
});

Deno.test("other numbers: gpg, with a group without signal and rewards of 0", () => {
  for (const one of seeds.map((seed) => fixture(seed))) {
    one.rewards = one.rewards.map((reward, i) => one.group[i] === 2 ? 0.4 : i < 2 ? 0 : reward);
    const centred = one.rewards.map((reward, i) =>
      one.group[i] === 2 ? 0 : reward - mean(rewardsOf(one, one.group[i]))
    );
    const nonzero = one.rewards.filter((reward) => reward !== 0).length;
    for (const alpha of [9 / 6, 9 / nonzero]) {
      passes("gpg", one, noClip, spread(one, centred.map((value) => alpha * value)), { alpha });
    }
  }
});

Deno.test("other numbers: opo", () => {
  for (const one of seeds.map((seed) => fixture(seed))) {
    const baseline = (g: number) => {
      const members = one.group.flatMap((group, i) => group === g ? [i] : []);
      const total = members.reduce((sum, i) => sum + one.logp[i].length, 0);
      return members.reduce((sum, i) => sum + one.logp[i].length * one.rewards[i], 0) / total;
    };
    const advantages = spread(one, one.rewards.map((reward, i) => reward - baseline(one.group[i])));
    passes("opo", one, clip, advantages);
    passes("opo", one, noClip, advantages);
  }
});

Deno.test("other numbers: remax, with the greedy reward beside the expected values or among the inputs", () => {
  for (const one of seeds.map((seed) => fixture(seed))) {
    const greedy_reward = one.group.map((group) => group / 7);
    const advantages = spread(one, one.rewards.map((reward, i) => reward - greedy_reward[i]));
    passes("remax", one, clip, advantages, { greedy_reward });
    passes("remax", { ...one, greedy_reward } as Fixture, noClip, advantages);
  }
});

/** Returns of the outcome minus `beta` times the k1 KL of each token from it on. */
function returnsOf({ logp, old_logp, ref_logp }: Fixture, rewards: number[], beta: number, gamma = 1): Rows {
  return logp.map((row, i) => {
    const returns = row.map(() => 0);
    for (let t = row.length - 1; t >= 0; t--) {
      const own = (t === row.length - 1 ? rewards[i] : 0) - beta * (old_logp[i][t] - ref_logp[i][t]);
      returns[t] = own + (t === row.length - 1 ? 0 : gamma * returns[t + 1]);
    }
    return returns;
  });
}

function whitened(returns: Rows, ddof: number, epsilon: number, countEpsilon = 0): Rows {
  const values = returns.flat(), n = values.length + countEpsilon;
  const centre = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / n;
  const divisor = Math.sqrt(squares * values.length / (values.length - ddof) + epsilon);
  return returns.map((row) => row.map((value) => (value - centre) / divisor));
}

Deno.test("other numbers: reinforce++, with a coefficient of the KL that nobody names", () => {
  for (const one of seeds.map((seed) => fixture(seed))) {
    for (const beta of [0, 0.01, 0.001, 0.0271, 0.3]) {
      const returns = returnsOf(one, one.rewards, beta);
      passes("reinforce++", one, clip, whitened(returns, 1, 1e-8), { returns });
      passes("reinforce++", one, clip, whitened(returns, 0, 0), { returns });
    }
    const returns = returnsOf(one, one.rewards, 0.07, 0.9);
    passes("reinforce++", one, { ...clip, gamma: 0.9 }, whitened(returns, 1, 1e-8), { returns });
    passes("reinforce++", one, { ...clip, kl_coef_in_reward: 0.07, gamma: 0.9 }, whitened(returns, 1, 1e-8), {
      returns,
    });
  }
});

Deno.test("other numbers: reinforce++_baseline", () => {
  for (const one of seeds.map((seed) => fixture(seed))) {
    const centred = one.rewards.map((reward, i) => reward - mean(rewardsOf(one, one.group[i])));
    passes("reinforce++_baseline", one, clip, whitened(spread(one, centred), 1, 1e-8));
    passes("reinforce++_baseline", one, clip, whitened(spread(one, centred), 0, 0));
  }
});

Deno.test("other numbers: grpo_passk", () => {
  for (const one of seeds.map((seed) => fixture(seed))) {
    const scaled = (divisor: (rewards: number[]) => number) =>
      spread(
        one,
        one.rewards.map((reward, i) => {
          const rewards = rewardsOf(one, one.group[i]).sort((a, b) => b - a);
          return reward === rewards[0] ? (rewards[0] - rewards[1]) / divisor(rewards) : 0;
        }),
      );
    passes("grpo_passk", one, clip, scaled((rewards) => std(rewards) + 1e-6));
    passes("grpo_passk", one, clip, scaled(() => 1));
    const equal = { ...one, rewards: one.rewards.map(() => 0.3) };
    assert.equal(check("grpo_passk", equal, clip, spread(one, one.rewards.map(() => 0))).status, "passed");
  }
});

Deno.test("other numbers: REINFORCE++ in layout B, where beta is the coefficient in the reward", () => {
  for (const one of seeds.map((seed) => fixture(seed))) {
    for (const countEpsilon of [0, 1e-8]) {
      const returns = returnsOf(one, one.rewards, 0.13, 0.8);
      const responses = one.logp.map((logp, i) => ({
        group: one.group[i],
        logp,
        old_logp: one.old_logp[i],
        ref_logp: one.ref_logp[i],
        rewards: one.rewards[i],
      }));
      const expected = { returns, advantages: whitened(returns, 1, 1e-8, countEpsilon) };
      const hyper = { beta: 0.13, gamma: 0.8 };
      const cases = [{ id: "x", algorithm: "REINFORCE++", hyper, inputs: { responses }, expected }];
      const [{ status, reason }] = checkGolden(JSON.stringify({ cases })).cases;
      assert.equal(status, "passed", reason);
    }
  }
});

Deno.test("other numbers: rules of advantage side by side", () => {
  const rewards = [[0.5, 0.25, 0.9], [0, 1, 0], [1, 1, 1]], lengths = [1, 2, 3, 4, 3, 2, 1, 5, 2];
  const flat = rewards.flat(), eps = 1e-3;
  const rule = (make: (reward: number, row: number[]) => number) =>
    rewards.flatMap((row) => row.map((reward) => new Set(row).size === 1 ? 0 : make(reward, row)));
  const tokens = flat.map((reward, i) => Array(lengths[i]).fill(reward - mean(rewards[Math.floor(i / 3)])));
  const expected = {
    grpo_std: rule((reward, row) => (reward - mean(row)) / (std(row) + eps)),
    dr_grpo: rule((reward, row) => reward - mean(row)),
    maxrl: rule((reward, row) => (reward - mean(row)) / (mean(row) + eps)),
    rloo: rule((reward, row) => (reward - mean(row)) * 3 / 2),
    reinforce_pp_baseline_verl: whitened(tokens, 1, 1e-8, 1e-8).map((row) => row[0]),
    batch_std_TRL: rule((reward, row) => (reward - mean(row)) / (std(flat) + 1e-4)),
  };
  const one = { id: "x", algorithm: "advantage rules", hyper: { eps }, inputs: { rewards, lengths }, expected };
  const [{ status, reason }] = checkGolden(JSON.stringify({ cases: [one] })).cases;
  assert.equal(status, "passed", reason);
});

Deno.test("the files' cases pass without their ids, notes and the names of fixtures, and fail with another number", () => {
  const labels = [
    "lite_ppo",
    "gpg",
    "opo",
    "remax",
    "reinforce++",
    "reinforce++_baseline",
    "grpo_passk",
    "REINFORCE++",
  ];
  // deno-lint-ignore no-explicit-any
  const nudge = (value: any): unknown =>
    typeof value === "number" ? value + 1e-7 : [nudge(value[0]), ...value.slice(1)];
  for (const [name, count] of [["a.json", 8], ["b.json", 1]] as const) {
    const file = JSON.parse(Deno.readTextFileSync(new URL(`../../fixtures/golden/${name}`, import.meta.url)));
    const cases = file.cases.filter((one: { algorithm: string }) => labels.includes(one.algorithm));
    assert.equal(cases.length, count);
    for (const one of cases) {
      const fixtures = { other: file.fixtures?.[one.fixture] };
      const renamed = {
        ...one,
        id: "x",
        note: "",
        variant: "",
        defined_by: "",
        ...(one.fixture && { fixture: "other" }),
      };
      const run = (expected: object) =>
        checkGolden(JSON.stringify({ fixtures, cases: [{ ...renamed, expected }] })).cases[0];
      assert.equal(run(one.expected).status, "passed", `${one.id}: ${run(one.expected).reason}`);
      for (const [quantity, value] of Object.entries(one.expected)) {
        assert.equal(run({ ...one.expected, [quantity]: nudge(value) }).status, "failed", `${one.id} ${quantity}`);
      }
    }
  }
});
