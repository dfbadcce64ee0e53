import assert from "node:assert/strict";
import { amplifyPlanning } from "./planning_credit.ts";

const response = (planning: number[] | undefined, length: number, mask?: number[]) => ({
  group: 0,
  tokens: new Uint32Array(length),
  rewards: {},
  truncated: false,
  logProbs: new Float64Array(length),
  oldLogProbs: new Float64Array(length),
  ...planning && { planning },
  ...mask && { mask },
});
const credit = (...rows: number[][]) => ({
  advantages: rows.map((row) => Float64Array.from(row)),
  metrics: { advantageStd: 1 },
  state: { kept: true },
});

Deno.test("amplifyPlanning() adds to the credit and takes from the blame of planning tokens", () => {
  const batch = [response([1, 0], 2), response([0, 1], 2)];
  const { advantages, metrics, trace, state } = amplifyPlanning(batch, credit([2, 2], [-1, -1]), 0.25);
  assert.deepEqual(advantages.map((row) => [...row]), [[2.5, 2], [-1, -0.75]]);
  assert.deepEqual(metrics, { advantageStd: 1, planningShare: 0.5, advantageDrift: 0.75 / 4 });
  assert.deepEqual([...trace!.outcomeAdvantages as Float64Array], [2, -1]);
  assert.deepEqual(state, { kept: true });
});

Deno.test("amplifyPlanning() leaves tokens of the environment and advantages of 0 alone", () => {
  const batch = [response([1, 1], 2, [0, 1]), response([1], 1), response([], 0)];
  const { advantages, metrics } = amplifyPlanning(batch, credit([1, 1], [0], []), 1);
  assert.deepEqual(advantages.map((row) => [...row]), [[1, 2], [0], []]);
  assert.deepEqual([metrics.planningShare, metrics.advantageDrift], [1, 0.5]);
  assert.deepEqual(amplifyPlanning([], credit(), 1).metrics.planningShare, 0);
});

Deno.test("amplifyPlanning() needs a mask only if it has something to add", () => {
  assert.deepEqual([...amplifyPlanning([response(undefined, 1)], credit([1]), 0).advantages[0]], [1]);
  assert.throws(
    () => amplifyPlanning([response(undefined, 1)], credit([1]), 0.2),
    /^TypeError: Response 0 has no planning mask; it is needed because alpha is 0.2$/,
  );
});
