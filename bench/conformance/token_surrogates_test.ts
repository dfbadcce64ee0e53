/**
 * Cases of this family with other numbers, whose expected values come from the formulas written down once more here:
 * the loss of a token as a function of its log-prob `x`, with `at` for the same number where it is held, and the
 * derivative by differences.
 */

import assert from "node:assert/strict";
import { checkGolden } from "./conformance.ts";

type Numbers = Record<string, number>;

interface TokenOf {
  x: number;
  at: number;
  old: number;
  advantage: number;
  hyper: Numbers;
  /** Whether a rule over the whole batch marks this token. */
  marked: boolean;
}

const ratio = ({ x, old }: { x: number; old: number }) => Math.exp(x - old);
const held = (token: TokenOf) => ratio({ x: token.at, old: token.old });
const between = (low: number, value: number, high: number) => Math.min(Math.max(value, low), high);

function keptByDppo(divergence: "tv" | "kl", low: number, high: number) {
  return ({ at, old, advantage }: TokenOf): boolean => {
    const p = Math.exp(at), q = Math.exp(old);
    const far = divergence === "tv" ? Math.abs(p - q) : q * Math.log(q / p) + (1 - q) * Math.log((1 - q) / (1 - p));
    return advantage > 0 ? p <= q || far <= high : p >= q || far <= low;
  };
}

const dppo = (divergence: "tv" | "kl", names: [string, string, string]) => {
  const kept = (token: TokenOf) => keptByDppo(divergence, token.hyper[names[0]], token.hyper[names[1]])(token);
  return {
    loss: (token: TokenOf) =>
      kept(token) ? -token.advantage * Math.min(held(token), token.hyper[names[2]]) * token.x : 0,
    tokenKeys: { [names[0] === "threshold" ? "keep_mask" : "valid"]: (token: TokenOf) => kept(token) ? 1 : 0 },
  };
};

const sapo = {
  loss: (token: TokenOf) => {
    const tau = token.advantage > 0 ? token.hyper.tau_pos : token.hyper.tau_neg;
    return -token.advantage * 4 / tau / (1 + Math.exp(-tau * (ratio(token) - 1)));
  },
};

interface Rule {
  loss(token: TokenOf): number;
  /** Expected keys with one number per token. */
  tokenKeys?: Record<string, (token: TokenOf) => number>;
}

const rules: Record<string, Rule & { hyper: Record<string, unknown> }> = {
  "cispo": {
    hyper: { is_weight_min: 0.85, is_weight_max: 1.15 },
    loss: (token) =>
      -token.advantage * between(token.hyper.is_weight_min, held(token), token.hyper.is_weight_max) * token.x,
  },
  "CISPO (verl)": {
    hyper: { clip: [0.9, 1.05] },
    loss: (token) => {
      const [low, high] = token.hyper.clip as unknown as number[];
      return -token.advantage * between(low, held(token), high) * token.x;
    },
  },
  "CISPO (TRL)": {
    hyper: { max_ratio: 1.07 },
    loss: (token) => -token.advantage * Math.min(held(token), token.hyper.max_ratio) * token.x,
  },
  "sapo": { hyper: { tau_pos: 1.3, tau_neg: 2.1 }, ...sapo },
  "SAPO": { hyper: { tau_pos: 0.7, tau_neg: 1.9 }, ...sapo },
  "dppo_tv": {
    hyper: { div_low: 0.04, div_high: 0.07, tis_cap: 1.2 },
    ...dppo("tv", ["div_low", "div_high", "tis_cap"]),
  },
  "dppo_kl": {
    hyper: { div_low: 0.01, div_high: 0.02, tis_cap: 1.2 },
    ...dppo("kl", ["div_low", "div_high", "tis_cap"]),
  },
  "DPPO-Binary-TV": {
    hyper: { threshold: 0.05, ratio_cap: 1.3 },
    ...dppo("tv", ["threshold", "threshold", "ratio_cap"]),
  },
  "DPPO-Binary-KL": {
    hyper: { threshold: 0.015, ratio_cap: 1.3 },
    ...dppo("kl", ["threshold", "threshold", "ratio_cap"]),
  },
  "dro": {
    hyper: { dro_beta: 0.37 },
    loss: ({ x, old, advantage, hyper }) => -(x * advantage - hyper.dro_beta / 2 * (x - old) ** 2),
  },
  "kl_cov": {
    hyper: { kl_cov_ratio: 0.3, ppo_kl_coef: 0.6 },
    loss: (token) =>
      -token.advantage * ratio(token) + (token.marked ? token.hyper.ppo_kl_coef * Math.abs(token.x - token.old) : 0),
  },
  "grpo_opsm": {
    hyper: { eps_low: 0.15, eps_high: 0.25 },
    loss: (token) => {
      const r = ratio(token), { advantage, hyper } = token;
      return -Math.min(r * advantage, between(1 - hyper.eps_low, r, 1 + hyper.eps_high) * advantage);
    },
  },
};

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Numbers between 0 and 1, always the same. */
function noise(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

function caseOf(label: string, seed: number, agg: "token_mean" | "seq_mean_token_mean", given: boolean) {
  const { loss, tokenKeys = {}, hyper } = rules[label], next = noise(seed);
  const groups = [7, 7, 3, 7, 3, 3, 7], rewards = groups.map(() => Math.round(20 * next()) / 10 - 1);
  const old = groups.map(() => Array.from({ length: 1 + Math.floor(5 * next()) }, () => -0.05 - 3 * next()));
  const logp = old.map((row) => row.map((value) => Math.min(-0.01, value + next() - 0.5)));
  const advantages = rewards.map((reward, i) => {
    const own = rewards.filter((_, j) => groups[j] === groups[i]), centre = mean(own);
    return (reward - centre) /
      (Math.sqrt(own.reduce((sum, r) => sum + (r - centre) ** 2, 0) / (own.length - 1)) + 1e-6);
  });
  const lengths = old.map((row) => row.length), total = lengths.reduce((sum, length) => sum + length, 0);

  // Rules over the whole batch: KL-Cov's greatest covariances, the mask on responses.
  const all = logp.flatMap((row, i) => row.map((value, t) => ({ i, t, value, advantage: advantages[i] })));
  const meanLogp = mean(all.map(({ value }) => value)), meanAdvantage = mean(all.map(({ advantage }) => advantage));
  const covariance = (value: number, advantage: number) => (value - meanLogp) * (advantage - meanAdvantage);
  const chosen = all.toSorted((a, b) => covariance(b.value, b.advantage) - covariance(a.value, a.advantage))
    .slice(0, Math.max(1, Math.trunc(total * ((hyper as Numbers).kl_cov_ratio ?? 1))));
  const seqKl = logp.map((row, i) => mean(row.map((value, t) => old[i][t] - value)));
  const threshold = 0.03, masked = label === "grpo_opsm";
  const keep = seqKl.map((kl, i) => masked && advantages[i] < 0 && kl > threshold ? 0 : 1);

  const tokens = logp.map((row, i) =>
    row.map((at, t): TokenOf => ({
      ...{ x: at, at, old: old[i][t], advantage: advantages[i], hyper: hyper as Numbers },
      marked: chosen.some((one) => one.i === i && one.t === t),
    }))
  );
  const weights = tokens.map((row, i) =>
    row.map(() => keep[i] * (agg === "token_mean" ? 1 / total : 1 / (groups.length * lengths[i])))
  );
  const slope = (token: TokenOf, h = 1e-4) => {
    const f = (by: number) => loss({ ...token, x: token.x + by });
    return (f(-2 * h) - 8 * f(-h) + 8 * f(h) - f(2 * h)) / (12 * h);
  };
  const tokenLoss = tokens.map((row) => row.map(loss));
  const per = (key: (token: TokenOf) => number) => tokens.map((row) => row.map(key));
  const expected: Record<string, unknown> = {
    loss: tokenLoss.flatMap((row, i) => row.map((value, t) => value * weights[i][t])).reduce((sum, v) => sum + v, 0),
    grad_logp: tokens.map((row, i) => row.map((token, t) => weights[i][t] === 0 ? 0 : weights[i][t] * slope(token))),
    ...Object.fromEntries(Object.entries(tokenKeys).map(([name, key]) => [name, per(key)])),
    ...label === "kl_cov" && {
      cov: tokens.map((row) => row.map(({ at, advantage }) => covariance(at, advantage))),
      selected: tokens.flatMap((row, i) => row.flatMap(({ marked }, t) => marked ? [[i, t]] : [])),
    },
    ...masked && { keep, seq_kl: seqKl, threshold },
  };
  if (given) {
    return {
      ...{ id: "x", algorithm: label, hyper: { ...hyper, agg: `${agg.replaceAll("_", "-")} over global tokens` } },
      inputs: {
        responses: logp.map((row, i) => ({ group: groups[i], length: row.length, logp: row, old_logp: old[i] })),
        advantages,
      },
      expected,
    };
  }
  return {
    ...{ id: "x", algorithm: label, hyper: { ...hyper, agg, beta: 0, alive: masked ? keep : null } },
    inputs: {
      responses: logp.map((row, i) => ({ group: groups[i], rewards: rewards[i], logp: row, old_logp: old[i] })),
    },
    expected: { ...expected, advantages, token_loss: tokenLoss, token_weight: weights, ratio: per(held) },
  };
}

for (const label of Object.keys(rules)) {
  for (const given of [false, true]) {
    Deno.test(`${label}: other numbers pass, with advantages ${given ? "given" : "from rewards"}`, () => {
      for (const agg of ["token_mean", "seq_mean_token_mean"] as const) {
        for (let seed = 1; seed <= 12; seed++) {
          const one = caseOf(label, 7919 * seed, agg, given);
          const { cases: [{ status, reason }] } = checkGolden(JSON.stringify({ cases: [one] }));
          assert.equal(status, "passed", `seed ${seed}, ${agg}: ${reason}`);
        }
      }
    });
  }

  Deno.test(`${label}: a changed hyper-parameter is noticed`, () => {
    const changed = Object.keys(rules[label].hyper).filter((name) => {
      const outcomes = Array.from({ length: 12 }, (_, i) => {
        const one = caseOf(label, 7919 * (i + 1), "token_mean", true);
        const value = (one.hyper as Record<string, unknown>)[name];
        (one.hyper as Record<string, unknown>)[name] = Array.isArray(value)
          ? value.map((part) => part * 1.02)
          : (value as number) * 1.5;
        return checkGolden(JSON.stringify({ cases: [one] })).cases[0].status;
      });
      return outcomes.includes("failed");
    });
    assert.deepEqual(changed, Object.keys(rules[label].hyper));
  });
}
