import assert from "node:assert/strict";
import { checkGolden } from "./conformance.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const file: Json = JSON.parse(Deno.readTextFileSync(new URL("../../fixtures/golden/a.json", import.meta.url)));
const cases: Json[] = file.cases.filter((one: Json) => one.algorithm === "ppo");

const map = (rows: number[][], rule: (value: number, i: number, t: number) => number): number[][] =>
  rows.map((row, i) => row.map((value, t) => rule(value, i, t)));
const zip = (a: number[][], b: number[][], rule: (a: number, b: number) => number) =>
  map(a, (value, i, t) => rule(value, b[i][t]));
const sum = (rows: number[][]) => rows.flat().reduce((total, value) => total + value, 0);

/** What must come out, written down plainly: no term of the project is used. */
function direct(fixture: Json, hyper: Json): Record<string, Json> {
  const { scores, old_logp: old, logp, ref_logp: reference, values_old: before, values_new: values } = fixture;
  const tokens = logp.flat().length, last = (i: number, t: number) => t === logp[i].length - 1;
  const rewards = map(
    zip(old, reference, (a, b) => -hyper.kl_coef_in_reward * (a - b)),
    (value, i, t) => value + (last(i, t) ? scores[i] : 0),
  );
  const delta = map(
    rewards,
    (reward, i, t) => reward + (last(i, t) ? 0 : hyper.gamma * before[i][t + 1]) - before[i][t],
  );
  const gae = map(
    delta,
    (_, i, t) => delta[i].slice(t).reduce((total, value, k) => total + (hyper.gamma * hyper.lam) ** k * value, 0),
  );
  const returns = zip(gae, before, (a, b) => a + b);
  const centre = sum(gae) / tokens;
  const variance = sum(map(gae, (value) => (value - centre) ** 2)) / (tokens - hyper.whiten_ddof);
  const advantages = hyper.whiten_advantages
    ? map(gae, (value) => (value - centre) / Math.sqrt(variance + hyper.whiten_eps_in_var))
    : gae;
  const ratio = zip(logp, old, (a, b) => Math.exp(a - b));
  const k3 = zip(reference, logp, (a, b) => Math.exp(a - b) - (a - b) - 1);
  const surrogate = (rho: number, advantage: number) => {
    const low = 1 - hyper.eps_low, high = 1 + hyper.eps_high;
    const loss = -Math.min(rho * advantage, Math.min(Math.max(rho, low), high) * advantage);
    return hyper.dual_clip && advantage < 0 ? Math.min(loss, -hyper.dual_clip * advantage) : loss;
  };
  const tokenLoss = map(zip(ratio, advantages, surrogate), (value, i, t) => value + hyper.beta * k3[i][t]);
  const gradient = map(ratio, (rho, i, t) => {
    const advantage = advantages[i][t], d = reference[i][t] - logp[i][t];
    const free = surrogate(rho, advantage) === -rho * advantage;
    return ((free ? -rho * advantage : 0) + hyper.beta * (1 - Math.exp(d))) / tokens;
  });
  const squares = (row: number[][]) => zip(row, returns, (a, b) => (a - b) ** 2);
  const clipped = zip(
    values,
    before,
    (a, b) => Math.min(Math.max(a, b - hyper.cliprange_value), b + hyper.cliprange_value),
  );
  const [plain, bounded] = [squares(values), squares(clipped)];
  const valueLoss = sum(zip(plain, bounded, Math.max)) / tokens / 2;
  const loss = sum(tokenLoss) / tokens;
  return {
    advantages,
    token_rewards: rewards,
    gae_raw: gae,
    returns,
    ratio,
    token_loss: tokenLoss,
    token_kl: k3,
    token_weight: map(ratio, () => 1 / tokens),
    loss,
    grad_logp: gradient,
    value_loss: valueLoss,
    grad_values_new_of_value_loss: map(
      values,
      (value, i, t) => bounded[i][t] > plain[i][t] ? 0 : (value - returns[i][t]) / tokens,
    ),
    total_loss: loss + hyper.vf_coef * valueLoss,
  };
}

/** Other numbers: rewards, log-probs, values and hyper-parameters. */
function perturbed(one: Json, seed: number): Json {
  const fixture = structuredClone(file.fixtures[one.fixture]), hyper = { ...one.hyper };
  let state = seed;
  const noise = () => (state = (state * 16807) % 2147483647) / 2147483647 - 0.5;
  for (const [name, column] of Object.entries<Json>(fixture)) {
    if (name === "scores") fixture[name] = column.map((value: number) => value + noise());
    else if (Array.isArray(column?.[0])) fixture[name] = map(column, (value) => value + 0.4 * noise());
  }
  Object.assign(hyper, { gamma: 0.9 + 0.1 * noise(), lam: 0.8 + 0.3 * noise(), vf_coef: 0.5 + noise() / 2 });
  Object.assign(hyper, { eps_low: 0.15, eps_high: 0.25, cliprange_value: 0.3 + 0.2 * noise(), whiten_ddof: seed % 2 });
  hyper.whiten_eps_in_var = 1e-3;
  if (hyper.kl_coef_in_reward) hyper.kl_coef_in_reward += 0.05 * noise();
  if (hyper.beta) hyper.beta += 0.01 * noise();
  if (hyper.dual_clip) hyper.dual_clip += noise();
  return { fixture, hyper };
}

const run = (one: Json) => checkGolden(JSON.stringify({ cases: [one] })).cases[0];

for (const one of cases) {
  Deno.test(`${one.id}: the direct formulas give the published numbers`, () => {
    const found = direct(file.fixtures[one.fixture], one.hyper);
    for (const [name, value] of Object.entries(one.expected).filter(([name]) => !name.startsWith("fd_"))) {
      const [actual, expected] = [found[name], value].map((part: Json) => [part].flat(2));
      assert.equal(actual.length, expected.length, name);
      actual.forEach((part, i) => assert.ok(Math.abs(part - expected[i]) < 1e-9, `${name}: ${part}, ${expected[i]}`));
    }
  });

  Deno.test(`${one.id}: with other numbers and another name it agrees with the direct formulas`, () => {
    for (const seed of [1, 20, 300]) {
      const { fixture, hyper } = perturbed(one, seed);
      const other = { id: `other ${seed}`, algorithm: "ppo", inputs: fixture, hyper };
      const { status, reason } = run({ ...other, expected: direct(fixture, hyper) });
      assert.equal(status, "passed", reason);
    }
  });

  Deno.test(`${one.id}: one changed number fails`, () => {
    for (const name of Object.keys(one.expected).filter((name) => !name.startsWith("fd_"))) {
      const nudge = (value: Json): Json =>
        typeof value === "number" ? value + 1e-7 : [nudge(value[0]), ...value.slice(1)];
      const expected = { ...one.expected, [name]: nudge(one.expected[name]) };
      assert.equal(
        run({ ...one, fixture: undefined, inputs: file.fixtures[one.fixture], expected }).status,
        "failed",
        name,
      );
    }
  });
}

Deno.test("the table of the adaptive KL controller passes with other numbers, and fails with wrong ones", () => {
  const table = { init: 0.3, target: 4, horizon: 500, n_steps: 20, rows: [] as Json[] };
  let coefficient = table.init;
  for (const kl of [1, 4, 4.3, 3.9, 40]) {
    coefficient *= 1 + Math.max(-0.2, Math.min(0.2, kl / 4 - 1)) * 20 / 500;
    table.rows.push({ current_kl: kl, coef_after: coefficient });
  }
  const status = () =>
    checkGolden(JSON.stringify({ cases: [], primitives: { adaptive_kl_controller: table } })).primitives[0].status;
  assert.equal(status(), "passed");
  table.rows[2].coef_after += 1e-7;
  assert.equal(status(), "failed");
});
