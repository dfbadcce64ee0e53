/**
 * Rotary position embedding (Su et al., arXiv 2104.09864) in the "rotate half" layout of Qwen2 and Llama: within each
 * head, component `c` turns with component `c + headSize / 2` by `position · theta^(-2c / headSize)`.
 *
 * The backward is the same rotation by the negative angle.
 *
 * @module
 */
import type { ModelConfig, RopeScaling } from "../model/config.ts";
import type { Matrix, Plan } from "../webgpu/plan.ts";
import { type Op, type Target, type Tensor, zeros } from "./op.ts";

/** Inputs: x [N, heads · headSize], positions [N] (ids), cosine and sine tables [maxPositions, headSize / 2]. */
export const rope: Op<{ heads: number }> = {
  name: "rope",
  shape: ([x]) => x,
  forward: ([x, positions, cosine, sine], { heads }) => rotate(x, positions, cosine, sine, heads, 1),
  backward: ([, positions, cosine, sine], _output, gradient, { heads }) => [
    rotate(gradient, positions, cosine, sine, heads, -1),
    null,
    null,
    null,
  ],
  lower: (graph, inputs, { heads }) => ({ output: lowerRotation(graph, inputs, heads) }),
  lowerBackward(graph, { inputs: [, positions, cosine, sine] }, gradient, { heads }) {
    const back = graph.node("Neg", [sine]);
    return [lowerRotation(graph, [gradient, positions, cosine, back], heads), null, null, null];
  },
  wgsl(plan, inputs, { heads }) {
    const output = plan.like(inputs[0]);
    planRotation(plan, inputs, heads, "sine[angle]", { matrix: output, store: "=" });
    return { output };
  },
  wgslBackward(plan, { inputs: [, ...rest] }, gradient, targets, { heads }) {
    planRotation(plan, [gradient, ...rest], heads, "-sine[angle]", targets.of(0)!);
  },
};

/** Cosine and sine of every position's angles: two tables [maxPositions, headSize / 2]. */
interface RotationTables {
  cosine: Float32Array;
  sine: Float32Array;
}

/** The tables that were made last: networks of one shape, as a policy and its critic, ask for the same. */
let last: { key: string; tables: WeakRef<RotationTables> } | undefined;

/** The tables of a model, which nobody changes. */
export function rotationTables(
  maxPositions: number,
  shape: Pick<ModelConfig, "headSize" | "ropeTheta" | "ropeScaling">,
): RotationTables {
  const { headSize, ropeTheta, ropeScaling } = shape;
  const key = JSON.stringify([maxPositions, headSize, ropeTheta, ropeScaling]);
  const known = last?.key === key ? last.tables.deref() : undefined;
  if (known) return known;
  const tables = computeTables(maxPositions, shape);
  last = { key, tables: new WeakRef(tables) };
  return tables;
}

function computeTables(
  maxPositions: number,
  { headSize, ropeTheta, ropeScaling }: Pick<ModelConfig, "headSize" | "ropeTheta" | "ropeScaling">,
): RotationTables {
  const half = headSize / 2;
  const cosine = new Float32Array(maxPositions * half), sine = new Float32Array(maxPositions * half);
  // Checkpoints were trained with float32 frequencies, so these are the right ones.
  const frequencies = Array.from({ length: half }, (_, c) => {
    const frequency = Math.fround(ropeTheta ** (-2 * c / headSize));
    return ropeScaling ? Math.fround(stretched(frequency, ropeScaling)) : frequency;
  });
  for (let position = 0; position < maxPositions; position++) {
    for (let c = 0; c < half; c++) {
      const angle = position * frequencies[c];
      cosine[position * half + c] = Math.cos(angle);
      sine[position * half + c] = Math.sin(angle);
    }
  }
  return { cosine, sine };
}

/** A frequency as {@linkcode RopeScaling} stretches it. */
function stretched(
  frequency: number,
  { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalMaxPositions }: RopeScaling,
): number {
  const waves = originalMaxPositions * frequency / (2 * Math.PI), slow = frequency / factor;
  if (waves < low) return slow;
  if (waves > high) return frequency;
  const share = (waves - low) / (high - low);
  return (1 - share) * slow + share * frequency;
}

function rotate(x: Tensor, positions: Tensor, cosine: Tensor, sine: Tensor, heads: number, sign: number): Tensor {
  const [rows, width] = x.shape, size = width / heads, half = size / 2, out = zeros(x.shape);
  for (let i = 0; i < rows; i++) {
    for (let h = 0; h < heads; h++) {
      for (let c = 0; c < half; c++) {
        const a = i * width + h * size + c, table = positions.data[i] * half + c;
        const cos = cosine.data[table], sin = sign * sine.data[table];
        out.data[a] = x.data[a] * cos - x.data[a + half] * sin;
        out.data[a + half] = x.data[a + half] * cos + x.data[a] * sin;
      }
    }
  }
  return out;
}

function lowerRotation(
  graph: import("../cpu/onnx.ts").Graph,
  [x, positions, cosine, sine]: readonly string[],
  heads: number,
): string {
  // As N sequences of one token: the operator refuses sequences longer than its tables.
  const axis = graph.integers([1]);
  const rows = graph.node("Unsqueeze", [x, axis]), column = graph.node("Unsqueeze", [positions, axis]);
  const turned = graph.node("RotaryEmbedding@ms", [rows, column, cosine, sine], { num_heads: heads });
  return graph.node("Squeeze", [turned, axis]);
}

function planRotation(
  plan: Plan,
  [x, positions, cosine, sine]: readonly Matrix[],
  heads: number,
  sin: string,
  { matrix: y, store }: Target,
): void {
  plan.elementwise("rope", {
    read: { x, positions, cosine, sine },
    write: { y },
    sizes: { half: x.width / heads / 2 },
    body: `
      let c = column % (2u * sizes.half);
      let angle = positions[row] * sizes.half + c % sizes.half;
      if (c < sizes.half) { y[i] ${store} x[i] * cosine[angle] - x[i + sizes.half] * (${sin}); }
      else { y[i] ${store} x[i] * cosine[angle] + x[i - sizes.half] * (${sin}); }`,
  });
}
