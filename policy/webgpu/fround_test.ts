/**
 * Every operation's kernels against its exact reference in `fround/`.
 *
 * No number here comes near 2^-126: what is smaller counts as 0 where a session of onnxruntime was opened.
 *
 * @module
 */
import fc from "fast-check";
import { fixed, indices, type Input, random, trained } from "../ops/inputs.ts";
import { embed, segmentsOf } from "../ops/embed.ts";
import { linear, type LinearAttributes } from "../ops/linear.ts";
import { norm } from "../ops/norm.ts";
import type { Op } from "../ops/op.ts";
import { packedAttention } from "../ops/packed_attention.ts";
import { rope, rotationTables } from "../ops/rope.ts";
import { swiglu } from "../ops/swiglu.ts";
import { tail } from "../ops/tail.ts";
import { tokenScores } from "../ops/token_scores.ts";
import { writeRows } from "../ops/write_rows.ts";
import { exactTest, gpu, matrixOf, numbersOf, packedStream, sameNumbers } from "./checking_test.ts";
import { exactAttention } from "./fround/attention.ts";
import type { Exact } from "./fround/exact.ts";
import { exponential, logarithm } from "./fround/functions.ts";
import { exactLinear } from "./fround/linear.ts";
import { exactNorm } from "./fround/norm.ts";
import { exactRope } from "./fround/rope.ts";
import { exactEmbed, exactTail, exactWriteRows } from "./fround/rows.ts";
import { exactSwiglu } from "./fround/swiglu.ts";
import { type ChunkAttributes, exactTokenScores } from "./fround/token_scores.ts";
import { type OpLayout, runOp } from "./op_check.ts";
import { Plan } from "./plan.ts";

/** Holds the kernels of an operation to its reference: gradients that are stored, and such as are added to `start`. */
async function check<A extends B, B>(
  op: Op<A>,
  exact: Exact<B>,
  inputs: readonly Input[],
  attributes: A,
  { start = 0.7, ...layout }: OpLayout & { start?: number } = {},
): Promise<void> {
  const tensors = inputs.map(({ tensor: { shape, data } }) => ({ shape, data: Float32Array.from(data) }));
  const expected = exact.forward(tensors, attributes), seed = Float32Array.from(random("seed", [expected.length]).data);
  const gradients = exact.backward?.(tensors, seed, attributes) ?? [];
  for (const stored of [false, true]) {
    const before = stored ? 0 : Math.fround(start), trial = { ...layout, stored, start: before };
    const { output, training } = await runOp(gpu, op, inputs, attributes, exact.backward ? { ...trial, seed } : trial);
    sameNumbers(output, expected, op.name);
    if (!training) return;
    sameNumbers(training.output, expected, `${op.name} in training`);
    training.gradients.forEach((found, n) => {
      if (found) sameNumbers(found, gradients[n]!.map((value) => before + value), `gradient ${n} of ${op.name}`);
    });
  }
}

exactTest("exponential() and logarithm()", async () => {
  const edges = [0, -87, -87.00001, 88, 88.5, Infinity, -Infinity, 0.70710678, 1].map(Math.fround);
  const of = (name: string, scale: number) => [...random(name, [4000], scale).data];
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const exponents = [...of(`near ${seed}`, 1), ...of(`far ${seed}`, 90), ...edges];
      const powers = exponents.map((x) => Math.fround(2 ** x));
      const positive = [...powers.filter((x) => x > 0), ...of(`1 ${seed}`, 0.5).map((x) => Math.fround(1 + x))];
      const x = matrixOf(exponents, exponents.length, 1), a = matrixOf(positive, positive.length, 1);
      const plan = new Plan(gpu, {}), y = plan.like(x), b = plan.like(a);
      plan.elementwise("exponential", { read: { x }, write: { y }, body: "y[i] = exponential(x[i]);" });
      plan.elementwise("logarithm", { read: { a }, write: { b }, body: "b[i] = logarithm(a[i]);" });
      plan.run({});
      const [e, l] = await numbersOf([y, exponents.length], [b, positive.length]);
      sameNumbers(e, exponents.map(exponential), "exponential");
      sameNumbers(l, positive.map(logarithm), "logarithm");
      plan.dispose();
    }),
    { numRuns: 5, endOnFailure: true },
  );
});

exactTest("linear: with and without bias, residual and factor; one output, as of a value head", async () => {
  for (const [rows, width, outputs] of [[9, 10, 14], [70, 33, 65], [5, 24, 1]]) {
    const of = (attributes: LinearAttributes) =>
      check(
        linear,
        exactLinear,
        [
          trained("x", [rows, width]),
          trained("weight", [outputs, width]),
          ...attributes.bias ? [trained("bias", [outputs])] : [],
          ...attributes.residual ? [trained("residual", [rows, outputs])] : [],
        ],
        attributes,
        {
          counts: [
            "tokens",
            null,
            ...attributes.bias ? [null] : [],
            ...attributes.residual ? ["tokens" as const] : [],
          ],
        },
      );
    await of({});
    await of({ bias: true });
    await of({ bias: true, residual: true });
    await of({ residual: true });
    await of({ factor: 0.6 });
  }
});

exactTest("norm: rows shorter and longer than a workgroup, and heads of rows", async () => {
  for (const width of [1, 8, 64, 130, 333]) {
    for (const [scale, epsilon] of [[3, 1e-6], [1e-3, 1e-5]]) {
      const inputs = [trained("x", [70, width], scale), trained("weight", [width])];
      await check(norm, exactNorm, inputs, { epsilon, width }, { counts: ["tokens", null] });
      const headed = [trained("x", [7, 3 * width], scale), trained("weight", [width])];
      await check(norm, exactNorm, headed, { epsilon, width, heads: 3 }, { counts: ["tokens", null] });
    }
  }
});

exactTest("rope", async () => {
  for (const [heads, size] of [[1, 2], [2, 6], [3, 16]]) {
    const { cosine, sine } = rotationTables(40, { headSize: size, ropeTheta: 10000 }), table = [40, size / 2];
    await check(
      rope,
      exactRope,
      [
        trained("x", [6, heads * size]),
        indices([4, 0, 39, 39, 2, 17]),
        fixed(table, cosine),
        fixed(table, sine),
      ],
      { heads },
      {
        counts: ["tokens", "tokens", null, null],
        start: 0, // Added to something, the compiler chooses which of both products is added first. No model has that.
      },
    );
  }
});

exactTest("swiglu", async () => {
  for (const scale of [0.01, 4, 60]) {
    const inputs = [trained("gate", [7, 300], scale), trained("up", [7, 300])];
    await check(swiglu, exactSwiglu, inputs, {}, { counts: ["tokens", "tokens"] });
  }
});

exactTest("embed, of a table in parts too; tail; write_rows", async () => {
  const tokens = Array.from(random("tokens", [200], 65).data, (x) => Math.floor(x) + 65),
    { order, ranges } = segmentsOf(tokens);
  const segments = { shape: [ranges.length / 2, 2], data: Float64Array.from(ranges) };
  const inputs = [indices(tokens), trained("table", [130, 6]), indices([...order]), {
    kind: "ids" as const,
    tensor: segments,
  }];
  const counts = ["tokens", null, "tokens", "distinct"] as const;
  await check(embed, exactEmbed, inputs, { width: 6 }, { counts });
  await check(embed, exactEmbed, inputs, { width: 6 }, { counts, parts: { 1: [64, 64, 2] } });
  await check(tail, exactTail, [trained("x", [7, 4]), indices([0, 0, 0])], {}, { counts: ["tokens", "scored"] });
  const cache = { kind: "fixed" as const, tensor: random("cache", [9, 4]) };
  await check(writeRows, exactWriteRows, [trained("x", [3, 4]), indices([8, 0, 5]), cache], {}, {
    counts: ["tokens", "tokens", null],
  });
});

exactTest("token_scores: one chunk, several, and those of a table in parts", async () => {
  for (const scale of [0.1, 3, 30]) {
    const inputs = [
      trained("x", [6, 8], scale),
      trained("table", [200, 8], 2),
      indices([0, 199, 63, 64, 128, 7]),
      fixed([6], [1, 1, 0.5, 2, 1 / 0.7, 1]),
    ];
    const of = (attributes: ChunkAttributes, parts?: OpLayout["parts"]) =>
      check(tokenScores, exactTokenScores, inputs, attributes, {
        counts: ["scored", null, "scored", "scored"],
        parts,
        start: 0, // Chunks are added one by one to what is there, not their sum.
      });
    await of({ chunk: 16384 });
    await of({ chunk: 64 });
    await of({ chunk: 64, parts: [128, 72] }, { 1: [128, 72] });
  }
});

exactTest("packed_attention: grouped queries, prompts that are shared, several blocks", async () => {
  const streams = [
    [{ prompt: 3, responses: [2, 35, 1] }, { prompt: 40, responses: [4] }],
    [{ prompt: 32, responses: [33, 0, 31] }, { prompt: 1, responses: [] }, { prompt: 70, responses: [1, 1] }],
  ];
  for (const [heads, keyValueHeads, headSize] of [[1, 1, 1], [4, 2, 4], [2, 2, 6], [8, 1, 16], [2, 1, 80]]) {
    for (const [n, stream] of streams.entries()) {
      const { rows, spans, seen } = packedStream(stream), scale = [2, 0.3][n];
      const of = (name: string, count: number) => trained(name, [rows, count * headSize], scale);
      const inputs = [of("q", heads), of("k", keyValueHeads), of("v", keyValueHeads), spans, seen];
      await check(packedAttention, exactAttention, inputs, { heads, keyValueHeads, headSize }, {
        counts: ["tokens", "tokens", "tokens", "tokens", "tokens"],
      });
    }
  }
});

exactTest("packed_attention over a cache, as in decoding: few queries, many keys", async () => {
  const [heads, keyValueHeads, headSize] = [6, 2, 8], { forward } = exactAttention;
  const cache = (name: string) => fixed([120, 16], random(name, [120 * 16]).data);
  const spans = { shape: [3, 4], data: Float64Array.of(0, 0, 5, 1, 0, 40, 70, 33, 10, 32, 119, 1) };
  const inputs = [trained("q", [3, 48], 2), cache("k"), cache("v"), { kind: "ids" as const, tensor: spans }];
  await check(packedAttention, { forward }, inputs, { heads, keyValueHeads, headSize }, {
    counts: ["tokens", null, null, "tokens"],
  });
});
