import assert from "node:assert/strict";
import { clippedSurrogate, reinforceSurrogate } from "./surrogates.ts";

const token = (ratio: number, advantage: number) => ({
  ratio,
  advantage,
  logProb: -2,
  oldLogProb: -2,
  response: 0,
  position: 0,
});
const clip = { epsilonLow: 0.2, epsilonHigh: 0.3 };

Deno.test("reinforceSurrogate() is minus the advantage times the log-prob", () => {
  assert.deepEqual(reinforceSurrogate(token(9, 3)), { loss: 6, slope: -3, clipped: false });
});

Deno.test("clippedSurrogate() clips above for positive and below for negative advantages only", () => {
  const surrogate = clippedSurrogate(clip);
  assert.deepEqual(surrogate(token(1.5, 1)), { loss: -1.3, slope: 0, clipped: true });
  assert.deepEqual(surrogate(token(0.5, 1)), { loss: -0.5, slope: -0.5, clipped: false });
  assert.deepEqual(surrogate(token(0.5, -1)), { loss: 0.8, slope: 0, clipped: true });
  assert.deepEqual(surrogate(token(1.5, -1)), { loss: 1.5, slope: 1.5, clipped: false });
});

Deno.test("dualClip and delta bound the loss of negative advantages", () => {
  assert.deepEqual(clippedSurrogate({ ...clip, dualClip: 3 })(token(4, -1)), { loss: 3, slope: 0, clipped: true });
  assert.deepEqual(clippedSurrogate({ ...clip, delta: 2 })(token(4, -1)), { loss: 2, slope: 0, clipped: true });
  assert.deepEqual(clippedSurrogate({ ...clip, delta: 2 })(token(4, 1)), { loss: -1.3, slope: 0, clipped: true });
});

Deno.test("with delta inside the band, a bad token keeps its slope up to the end of the band", () => {
  const surrogate = clippedSurrogate({ ...clip, delta: 1.1 });
  assert.deepEqual(surrogate(token(1.2, -1)), { loss: 1.2, slope: 1.2, clipped: false });
  assert.deepEqual(surrogate(token(1.5, -1)), { loss: 1.3, slope: 0, clipped: true });
  assert.deepEqual(surrogate(token(1.2, 1)), { loss: -1.1, slope: 0, clipped: true });
});

Deno.test("an advantage of 0 gives 0 whatever the ratio", () => {
  assert.deepEqual(clippedSurrogate(clip)(token(Infinity, 0)), { loss: 0, slope: 0, clipped: false });
});
