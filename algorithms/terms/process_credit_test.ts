import assert from "node:assert/strict";
import type { Response } from "../algorithm.ts";
import { processCredit } from "./process_credit.ts";

const response = (group: number, length: number, steps: [end: number, reward: number][], total: number | null = 1) => ({
  group,
  tokens: new Uint8Array(length),
  rewards: { total },
  truncated: false,
  logProbs: new Float64Array(length),
  oldLogProbs: new Float64Array(length),
  steps: steps.map(([end, reward]) => ({ end, reward })),
} satisfies Response);

const options = { scale: "group", ddof: 0, stdEpsilon: 0 } as const;
const rows = (batch: Response[], choice: Parameters<typeof processCredit>[1] = options) =>
  processCredit(batch, choice).advantages.map((row) => [...row]);

Deno.test("a token has the sum of the normalised rewards of the steps that end at or after it", () => {
  // The step rewards 3, 1 and 2 have mean 2; order within a response does not matter.
  const batch = [response(0, 3, [[1, 3], [0, 1]]), response(0, 2, [[1, 2]])];
  assert.deepEqual(rows(batch, { ...options, scale: "none" }), [[0, 1, 0], [0, 0]]);
  const std = Math.sqrt(2 / 3), { advantages, trace, metrics } = processCredit(batch, options);
  assert.deepEqual([...advantages[0]], [0, 1 / std, 0]);
  assert.deepEqual((trace!.stepAdvantages as Float64Array[]).map((row) => [...row]), [[1 / std, -1 / std], [0]]);
  assert.deepEqual([...trace!.rewards as Float64Array], [4, 2]);
  assert.equal(metrics.groupsWithoutSignal, 0);
});

Deno.test("all step rewards of a group are pooled, and groups are kept apart", () => {
  const batch = [
    response(0, 1, [[0, 0]]),
    response(1, 1, [[0, 8]]),
    response(0, 2, [[0, 3], [1, 3]]),
    response(1, 1, [[0, 8]]),
  ];
  assert.deepEqual(rows(batch, { ...options, scale: "none" }), [[-2], [0], [2, 1], [0]]);
  assert.equal(processCredit(batch, options).metrics.groupsWithoutSignal, 0.5);
});

Deno.test("responses without steps or without any reward stay out", () => {
  const batch = [
    response(0, 1, [[0, 1]]),
    response(0, 1, []),
    response(0, 1, [[0, 99]], null),
    response(0, 1, [[0, 3]]),
  ];
  assert.deepEqual(rows(batch), [[-1], [0], [0], [1]]);
  assert.deepEqual(rows([]), []);
  const { steps: _, ...without } = response(0, 2, []);
  assert.deepEqual(rows([without]), [[0, 0]]);
});

Deno.test("a step that ends outside its response is refused", () => {
  for (const [end, reward] of [[2, 1], [-1, 1], [0.5, 1], [0, NaN]]) {
    assert.throws(
      () => rows([response(0, 2, [[end, reward]])]),
      /Response 0 of 2 tokens has a step with end .* use the/,
    );
  }
});
