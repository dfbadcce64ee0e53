/** The published cases with other numbers, against formulas written out here. */

import assert from "node:assert/strict";
import { checkGolden } from "./conformance.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const golden: Json[] = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/golden/b.json", import.meta.url)),
).cases.filter((one: Json) => one.algorithm === "HICRA");

const check = (cases: Json[]) => checkGolden(JSON.stringify({ cases })).cases;

Deno.test("every published HICRA case passes, computed by hicra", () => {
  const outcomes = check(golden);
  assert.equal(outcomes.length, 5);
  for (const { id, status, reason, by } of outcomes) {
    assert.deepEqual([status, by], ["passed", "hicra"], `${id} ${reason}`);
  }
});

/** Loss and gradient of PPO's clipped surrogate over all tokens, straight from the formula. */
function clipped(responses: Json[], advantages: number[][], low: number, high: number) {
  const tokens = responses.reduce((sum, { logp }) => sum + logp.length, 0);
  let loss = 0;
  const killed: number[][] = [];
  const gradient = responses.map(({ logp, old_logp }, i) => {
    killed.push([]);
    return logp.map((value: number, t: number) => {
      const ratio = Math.exp(value - old_logp[t]), a = advantages[i][t];
      const dead = a > 0 ? ratio > 1 + high : a < 0 && ratio < 1 - low;
      killed[i].push(dead ? 1 : 0);
      loss -= a * (dead ? (a > 0 ? 1 + high : 1 - low) : ratio) / tokens;
      return dead ? 0 : -a * ratio / tokens;
    });
  });
  return { loss, gradient, killed };
}

/** A case like a published one, with other rewards, log-probs, masks, prompts and hyper-parameters. */
function changed(id: number): Json {
  const hyper = { alpha: 0.35, eps_low: 0.15, eps_high: 0.3, agg: "token-mean", std_eps: 1e-3 };
  const responses = [3, 1, 4, 2, 5, 2].map((length, i) => {
    const noise = (k: number) => Math.sin(97 * id + 13 * i + k);
    const old_logp = Array.from({ length }, (_, t) => -1.3 + noise(t));
    return {
      group: [8, 3, 8, 3, 8, 8][i],
      logp: old_logp.map((value, t) => value + 0.4 * noise(31 * t + 5)),
      old_logp,
      rewards: [0.5, 1, -0.25, 2, 1.5, 0][i] * (1 + id),
      planning_mask: old_logp.map((_, t) => noise(7 * t + 2) > 0 ? 1 : 0),
    };
  });
  const outcome = responses.map(({ group, rewards }) => {
    const members = responses.filter((other) => other.group === group).map((other) => other.rewards);
    const mean = members.reduce((sum, value) => sum + value, 0) / members.length;
    const variance = members.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (members.length - 1);
    return (rewards - mean) / (id % 2 ? Math.sqrt(variance) + hyper.std_eps : 1);
  });
  const flat = responses.map(({ logp }, i) => logp.map(() => outcome[i]));
  const amplified = responses.map(({ planning_mask }, i) =>
    planning_mask.map((plans) => outcome[i] + (plans ? hyper.alpha * Math.abs(outcome[i]) : 0))
  );
  const { loss, gradient, killed } = clipped(responses, amplified, hyper.eps_low, hyper.eps_high);
  return {
    id: `other ${id}`,
    algorithm: "HICRA",
    hyper,
    inputs: { responses },
    expected: {
      advantages: outcome,
      token_advantages: amplified,
      clipped_tokens: killed,
      loss,
      grad_logp: gradient,
      grpo_loss_without_amplification: clipped(responses, flat, hyper.eps_low, hyper.eps_high).loss,
    },
  };
}

Deno.test("other rewards, log-probs, masks and hyper-parameters give what the formula says", () => {
  const cases = [0, 1, 2, 3].map(changed);
  assert.ok(cases.some(({ expected }) => expected.clipped_tokens.flat().includes(1)));
  for (const { id, status, reason } of check(cases)) assert.equal(status, "passed", `${id}: ${reason}`);
});

Deno.test("a wrong expectation fails, whatever it is", () => {
  for (const name of Object.keys(changed(1).expected)) {
    const one = changed(1), flat = JSON.stringify(one.expected[name]);
    one.expected[name] = JSON.parse(
      flat.replace(/-?\d+(\.\d+)?(e-?\d+)?/, (number: string) => `${Number(number) + 1e-6}`),
    );
    assert.equal(check([one])[0].status, "failed", name);
  }
});

Deno.test("other texts and counts give what the definitions say", () => {
  const stats = structuredClone(golden.find(({ inputs }) => inputs.docs));
  stats.inputs = {
    docs: ["Let us see. It is 4.", "so it is", "so it is", "nothing here"],
    clusters: { seeing: ["let us see", "see it"], being: ["it is"], none: ["it was"] },
    sg_counts: { a: 1, b: 7, c: 0 },
    following_counts: { a: { x: 1, y: 3 }, b: { x: 6 } },
  };
  const h = (...p: number[]) => -p.reduce((sum, value) => sum + value * Math.log(value), 0);
  stats.expected = {
    cluster_document_frequency: { seeing: 1 / 3, being: 2 / 3, none: 0 },
    semantic_entropy_nats: h(1 / 8, 7 / 8),
    semantic_entropy_bits: h(1 / 8, 7 / 8) / Math.log(2),
    conditional_entropy_nats: 0.4 * h(1 / 4, 3 / 4),
  };
  const [{ status, reason }] = check([stats]);
  assert.equal(status, "passed", reason);
});
