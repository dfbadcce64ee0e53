import { strict as assert } from "node:assert";
import fc from "fast-check";
import { findAlgorithm } from "../algorithms/mod.ts";
import type { Policy } from "../policy/policy.ts";
import { requireConserved } from "./gates.ts";
import { runCell } from "./run_cell.ts";
import { passAtK } from "./statistics/pass_at_k.ts";
import { mean } from "./statistics/describe.ts";
import { trainStep } from "./step.ts";
import { digitCell, digitStep, digitSuite } from "./testing/digit_task.ts";
import { openTablePolicy } from "./testing/table_policy.ts";
import { inTemporary } from "./testing/temporary.ts";

const grpo = findAlgorithm("grpo").create({ beta: 0 });

/** The policy with one method replaced. */
function altered(policy: Policy, change: (policy: Policy) => Partial<Policy>): Policy {
  const changed = change(policy);
  return new Proxy(policy, {
    get: (target, name) => {
      const value = Reflect.get(changed, name) ?? Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("a gradient pass that scores otherwise than the scoring pass fails the gate on the ratio", async () => {
  const policy = altered(await openTablePolicy(), (policy) => ({
    accumulate: async (...args: Parameters<Policy["accumulate"]>) => {
      const scores = await policy.accumulate(...args);
      return scores.map((score) => score && { ...score, logProbs: score.logProbs.map((value) => value - 1e-6) });
    },
  }));
  const parts = await digitStep(grpo, { policy }, { minibatches: 2 });
  await assert.rejects(trainStep(parts, 0, undefined), { name: "GateFailure", gate: "ratio", step: 1 });
  const gates = { ...parts.gates, ratio: 1e-5 };
  const { record } = await trainStep({ ...parts, policy, gates }, 0, undefined);
  assert.ok(record.ratioDifference! > 5e-7 && record.ratioDifference! < 2e-6, `${record.ratioDifference}`);
  const honest = await trainStep(await digitStep(grpo, {}, { minibatches: 2 }), 0, undefined);
  assert.equal(honest.record.ratioDifference, 0);
});

Deno.test("at a learning rate of 0 nothing may move: evaluations stay as they were, or the run is stopped", () =>
  inTemporary(async (directory) => {
    const suite = digitSuite((suite) => suite.training.learningRate = 0);
    const { cell, parts } = await digitCell(grpo, suite);
    await runCell(cell, parts, { directory: `${directory}/honest` });
    const openPolicy = async () =>
      altered(await openTablePolicy(), (policy) => ({
        // An optimizer that ignores the learning rate.
        step: (options) => policy.step({ ...options, learningRate: 0.1 }),
      }));
    await assert.rejects(
      runCell(cell, { ...parts, openPolicy }, { directory: `${directory}/moved` }),
      { name: "GateFailure", gate: "learningRateZero", step: 5 },
    );
    const failure = JSON.parse(await Deno.readTextFile(`${directory}/moved/failure.json`));
    assert.match(failure.message, /the learning rate is 0 and the responses of the evaluation are not those before/);
  }));

Deno.test("the KL divergence from the policy before training is 0 before it, and exactly 0 while nothing moves", () =>
  inTemporary(async (directory) => {
    for (const [learningRate, moves] of [[0, false], [0.1, true]] as const) {
      const suite = digitSuite((suite) => suite.training.learningRate = learningRate);
      const { cell, parts } = await digitCell(grpo, suite);
      const kls: number[] = [];
      await runCell(cell, parts, {
        directory: `${directory}/${learningRate}`,
        onLine: (line) => "kl" in line && kls.push(line.kl),
      });
      assert.equal(kls[0], 0);
      assert.ok(kls.slice(1).every((kl) => moves ? kl > 0.001 : kl === 0), kls.join());
    }
  }));

/** Estimators of an evaluation with so many right responses to each problem. */
function estimators(right: readonly number[], samples: number) {
  const pass = Object.fromEntries([1, 2, samples].map((k) => [k, mean(right.map((n) => passAtK(samples, n, k)))!]));
  return { pass, average: mean(right)! / samples };
}

Deno.test("honest estimators keep their conservation laws, whatever was right", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 300 }), (right) => {
    const { pass, average } = estimators(right, 8);
    requireConserved(0, average, pass, right, 8);
  }));
});

Deno.test("estimators that contradict each other fail the gate on conservation, which says how", () => {
  const right = [3, 0, 8], { pass, average } = estimators(right, 8);
  const check = (change: Record<string, number>) => () =>
    requireConserved(4, average, { ...pass, ...change }, right, 8);
  assert.throws(check({ 1: pass[1] + 1e-9 }), {
    gate: "conservation",
    message: /^pass@1 is .* share of right responses/,
  });
  assert.throws(check({ 8: 1 }), { gate: "conservation", message: /^pass@8 is 1 .* share of problems/ });
  assert.throws(check({ 2: 0.1 }), { gate: "conservation", message: /^pass@2 is 0\.1, less than pass@1 with/ });
});
