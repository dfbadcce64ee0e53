import { strict as assert } from "node:assert";
import type { EvaluationLine, StepLine } from "../run_cell.ts";
import { moneyOf } from "./money.ts";

const step = (cost: Partial<StepLine["cost"]>) =>
  ({ cost: { responses: 0, tokensGenerated: 0, tokensTrained: 0, ...cost } }) as StepLine;
const evaluation = (digest: string, tokensRead: number, tokensGenerated: number) =>
  ({ digest, cost: { responses: 9, tokensGenerated, tokensRead } }) as EvaluationLine;
const nothing = { steps: [], evaluations: [], timing: [] };
const policyPrices = { input: 2, output: 10 }, reflectorPrices = { input: 1, output: 5 };

const steps = [
  step({ responses: 10, tokensRead: 1000, tokensGenerated: 200, reflectorCalls: 0 }),
  step({ reflectorCalls: 3, reflectorTokensRead: 400, reflectorTokensWritten: 50 }),
];

Deno.test("policy and reflector have prices of their own, and the sum is what it cost to learn", () => {
  assert.deepEqual(moneyOf({ ...nothing, steps, policyPrices, reflectorPrices }), {
    policyMoney: 0.004,
    reflectorMoney: 0.00065,
    money: 0.00465,
    evaluationMoney: 0,
  });
});

Deno.test("an evaluation after which the prompt stayed as it was asks nothing new", () => {
  const evaluations = [evaluation("a", 100, 10), evaluation("a", 100, 10), evaluation("b", 100, 20)];
  assert.equal(moneyOf({ ...nothing, evaluations, policyPrices }).evaluationMoney, (2 * 200 + 10 * 30) / 1e6);
});

Deno.test("what has no price makes no sum, and what is not known is no number", () => {
  assert.deepEqual(moneyOf({ ...nothing, steps }), {});
  assert.deepEqual(moneyOf({ ...nothing, steps, reflectorPrices }), { reflectorMoney: 0.00065, money: null });
  const { policyMoney, money } = moneyOf({ ...nothing, steps, policyPrices });
  assert.deepEqual([policyMoney, money], [0.004, null]);
  // A record that is older than the column.
  const older = [step({ responses: 10, tokensGenerated: 200 })];
  assert.equal(moneyOf({ ...nothing, steps: older, policyPrices }).policyMoney, null);
});
