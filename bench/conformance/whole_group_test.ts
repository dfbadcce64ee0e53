/** The published cases, and others with other numbers against formulas written out here. */

import assert from "node:assert/strict";
import { checkGolden } from "./conformance.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const golden: Json[] = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/golden/b.json", import.meta.url)),
).cases;

const check = (cases: Json[]) => checkGolden(JSON.stringify({ cases })).cases;
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => sum(values) / values.length;

for (
  const [label, count, name] of [["DisCO", 12, "disco"], ["DisCO-b", 8, "disco"], ["GVPO", 7, "gvpo"], [
    "DPO",
    6,
    "dpo",
  ]]
) {
  Deno.test(`every published ${label} case passes, computed by ${name}`, () => {
    const outcomes = check(golden.filter(({ algorithm }) => algorithm === label));
    assert.equal(outcomes.length, count);
    for (const { id, status, reason, by } of outcomes) {
      assert.deepEqual([status, by], ["passed", name], `${id} ${reason}`);
    }
  });
}

/** Responses with other lengths, prompts, log-probs and rewards. */
function responsesOf(seed: number, rewards: number[], groups: number[]): Json[] {
  const noise = (k: number) => Math.sin(12.9898 * seed + 78.233 * k);
  return rewards.map((reward, i) => {
    const logp = Array.from({ length: 1 + (5 * i + seed) % 4 }, (_, t) => -1.2 + noise(i + 11 * t));
    const old_logp = logp.map((value, t) => value + 0.3 * noise(3 * i + 5 * t) + 0.05 * (seed % 4 - 1.5));
    return {
      id: i,
      group: groups[i],
      logp,
      old_logp,
      ref_logp: logp.map((value, t) => value + 0.5 * noise(7 * i + t + 1)),
      rewards: reward,
    };
  });
}

function discoCase(seed: number): Json {
  const label = seed % 2 ? "DisCO" : "DisCO-b", code = seed % 3 === 0, ratio = seed % 4 > 1, low = seed % 5 === 0;
  const hyper = {
    tau: label === "DisCO" ? 0.3 + seed : null,
    beta: 70 + seed,
    delta: 0.003 * seed,
    kl_type: low ? "low_var_kl" : "kl",
  };
  const groups = [9, 2, 9, 9, 2, 2, 5, 5, 9], rewards = [1, 0, 0, 1, 0, 1, 0, 0, 0];
  const responses = responsesOf(seed, rewards, groups);
  const scores = responses.map(({ logp, old_logp }) =>
    mean(logp.map((value: number, t: number) => ratio ? Math.exp(value - old_logp[t]) : value))
  );
  let objective = 0;
  const weights = responses.map(() => 0), neg_softmax: Json = {};
  for (const group of [9, 2]) {
    const of = (reward: number) =>
      responses.filter((one) => one.group === group && one.rewards === reward).map(({ id }) => id);
    const right = of(1), wrong = of(0);
    right.forEach((i) => weights[i] = 1 / right.length);
    wrong.forEach((i) => weights[i] = -1 / wrong.length);
    objective += mean(right.map((i) => scores[i]));
    if (label === "DisCO-b") {
      objective -= mean(wrong.map((i) => scores[i]));
      continue;
    }
    const largest = Math.max(...wrong.map((i) => scores[i]));
    const parts = wrong.map((i) => Math.exp((scores[i] - largest) / hyper.tau!));
    const epsilon = code ? 2 ** -23 : 0;
    objective -= code
      ? hyper.tau! * sum(parts) / (sum(parts) + epsilon)
      : hyper.tau! * Math.log(mean(wrong.map((i) => Math.exp(scores[i] / hyper.tau!))));
    neg_softmax[group] = parts.map((part) => part / sum(parts));
    wrong.forEach((i, j) => weights[i] = -parts[j] / (sum(parts) + epsilon));
  }
  const logRatios = responses.flatMap(({ logp, old_logp }) =>
    logp.map((value: number, t: number) => value - old_logp[t])
  );
  const kl = mean(logRatios.map((d) => low ? Math.exp(d) - 1 - d : -d)), excess = Math.max(0, kl - hyper.delta);
  const factor = (code ? 1 : 2) * hyper.beta * excess / logRatios.length;
  return {
    id: `other ${seed}`,
    algorithm: label,
    variant: `${ratio ? "Lratio" : "logL"}, form=${code ? "code" : "paper"}`,
    note: "form=code and form=paper are both spoken of, and so is Lratio",
    hyper,
    inputs: { responses },
    expected: {
      scores,
      kl,
      kl_active: excess > 0,
      neg_softmax,
      loss: -objective / 3 + hyper.beta * excess * (code ? kl : excess),
      grad_logp: responses.map(({ logp, old_logp }, i) =>
        logp.map((value: number, t: number) => {
          const rho = Math.exp(value - old_logp[t]);
          return -weights[i] / 3 / logp.length * (ratio ? rho : 1) + factor * (low ? rho - 1 : -1);
        })
      ),
    },
  };
}

function gvpoCase(seed: number): Json {
  const beta = 0.05 * seed, code = seed % 2 === 0, ref = seed % 3 === 0;
  const groups = [4, 1, 4, 4, 1, 4], responses = responsesOf(seed, [0.5, -1, 2, 0, 3, 0.25 * seed], groups);
  const implicit = responses.map((one) => beta * (sum(one.logp) - sum(ref ? one.ref_logp : one.old_logp)));
  const centred = (values: number[]) =>
    values.map((value, i) => value - mean(values.filter((_, j) => groups[j] === groups[i])));
  const advantages = centred(responses.map(({ rewards }) => rewards));
  const residual = centred(implicit).map((value, i) => value - advantages[i]);
  const divisor = groups.map((group) => code ? groups.filter((other) => other === group).length - 1 : 1);
  return {
    id: `other ${seed}`,
    algorithm: "GVPO",
    variant: `denominator=${ref ? "ref" : "old"}, ${code ? "code_div_n_minus_1" : "paper_sum"}`,
    hyper: { beta },
    inputs: { responses },
    expected: {
      implicit_reward: implicit,
      advantages_centered_reward: advantages,
      residual_c: residual,
      sum_of_weights_per_group: { 1: 0, 4: 0 },
      loss: sum(residual.map((value, i) => value * value / 2 / divisor[i])),
      grad_logp: responses.map(({ logp }, i) => logp.map(() => beta * residual[i] / divisor[i])),
    },
  };
}

function gvpoPairCase(seed: number): Json {
  const beta = 0.3 * seed, [first, second] = responsesOf(seed, [2, 0.5 * seed], [0, 0]);
  const logRatio = (one: Json) => sum(one.logp) - sum(one.ref_logp);
  const delta_logratio = logRatio(first) - logRatio(second);
  const identity_value = (beta * delta_logratio - (2 - 0.5 * seed)) ** 2 / 4;
  return {
    id: `pair ${seed}`,
    algorithm: "GVPO",
    hyper: { beta },
    inputs: { responses: [first, second] },
    expected: { delta_logratio, identity_value, loss: identity_value },
  };
}

function dpoCase(seed: number): Json {
  const variant = ["sigmoid", "robust", "ipo_sum", "ipo_len"][seed % 4];
  const beta = 0.1 + 0.2 * seed, e = variant.startsWith("ipo") ? 0 : 0.05 * (seed % 3);
  const responses = responsesOf(seed, [0, 0, 0, 0, 0], [1, 1, 1, 2, 2]).map(({ rewards: _, ...rest }) => rest);
  // A response in two pairs, one of them the other way round, and one in none.
  const pairs = [[2, 0], [3, 4], [0, 4]];
  const s = (x: number) => 1 / (1 + Math.exp(-x));
  const scale = responses.map(({ logp }) => variant === "ipo_len" ? 1 / logp.length : 1);
  const logRatio = responses.map((one, i) => scale[i] * (sum(one.logp) - sum(one.ref_logp)));
  const delta = pairs.map(([w, l]) => logRatio[w] - logRatio[l]), margin = delta.map((value) => beta * value);
  const loss = (x: number) => {
    const plain = -(1 - e) * Math.log(s(beta * x)), other = -e * Math.log(s(-beta * x));
    if (variant === "sigmoid") return plain + other;
    return variant === "robust" ? (plain - other) / (1 - 2 * e) : (x - 1 / (2 * beta)) ** 2;
  };
  const grad_logp = responses.map(({ logp }) => logp.map(() => 0));
  pairs.forEach(([w, l], p) => {
    const m = margin[p];
    const slope = variant === "sigmoid"
      ? beta * (e * s(m) - (1 - e) * s(-m))
      : variant === "robust"
      ? -beta * (e * s(m) + (1 - e) * s(-m)) / (1 - 2 * e)
      : 2 * (delta[p] - 1 / (2 * beta));
    grad_logp[w] = grad_logp[w].map((value: number) => value + slope * scale[w] / 3);
    grad_logp[l] = grad_logp[l].map((value: number) => value - slope * scale[l] / 3);
  });
  return {
    id: `other ${seed}`,
    algorithm: "DPO",
    variant,
    note: "robust, ipo_sum and ipo_len are other variants",
    hyper: { beta, label_smoothing: e },
    inputs: { responses, pairs },
    expected: { delta, margin, sigma_minus_margin: margin.map((m) => s(-m)), loss: mean(delta.map(loss)), grad_logp },
  };
}

const seeds = Array.from({ length: 12 }, (_, i) => i + 1);

for (
  const [name, make] of Object.entries({
    DisCO: discoCase,
    GVPO: gvpoCase,
    "GVPO on pairs": gvpoPairCase,
    DPO: dpoCase,
  })
) {
  Deno.test(`${name}: other numbers give what the formula says`, () => {
    const cases = seeds.map(make);
    for (const { id, status, reason } of check(cases)) assert.equal(status, "passed", `${id}: ${reason}`);
  });

  Deno.test(`${name}: a wrong expectation fails, whatever it is`, () => {
    for (const key of Object.keys(make(7).expected)) {
      const one = make(7), text = JSON.stringify(one.expected[key]);
      one.expected[key] = typeof one.expected[key] === "boolean"
        ? !one.expected[key]
        : JSON.parse(text.replace(/-?\d+\.\d+(e-?\d+)?|(?<=:)0(?=[,}])/, (number) => `${Number(number) + 1e-6}`));
      assert.equal(check([one])[0].status, "failed", key);
    }
  });
}

Deno.test("the DisCO cases made here have the constraint on and off, in both forms", () => {
  const seen = new Set(seeds.map(discoCase).map((one) => `${one.variant.slice(-5)} ${one.expected.kl_active}`));
  assert.deepEqual([...seen].sort(), ["=code false", "=code true", "paper false", "paper true"]);
});

Deno.test("an estimator that nobody has and a DPO case without pairs are unsupported, not failed", () => {
  const [disco, dpo] = [discoCase(1), dpoCase(1)];
  disco.hyper.kl_type = "mse";
  delete dpo.inputs.pairs;
  assert.deepEqual(check([disco, dpo]).map(({ status }) => status), ["unsupported", "unsupported"]);
});

Deno.test("DPO: label smoothing has no part in IPO", () => {
  const file = JSON.parse(Deno.readTextFileSync(new URL("../../fixtures/golden/b.json", import.meta.url)));
  const cases = file.cases.filter(({ variant }: { variant: string }) => variant.startsWith("ipo"));
  for (const one of cases) one.hyper.label_smoothing = 0.1;
  assert.ok(cases.length > 0);
  for (const { status, reason } of checkGolden(JSON.stringify({ cases })).cases) assert.equal(status, "passed", reason);
});
