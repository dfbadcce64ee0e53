/** The published cases with other numbers, against formulas written out here. */

import assert from "node:assert/strict";
import { checkGolden } from "./conformance.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const read = (name: string): Json =>
  JSON.parse(Deno.readTextFileSync(new URL(`../../fixtures/golden/${name}.json`, import.meta.url)));

const noise = (...parts: number[]) => Math.sin(parts.reduce((sum, part) => 31 * sum + 7 * part + 1, 0));
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => sum(values) / values.length;
const std = (values: number[], ddof: number) =>
  Math.sqrt(sum(values.map((value) => (value - mean(values)) ** 2)) / (values.length - ddof));

const lengths = [3, 1, 4, 2, 6, 5], rewards = [0.3, -1, 1.2, 0.8, 0.1, -0.4];

/** A fixture of one or two prompts, in layout A. */
function fixture(seed: number, group: number[]): Json {
  const old_logp = lengths.map((length, i) => Array.from({ length }, (_, t) => -1.4 + noise(seed, i, t)));
  const moved = (distance: number, salt: number) =>
    old_logp.map((row, i) => row.map((value, t) => value + distance * noise(seed, i, t, salt)));
  return {
    group,
    rewards: rewards.map((value) => value * seed),
    old_logp,
    logp: moved(0.5, 1),
    ref_logp: moved(0.3, 2),
  };
}

/** Σ weight · (clipped ratio loss + β · k3) and its derivative, straight from the formulas; `clip` null: no ratio. */
function reference(inputs: Json, advantages: number[][], weights: number[], clip: [number, number] | null, beta = 0) {
  let loss = 0;
  const grad_logp = inputs.logp.map((row: number[], i: number) =>
    row.map((value, t) => {
      const ratio = Math.exp(value - inputs.old_logp[i][t]), a = advantages[i][t];
      const d = beta === 0 ? 0 : inputs.ref_logp[i][t] - value, kl = beta * (1 - Math.exp(d));
      loss += weights[i] * beta * (Math.exp(d) - d - 1);
      if (clip === null) {
        loss -= weights[i] * a;
        return weights[i] * (kl - a);
      }
      const [low, high] = [1 - clip[0], 1 + clip[1]];
      const dead = a > 0 ? ratio > high : a < 0 && ratio < low;
      loss -= weights[i] * a * (dead ? (a > 0 ? high : low) : ratio);
      return weights[i] * (kl - (dead ? 0 : a * ratio));
    })
  );
  return { loss, grad_logp };
}

const everywhere = (values: number[]) => lengths.map((length, i) => new Array(length).fill(values[i]));
const clipping = { eps_low: 0.15, eps_high: 0.3 };
const range: [number, number] = [0.15, 0.3];
const tokenMean = lengths.map(() => 1 / sum(lengths));
const sequenceMean = lengths.map((length) => 1 / (length * lengths.length));

const pass = (file: Json, algorithm: string) => {
  for (const { id, status, reason, by } of checkGolden(JSON.stringify(file)).cases) {
    assert.deepEqual([status, by], ["passed", algorithm], `${id} ${reason}`);
  }
};

Deno.test("every published case of this family passes, and the difficulty table", () => {
  const files = [read("a"), read("b")];
  const labels: Record<string, string> = {
    grpo_process: "grpo",
    GDPO: "gdpo",
    gdpo: "gdpo",
    gfpo: "gfpo",
    sr_grpo: "sr_grpo",
  };
  let passed = 0;
  for (const { fixtures, cases } of files) {
    for (const [label, name] of Object.entries(labels)) {
      const own = cases.filter((one: Json) => one.algorithm === label);
      pass({ fixtures, cases: own }, name);
      passed += own.length;
    }
  }
  assert.equal(passed, 21);
  const { gfpo_adaptive_difficulty } = files[0].primitives;
  assert.equal(
    checkGolden(JSON.stringify({ primitives: { gfpo_adaptive_difficulty } })).primitives[0].status,
    "passed",
  );
});

for (const [metric, k, normaliser] of [["shortest", 4, "all_G"], ["token_efficiency", 3, "retained"]] as const) {
  Deno.test(`gfpo by ${metric} with other numbers`, () => {
    const inputs = fixture(2, lengths.map(() => 0)), [ddof, eps] = normaliser === "all_G" ? [0, 0] : [1, 1e-3];
    const scores = lengths.map((length, i) => metric === "shortest" ? -length : inputs.rewards[i] / length);
    const best = [...scores.keys()].sort((a, b) => scores[b] - scores[a]).slice(0, k);
    const kept = best.map((i) => inputs.rewards[i]);
    const advantages = inputs.rewards.map((reward: number, i: number) =>
      best.includes(i) ? (reward - mean(kept)) / (std(kept, ddof) + eps) : 0
    );
    const counted = lengths.map((_, i) => normaliser === "all_G" || best.includes(i) ? 1 : 0);
    const weights = counted.map((flag) => flag / sum(lengths.map((length, i) => length * counted[i])));
    const settings = { metric, k, std_ddof: ddof, std_eps: eps, normaliser, retained: best.toSorted(), scores };
    const expected = { ...settings, mu_S: mean(kept), sigma_S: std(kept, ddof), advantages };
    const hyper = { ...clipping, agg: "token_mean", beta: 0.02, kl: "k3", alive: counted };
    const computed = reference(inputs, everywhere(advantages), weights, range, 0.02);
    const token_weight = everywhere(weights);
    const one = {
      id: "x",
      algorithm: "gfpo",
      fixture: "f",
      hyper,
      expected: { ...expected, ...computed, token_weight },
    };
    pass({ fixtures: { f: inputs }, cases: [one] }, "gfpo");
  });
}

Deno.test("process supervision with other numbers, in two groups", () => {
  const group = [4, 9, 4, 9, 9, 4], inputs = fixture(3, group);
  const steps = lengths.map((length, i) =>
    Array.from({ length: Math.min(i + 1, length) }, (_, j) => [length - j, noise(i, j)])
  );
  for (const [ddof, eps] of [[0, 0], [1, 1e-6]]) {
    const normalised = steps.map((own, i) => {
      const pooled = steps.flatMap((other, j) => group[j] === group[i] ? other.map(([, reward]) => reward) : []);
      return own.map(([, reward]) => (reward - mean(pooled)) / (std(pooled, ddof) + eps));
    });
    const advantages = lengths.map((length, i) =>
      Array.from({ length }, (_, t) => sum(normalised[i].filter((_, j) => steps[i][j][0] >= t + 1)))
    );
    const expected = {
      advantages,
      normalised_step_rewards: normalised,
      step_end_index_1based_and_reward: steps,
      ...reference(inputs, advantages, sequenceMean, range, 0.07),
    };
    const hyper = { ...clipping, agg: "seq_mean_token_mean", kl: "k3", beta: 0.07 };
    const one = { id: "x", algorithm: "grpo_process", fixture: "f", hyper, expected };
    pass({ fixtures: { f: inputs }, cases: [one] }, "grpo");
  }
});

Deno.test("SR-GRPO with other numbers, in two groups", () => {
  const group = [4, 9, 4, 9, 9, 4], inputs = fixture(4, group), tau = 0.7;
  for (const [z_ddof, z_eps, beta] of [[1, 1e-5, 0.04], [0, 1e-3, 0]]) {
    const parts = inputs.rewards.map((reward: number, i: number) => {
      const own = inputs.rewards.filter((_: number, j: number) => group[j] === group[i]);
      const part = (value: number) => Math.exp((value - mean(own)) / (std(own, z_ddof) + z_eps) / tau);
      const total = sum(own.map(part));
      return [part(reward) / total, sum(own.map((value: number) => value * part(value) / total))];
    });
    const advantages = parts.map(([, soft]: number[]) => soft);
    const expected = {
      advantages,
      softmax_weights: parts.map(([weight]: number[]) => weight),
      soft_advantage_mean: mean(advantages),
      soft_advantage_std: std(advantages, 1),
      ...reference(inputs, everywhere(advantages), sequenceMean, null, beta),
    };
    const hyper = { tau, z_eps, z_ddof, agg: "seq_mean_token_mean", kl: beta ? "k3" : null, beta };
    const one = { id: "x", algorithm: "sr_grpo", fixture: "f", hyper, expected };
    pass({ fixtures: { f: inputs }, cases: [one] }, "sr_grpo");
  }
});

/** GDPO's advantages of the weighted channels, by the names of the variants. */
function decoupled(columns: number[][], weights: number[], group: number[], variant: string) {
  const eps = { trl: 1e-4, verl: 1e-6, nemo: 1e-6, nemo_loo: 1e-6 }[variant] ?? 0;
  const per_reward = columns.map((column) =>
    column.map((value, i) => {
      const own = column.filter((_, j) => group[j] === group[i]);
      if (variant !== "nemo_loo") return (value - mean(own)) / (std(own, 1) + eps);
      const others = column.filter((_, j) => group[j] === group[i] && j !== i);
      return (value - mean(others)) / (std(others, 1) + eps);
    })
  );
  const summed = group.map((_, i) => sum(per_reward.map((column, n) => weights[n] * column[i])));
  if (variant !== "verl") {
    const batch_mean = mean(summed), batch_std = std(summed, 1), whitenEps = variant === "trl" ? eps : 0;
    const advantages = summed.map((value) => (value - batch_mean) / (batch_std + whitenEps));
    return { per_reward, summed, batch_mean, batch_std, advantages };
  }
  const tokens = lengths.flatMap((length, i) => new Array<number>(length).fill(summed[i])), n = tokens.length;
  const batch_mean = sum(tokens) / (n + 1e-8);
  const variance = sum(tokens.map((value) => (value - batch_mean) ** 2)) / (n + 1e-8) * n / (n - 1);
  const advantages = summed.map((value) => (value - batch_mean) / Math.sqrt(variance + 1e-8));
  return { per_reward, summed, batch_mean, batch_std: Math.sqrt(variance), advantages };
}

const columns = [[1, 0, 0.5, 2, 1, 0], [0.2, 0.9, -1, 0.4, 0.1, 0.7]];
const group = [4, 9, 4, 9, 9, 4];

for (const variant of ["paper_eps0", "trl", "verl", "nemo", "nemo_loo"]) {
  Deno.test(`GDPO ${variant} with other numbers, in both layouts`, () => {
    const inputs = fixture(5, group), weights = [0.8, 1.7];
    const own = decoupled(columns, weights, group, variant);
    const hyper = { ...clipping, agg: "token-mean" };
    const computed = reference(inputs, everywhere(own.advantages), tokenMean, range);
    const responses = lengths.map((_, i) => ({
      group: group[i],
      logp: inputs.logp[i],
      old_logp: inputs.old_logp[i],
      rewards: { correct: columns[0][i], tidy: columns[1][i] },
    }));
    const expected = { ...own, ...computed };
    pass({ cases: [{ id: "b", algorithm: "GDPO", variant, hyper, inputs: { responses, weights }, expected }] }, "gdpo");
    const { advantages } = own;
    const echoed = { advantages, rewards_x: columns[0], rewards_y: columns[1], reward_weights: weights, ...computed };
    const one = { id: "a", algorithm: "gdpo", fixture: "f", hyper: { ...hyper, agg: "token_mean" }, expected: echoed };
    pass({ fixtures: { f: inputs }, cases: [one] }, "gdpo");
  });
}

Deno.test("GDPO applies a condition to the raw channel", () => {
  const inputs = fixture(6, group), ok = [1, 1, 0, 1, 1, 0];
  const short = ok.map((raw, i) => columns[0][i] >= 0.75 ? raw : 0);
  const responses = lengths.map((_, i) => ({
    group: group[i],
    logp: inputs.logp[i],
    old_logp: inputs.old_logp[i],
    // What the file says of the conditioned channel is not looked at: the rule is.
    rewards: { right: columns[0][i], short: 99 },
    brief: ok[i],
  }));
  const own = decoupled([columns[0], short], [1, 0.5], group, "trl");
  const computed = reference(inputs, everywhere(own.advantages), tokenMean, range);
  const conditioning = "short = brief if right >= 0.75 else 0";
  const one = { id: "x", algorithm: "GDPO", variant: "trl", inputs: { responses, weights: [1, 0.5], conditioning } };
  pass({ cases: [{ ...one, hyper: { ...clipping, agg: "token-mean" }, expected: { ...own, ...computed } }] }, "gdpo");
});

Deno.test("GDPO's missing rewards and the collapse of two rollouts, with other numbers", () => {
  const rows = [[2, null], [null, 3], [null, null], [1, 0], [0.5, 1]], weights = [1, 2], eps = 1e-3;
  const known = (n: number) => rows.map((row) => row[n]).filter((value) => value !== null);
  const score = (n: number, value: number | null) =>
    value === null ? null : (value - mean(known(n))) / (std(known(n), 1) + eps);
  const trl_per_reward = [0, 1].map((n) => rows.map((row) => score(n, row[n])));
  const trl_summed = rows.map((row, i) =>
    row.every((value) => value === null) ? null : trl_per_reward[0][i]! + 2 * trl_per_reward[1][i]!
  );
  const given = trl_summed.filter((value) => value !== null);
  const whole = [0, 1].map((n) => rows.map((row) => row[n] ?? 0));
  const nvlabs_summed = rows.map((_, i) =>
    sum(whole.map((column, n) => weights[n] * (column[i] - mean(column)) / (std(column, 1) + eps)))
  );
  const missing = {
    id: "x",
    algorithm: "GDPO",
    hyper: { eps },
    inputs: { rewards: rows, group: rows.map(() => 0), weights },
    expected: {
      trl_per_reward,
      trl_summed,
      trl_advantages: trl_summed.map((value) => value === null ? 0 : (value - mean(given)) / (std(given, 1) + eps)),
      nvlabs_summed,
      nvlabs_advantages: nvlabs_summed.map((value) => (value - mean(nvlabs_summed)) / (std(nvlabs_summed, 1) + eps)),
    },
  };
  const side = Math.SQRT1_2;
  const toy = {
    id: "y",
    algorithm: "GDPO",
    variant: "two rollouts (ddof=1, eps=0)",
    inputs: { toy: true },
    expected: {
      "(0,2)": { rewards: [[1, 0, 0], [0, 3, 1]], grpo: [-side, side], gdpo_before_batch_norm: [-side, side] },
    },
  };
  pass({ cases: [missing, toy] }, "gdpo");
});

Deno.test("the difficulty table with other counts, shares and warm-up", () => {
  const means = [0.5, 0.1, 0.9, 0.3, 0.7, 0.2, 0.95];
  const rows = means.map((mean_reward, i) => {
    if (i < 2) return { mean_reward, k: 10, bucket: "warmup" };
    const seen = means.slice(0, i + 1).sort((a, b) => a - b);
    const quartiles = [0.25, 0.5, 0.75].map((share) => {
      const rank = share * i, low = Math.floor(rank);
      return seen[low] + (rank - low) * ((seen[low + 1] ?? seen[low]) - seen[low]);
    });
    const bucket = quartiles.filter((quartile) => mean_reward >= quartile).length;
    return {
      mean_reward,
      quartiles,
      k: [10, 8, 6, 5][bucket],
      bucket: ["very_hard", "hard", "medium", "easy"][bucket],
    };
  });
  const table = { rule: "k = 10,8,6,5 for very hard..easy; k=10 during warmup (2 groups here)", G: 20, rows };
  const check = (gfpo_adaptive_difficulty: Json) =>
    checkGolden(JSON.stringify({ primitives: { gfpo_adaptive_difficulty } })).primitives[0];
  assert.equal(check(table).status, "passed");
  assert.match(check({ ...table, rows: [{ ...rows[0], k: 9 }] }).reason, /^k differs/);
});
