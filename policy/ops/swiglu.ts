/**
 * SwiGLU (Shazeer, arXiv 2002.05202): `y = silu(gate) ∘ up`, `silu(x) = x · sigmoid(x)`.
 *
 * @module
 */
import { type Op, zeros } from "./op.ts";

/** Inputs: gate [N, F], up [N, F]. Output [N, F]. */
export const swiglu: Op<Record<string, never>> = {
  name: "swiglu",
  shape: ([gate]) => gate,
  forward([gate, up]) {
    return { shape: gate.shape, data: gate.data.map((g, i) => g * sigmoid(g) * up.data[i]) };
  },
  backward([gate, up], _output, gradient) {
    const dgate = zeros(gate.shape), dup = zeros(up.shape);
    gate.data.forEach((g, i) => {
      const s = sigmoid(g);
      dgate.data[i] = gradient.data[i] * up.data[i] * s * (1 + g * (1 - s));
      dup.data[i] = gradient.data[i] * g * s;
    });
    return [dgate, dup];
  },
  lower(graph, [gate, up]) {
    const silu = graph.node("QuickGelu@ms", [gate], { alpha: { float: 1 } });
    return { output: graph.node("Mul", [silu, up]), saved: [silu] };
  },
  lowerBackward(graph, { inputs: [gate, up], saved: [silu] }, gradient) {
    // silu' = s (1 + g - silu): one pass fewer than s (1 + g (1 - s)).
    const s = graph.node("Sigmoid", [gate]);
    const slope = graph.node("Mul", [s, graph.node("Add", [graph.node("Sub", [gate, silu]), graph.constant([1])])]);
    const dgate = graph.node("Mul", [graph.node("Mul", [gradient, up]), slope]);
    return [dgate, graph.node("Mul", [gradient, silu])];
  },
  wgsl(plan, [gate, up]) {
    const y = plan.like(gate);
    plan.elementwise("swiglu", {
      read: { gate, up },
      write: { y },
      body: "y[i] = gate[i] / (1.0 + exponential(-gate[i])) * up[i];",
    });
    return { output: y };
  },
  wgslBackward(plan, { inputs: [gate, up] }, gradient, targets) {
    const dgate = targets.of(0), dup = targets.of(1);
    plan.elementwise("swiglu backward", {
      read: { gate, up, gradient },
      write: { ...dgate && { dgate: dgate.matrix }, ...dup && { dup: dup.matrix } },
      body: `
        let g = gate[i];
        let s = 1.0 / (1.0 + exponential(-g));
        ${dgate ? `dgate[i] ${dgate.store} gradient[i] * up[i] * s * (1.0 + g * (1.0 - s));` : ""}
        ${dup ? `dup[i] ${dup.store} gradient[i] * g * s;` : ""}`,
    });
  },
};

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
