/**
 * Every kernel forward and backward against its float64 reference, and matrix products in all geometries against each
 * other.
 *
 * @module
 */
import { embed, segmentsOf } from "../../policy/ops/embed.ts";
import { distance, fixed, indices, type Input, random, trained } from "../../policy/ops/inputs.ts";
import { linear } from "../../policy/ops/linear.ts";
import { norm } from "../../policy/ops/norm.ts";
import type { Op } from "../../policy/ops/op.ts";
import { packedAttention } from "../../policy/ops/packed_attention.ts";
import { rope, rotationTables } from "../../policy/ops/rope.ts";
import { swiglu } from "../../policy/ops/swiglu.ts";
import { tail } from "../../policy/ops/tail.ts";
import { tokenScores } from "../../policy/ops/token_scores.ts";
import { keyOf, uniform } from "../../policy/random.ts";
import type { Gpu } from "../../policy/webgpu/device.ts";
import { GEOMETRIES, matmul } from "../../policy/webgpu/kernels/matmul.ts";
import { downloadMatrices, opErrors, type OpLayout, uploadMatrix } from "../../policy/webgpu/op_check.ts";
import { pack } from "../../policy/webgpu/packing.ts";
import { Plan } from "../../policy/webgpu/plan.ts";
import { atMost, type Check } from "./report.ts";

/** Float32 against float64, relative to the largest number; sums are some hundreds of terms long. */
const LIMIT = 1e-5;

/** Checks every operation that has a kernel. */
export async function checkKernels(gpu: Gpu): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { op, inputs, attributes, layout } of cases()) {
    for (const { what, error } of await opErrors(gpu, op, inputs, attributes, layout)) {
      checks.push(atMost(`${what}, ${inputs[0].tensor.shape.join(" × ")}`, error, LIMIT));
    }
  }
  return checks;
}

interface Case {
  op: Op;
  inputs: Input[];
  attributes: unknown;
  layout: OpLayout;
}

function cases(): Case[] {
  const { cosine, sine } = rotationTables(64, { headSize: 64, ropeTheta: 10000 }), rows = 70;
  const tokens = Array.from({ length: rows }, (_, i) => i * i % 130), { order, ranges } = segmentsOf(tokens);
  const perToken = (count: number) => Array.from({ length: count }, () => "tokens" as const);
  const of = (op: Op, attributes: unknown, inputs: Input[], layout: OpLayout): Case => ({
    op,
    attributes,
    inputs,
    layout,
  });
  const attention = (heads: number, keyValueHeads: number, headSize: number) => {
    const { counts: { tokens: rows }, inputs: { spans, seen } } = packed();
    const q = trained("q", [rows, heads * headSize], 2);
    const [k, v] = ["k", "v"].map((name) => trained(name, [rows, keyValueHeads * headSize], 2));
    const ids = (values: Uint32Array): Input => ({
      kind: "ids",
      tensor: { shape: [rows, 4], data: Float64Array.from(values) },
    });
    const inputs = [q, k, v, ids(spans), ids(seen)];
    return of(packedAttention, { heads, keyValueHeads, headSize }, inputs, { counts: perToken(5) });
  };
  return [
    of(linear, { bias: true, residual: true }, [
      trained("x", [rows, 96]),
      trained("weight", [200, 96]),
      trained("bias", [200]),
      trained("residual", [rows, 200]),
    ], { counts: ["tokens", null, null, "tokens"] }),
    of(linear, {}, [trained("x", [rows, 33]), trained("weight", [66, 33])], { counts: ["tokens", null] }),
    of(norm, { epsilon: 1e-6, width: 896 }, [trained("x", [rows, 896], 3), trained("weight", [896])], {
      counts: ["tokens", null],
    }),
    of(
      rope,
      { heads: 2 },
      [
        trained("x", [rows, 128]),
        indices(tokens.map((t) => t % 64)),
        fixed([64, 32], cosine),
        fixed([64, 32], sine),
      ],
      { counts: ["tokens", "tokens", null, null] },
    ),
    of(swiglu, {}, [trained("gate", [rows, 300], 4), trained("up", [rows, 300])], { counts: perToken(2) }),
    of(tail, {}, [trained("x", [rows, 40]), indices([0, 0, 0])], { counts: ["tokens", "scored"] }),
    of(
      embed,
      { width: 64 },
      [indices(tokens), trained("table", [130, 64]), indices([...order]), {
        kind: "ids",
        tensor: { shape: [ranges.length / 2, 2], data: Float64Array.from(ranges) },
      }],
      { counts: ["tokens", null, "tokens", "distinct"], parts: { 1: [64, 64, 2] } },
    ),
    of(
      tokenScores,
      { chunk: 256 },
      [
        trained("hidden", [rows, 64]),
        trained("table", [700, 64], 2),
        indices(tokens.map((t) => t * 5)),
        fixed([rows], tokens.map((t) => 0.5 + t % 3)),
      ],
      { counts: ["scored", null, "scored", "scored"] },
    ),
    attention(4, 2, 16),
    attention(14, 2, 64),
  ];
}

/** A few responses to two prompts, one of them longer than a block of keys. */
function packed() {
  const response = (length: number) => Array.from({ length }, () => 1);
  const prompts = [response(4), [2, ...response(40)]];
  const samples = [[0, 2], [0, 35], [0, 1], [1, 4]].map(([p, length]) => ({
    prompt: prompts[p],
    response: response(length),
  }));
  return pack(samples, { tokens: 4096, scored: 2048 })[0];
}

/** Name of a geometry. */
export type GeometryName = keyof typeof GEOMETRIES;

/** All of them. */
export const ALL_GEOMETRIES = Object.keys(GEOMETRIES) as GeometryName[];

/** Extents m, n, k of products: edges in all directions, rows of whole vectors and not. */
export const EXTENTS: readonly (readonly [number, number, number])[] = [[130, 260, 100], [67, 33, 45]];

/**
 * Products in some geometries and all forms: how far each is from float64, and in how many numbers its bits differ from the
 * first geometry's.
 */
export async function checkProducts(
  gpu: Gpu,
  geometries: readonly GeometryName[],
  extents: typeof EXTENTS = EXTENTS,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [m, n, k] of extents) {
    const a = random(`a ${m}`, [m * k]).data, b = random(`b ${n}`, [n * k]).data;
    for (const form of ["nt", "nn", "tn"] as const) {
      const turnedA = form === "tn", turnedB = form === "nt", expected = new Float64Array(m * n);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          for (let s = 0; s < k; s++) {
            expected[i * n + j] += a[turnedA ? s * m + i : i * k + s] * b[turnedB ? j * k + s : s * n + j];
          }
        }
      }
      const A = turnedA ? uploadMatrix(gpu, a, k, m) : uploadMatrix(gpu, a, m, k);
      const B = turnedB ? uploadMatrix(gpu, b, n, k) : uploadMatrix(gpu, b, k, n);
      let first: Float32Array | undefined;
      for (const name of geometries) {
        const plan = new Plan(gpu, {}), c = plan.matrix(m, n);
        const factors = { a: { matrix: A, turned: turnedA }, b: { matrix: B, turned: turnedB } };
        matmul(plan, { name: "check", m, n, k, ...factors, c }, GEOMETRIES[name]);
        plan.run({});
        const [found] = await downloadMatrices(gpu, [c, m * n]), what = `product ${m} × ${n} × ${k} ${form}, ${name}`;
        checks.push(atMost(`${what}: error`, distance(found, expected), LIMIT));
        first ??= found;
        checks.push(atMost(`${what}: numbers with other bits`, differences(found, first), 0));
        plan.dispose();
      }
      for (const { buffer } of [A, B]) gpu.free(buffer);
    }
  }
  return checks;
}

/** How many numbers have other bits. */
export function differences(a: Float32Array, b: Float32Array): number {
  const [x, y] = [a, b].map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length));
  return x.reduce((count, word, i) => count + Number(word !== y[i]), Math.abs(x.length - y.length));
}

/** Random numbers for a large matrix, where drawing each would take longer than the product. */
export function filling(length: number): Float32Array {
  const key = keyOf(3, "filling"), all = new Float32Array(length);
  const drawn = Float32Array.from({ length: Math.min(length, 65521) }, (_, i) => uniform(key, i) - 0.5);
  for (let i = 0; i < length; i += drawn.length) all.set(drawn.subarray(0, Math.min(drawn.length, length - i)), i);
  return all;
}
