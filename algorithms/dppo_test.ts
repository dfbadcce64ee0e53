import assert from "node:assert/strict";
import type { Row } from "./algorithm.ts";
import { dppo } from "./mod.ts";

const loss = (options: object, p: number, old: number, advantage: number) =>
  dppo.create(options).loss([{
    ...{ group: 0, tokens: [5], rewards: {}, truncated: false, advantages: Float64Array.of(advantage) },
    ...{ logProbs: Float64Array.of(Math.log(p)), oldLogProbs: Float64Array.of(Math.log(old)) },
  }]);
const kept = (options: object, p: number, old: number, advantage: number) =>
  loss(options, p, old, advantage).gradient[0][0] !== 0;

Deno.test("a token is dropped only if it is far and would move further away", () => {
  assert.deepEqual([kept({}, 0.7, 0.5, 1), kept({}, 0.7, 0.5, -1)], [false, true]);
  assert.deepEqual([kept({}, 0.3, 0.5, -1), kept({}, 0.3, 0.5, 1)], [false, true]);
  assert.deepEqual([kept({}, 0.6, 0.5, 1), kept({}, 0.4, 0.5, -1)], [true, true]);
});

Deno.test("the threshold that is not set is that of the divergence, and each side has its own", () => {
  // Total variation 0.12; KL 0.029 from 0.5 to 0.62 and 0.12 from 0.03 to 0.15 backwards.
  assert.ok(kept({}, 0.62, 0.5, 1) && kept({ divergence: "kl" }, 0.62, 0.5, 1));
  assert.ok(kept({}, 0.03, 0.15, -1) && !kept({ divergence: "kl" }, 0.03, 0.15, -1));
  assert.ok(!kept({ thresholdHigh: 0.1 }, 0.62, 0.5, 1) && kept({ thresholdLow: 0.1 }, 0.62, 0.5, 1));
});

Deno.test("the held ratio is cut, and an advantage of 0 is neither dropped nor counted as clipped", () => {
  assert.ok(Math.abs(loss({}, 0.1, 0.001, 1).gradient[0][0] + 20) < 1e-12);
  const { gradient, metrics, trace } = loss({}, 0.3, 0.5, 0);
  assert.deepEqual([gradient[0][0], metrics.clipFraction, (trace.valid as Row[])[0][0]], [0, 0, 0]);
});
