import { adamwReference, adamwScalarNames, adamwScalars, type AdamWStep, lowerAdamw } from "./adamw.ts";
import { close, random, runOnce } from "./checking_test.ts";
import { Graph } from "../cpu/onnx.ts";
import { floats } from "../cpu/session.ts";
import { strictEqual } from "node:assert/strict";

const STEP: AdamWStep = { clip: 0.5, learningRate: 0.01, betas: [0.9, 0.99], epsilon: 1e-8, weightDecay: 0.1, step: 1 };
const N = 40, gradients = [0, 1, 2].map((step) => random(`gradient ${step}`, [N], 3).data);
const mask = Float64Array.from({ length: N }, (_, i) => i % 3 ? 1 : 0);

function fresh() {
  return { weights: random("weights", [N]).data, m: new Float64Array(N), v: new Float64Array(N) };
}

Deno.test("adamw: the reference is PyTorch's formula, element by element", () => {
  const state = fresh(), { weights } = fresh(), [b1, b2] = STEP.betas;
  gradients.forEach((gradient, t) => adamwReference(state, gradient, mask, { ...STEP, step: t + 1 }));
  weights.forEach((start, i) => {
    let w = start, m = 0, v = 0;
    gradients.forEach((gradient, t) => {
      const g = STEP.clip * gradient[i];
      w *= 1 - STEP.learningRate * STEP.weightDecay * mask[i];
      m += (g - m) * (1 - b1);
      v = b2 * v + (1 - b2) * g * g;
      const unbiasedM = m / (1 - b1 ** (t + 1)), unbiasedV = v / (1 - b2 ** (t + 1));
      w -= STEP.learningRate * unbiasedM / (Math.sqrt(unbiasedV) + STEP.epsilon);
    });
    close([state.weights[i], state.m[i], state.v[i]], [w, m, v], 1e-14);
  });
});

Deno.test("adamw: the first step moves every weight by the learning rate against its gradient's sign", () => {
  const state = fresh(), { weights } = fresh();
  adamwReference(state, gradients[0], mask, { ...STEP, weightDecay: 0 });
  close(state.weights, weights.map((w, i) => w - STEP.learningRate * Math.sign(gradients[0][i])), 1e-6);
});

Deno.test("adamw: learning rate 0 changes no weight, also with weight decay", () => {
  const state = fresh();
  adamwReference(state, gradients[0], mask, { ...STEP, learningRate: 0 });
  close(state.weights, fresh().weights, 0);
});

Deno.test("adamw: the lowering follows the reference over several steps", async () => {
  const graph = new Graph();
  lowerAdamw(graph);
  const expected = fresh();
  let state: Float32Array[] = [expected.weights, expected.m, expected.v].map((data) => Float32Array.from(data));
  for (const [t, gradient] of gradients.entries()) {
    const step = { ...STEP, step: t + 1 }, scalars = adamwScalars(step);
    strictEqual(scalars.length, adamwScalarNames.length);
    const vectors = { weights: state[0], m: state[1], v: state[2], gradient, mask };
    const { next_weights, next_m, next_v } = await runOnce(
      graph,
      Object.fromEntries([
        ...Object.entries(vectors).map(([name, data]) => [name, floats(Float32Array.from(data), [N])]),
        ...adamwScalarNames.map((name, i) => [name, floats(Float32Array.of(scalars[i]), [1])]),
      ]),
    );
    state = [next_weights, next_m, next_v];
    adamwReference(expected, gradient, mask, step);
    [expected.weights, expected.m, expected.v].forEach((data, i) =>
      close(state[i], data, 3e-7, `step ${t}, vector ${i}`)
    );
  }
});
