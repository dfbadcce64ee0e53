/**
 * AdamW with decoupled weight decay (Loshchilov & Hutter, arXiv 1711.05101), as PyTorch computes it:
 *
 *     w ← w (1 - η λ mask),  m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²
 *     w ← w - η / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
 *
 * `g` is the accumulated gradient times the clipping factor. Element-wise over the flat vector of all parameters.
 *
 * @module
 */
import type { Graph } from "../cpu/onnx.ts";
import type { Matrix, Plan } from "../webgpu/plan.ts";

/** The numbers of one step, all known before it runs. */
export interface AdamWStep {
  /** Factor of the gradient: min(1, maxNorm / norm). */
  clip: number;
  learningRate: number;
  betas: readonly [number, number];
  epsilon: number;
  weightDecay: number;
  /** Number of this step, from 1. */
  step: number;
}

/** The scalars that the element-wise part needs, in the order of {@linkcode adamwScalarNames}. */
export function adamwScalars({ clip, learningRate, betas: [b1, b2], epsilon, weightDecay, step }: AdamWStep): number[] {
  return [
    clip,
    learningRate * weightDecay,
    b1,
    1 - b1,
    b2,
    1 - b2,
    learningRate / (1 - b1 ** step),
    1 / Math.sqrt(1 - b2 ** step),
    epsilon,
  ];
}

/** Names of the scalar inputs of the lowered graph. */
export const adamwScalarNames = ["clip", "decay", "b1", "c1", "b2", "c2", "rate", "correction", "epsilon"] as const;

/** Float64 reference: updates `weights`, `m` and `v` in place. `mask` is 1 where weight decay applies. */
export function adamwReference(
  state: { weights: Float64Array; m: Float64Array; v: Float64Array },
  gradient: Float64Array,
  mask: ArrayLike<number>,
  step: AdamWStep,
): void {
  const [clip, decay, b1, c1, b2, c2, rate, correction, epsilon] = adamwScalars(step);
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i] * clip;
    state.m[i] = b1 * state.m[i] + c1 * g;
    state.v[i] = b2 * state.v[i] + c2 * g * g;
    state.weights[i] -= decay * mask[i] * state.weights[i];
    state.weights[i] -= rate * state.m[i] / (Math.sqrt(state.v[i]) * correction + epsilon);
  }
}

/** The step as an ONNX graph: vectors `weights`, `m`, `v`, `gradient`, `mask` and the scalars in; the new ones out. */
export function lowerAdamw(graph: Graph): void {
  const [weights, m, v, gradient, mask] = ["weights", "m", "v", "gradient", "mask"].map((n) => graph.input(n, 1));
  const scalars = adamwScalarNames.map((name) => graph.input(name, 1));
  const [clip, decay, b1, c1, b2, c2, rate, correction, epsilon] = scalars;
  const mul = (a: string, b: string) => graph.node("Mul", [a, b]);
  const add = (a: string, b: string) => graph.node("Add", [a, b]);
  const sub = (a: string, b: string) => graph.node("Sub", [a, b]);
  const g = mul(gradient, clip);
  const nextM = add(mul(m, b1), mul(g, c1));
  const nextV = add(mul(v, b2), mul(mul(g, g), c2));
  const decayed = sub(weights, mul(weights, mul(mask, decay)));
  const denominator = add(mul(graph.node("Sqrt", [nextV]), correction), epsilon);
  const next = sub(decayed, mul(graph.node("Div", [nextM, denominator]), rate));
  graph.output(next, "next_weights", 1);
  graph.output(nextM, "next_m", 1);
  graph.output(nextV, "next_v", 1);
}

/**
 * The step on the GPU, in place, for vectors [1, n] that all decay or all do not. `scalars` are those of
 * {@linkcode adamwScalars} but for the first, the clipping factor: that is read from the `norm` of `planGlobalNorm`,
 * and where it is negative nothing is updated.
 */
export function planAdamw(
  plan: Plan,
  { weights, m, v, gradient }: Record<"weights" | "m" | "v" | "gradient", Matrix>,
  { norm, scalars, decays }: { norm: Matrix; scalars: Matrix; decays: boolean },
): void {
  plan.elementwise("adamw", {
    read: { gradient, norm, scalars },
    write: { weights, m, v },
    body: `
      if (norm[1] < 0.0) { return; }
      let g = gradient[i] * norm[1];
      let nextM = m[i] * scalars[2] + g * scalars[3];
      let nextV = v[i] * scalars[4] + (g * g) * scalars[5];
      let decayed = weights[i]${decays ? " - weights[i] * scalars[1]" : ""};
      weights[i] = decayed - nextM / (sqrt(nextV) * scalars[7] + scalars[8]) * scalars[6];
      m[i] = nextM;
      v[i] = nextV;`,
  });
}
