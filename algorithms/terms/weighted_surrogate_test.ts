import assert from "node:assert/strict";
import { weightedSurrogate } from "./weighted_surrogate.ts";

const token = { logProb: -2, oldLogProb: -3, ratio: Math.E, advantage: 3, response: 0, position: 0 };

Deno.test("weightedSurrogate() holds its weight: the slope is that of weight times log-prob", () => {
  const surrogate = weightedSurrogate(({ ratio }) => ({ weight: Math.min(ratio, 2), clipped: ratio > 2 }));
  assert.deepEqual(surrogate(token), { loss: 12, slope: -6, clipped: true });
  assert.deepEqual(surrogate({ ...token, ratio: 0.5 }), { loss: 3, slope: -1.5, clipped: false });
});

Deno.test("weightedSurrogate() gives exactly 0 for an advantage or a weight of 0, whatever the ratio", () => {
  const ratio = weightedSurrogate(({ ratio }) => ({ weight: ratio, clipped: false }));
  assert.deepEqual(ratio({ ...token, ratio: Infinity, advantage: 0 }), { loss: 0, slope: 0, clipped: false });
  const off = weightedSurrogate(() => ({ weight: 0, clipped: true }));
  assert.equal(off(token).slope, 0);
});
