import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { close, fixed, indices, random, trained } from "../ops/checking_test.ts";
import { embed, segmentsOf } from "../ops/embed.ts";
import { linear } from "../ops/linear.ts";
import { norm } from "../ops/norm.ts";
import { packedAttention } from "../ops/packed_attention.ts";
import { rope, rotationTables } from "../ops/rope.ts";
import { swiglu } from "../ops/swiglu.ts";
import { tail } from "../ops/tail.ts";
import { tokenScores } from "../ops/token_scores.ts";
import { checkWgsl, gpu, gpuTest, matrixOf, neverFuses, numbersOf, packedStream } from "./checking_test.ts";
import { dot } from "./fround/sums.ts";
import { GEOMETRIES, type Geometry, geometryOf, matmul, tileOf } from "./kernels/matmul.ts";
import { Plan } from "./plan.ts";

gpuTest("exponential() and logarithm() are within 2 units of the last place", async () => {
  const xs = random("arguments", [4000], 80).data.map((x, i) => i % 2 ? x : Math.abs(x));
  const at = [...xs, 0, -0, 1, 1e-30, 0.70710678, -86.9, -87.1, -1e30, 87.9].map(Math.fround);
  const x = matrixOf(at, at.length, 1), plan = new Plan(gpu, {}), y = plan.matrix(at.length, 2);
  plan.elementwise("functions", {
    read: { x },
    write: { y },
    domain: { rows: at.length, width: 1 },
    body: "y[2u * i] = exponential(x[i]); y[2u * i + 1u] = logarithm(max(x[i], 1e-30));",
  });
  plan.run({});
  const [found] = await numbersOf([y, 2 * at.length]);
  at.forEach((x, i) => {
    const e = x < -87 ? 0 : Math.exp(x), l = Math.log(Math.max(x, Math.fround(1e-30)));
    close([found[2 * i] / (e || 1)], [e ? 1 : 0], 2 ** -22, `exp(${x})`);
    close([found[2 * i + 1]], [l], 2 ** -22 * Math.max(1, Math.abs(l)), `log(${x})`);
  });
  plan.dispose();
});

/** Extents m, n, k, and what else a product does. */
interface Trial {
  extents: [number, number, number];
  form: "nt" | "nn" | "tn";
  /** Adds bias and residual, and writes to columns of a wider matrix. */
  extras?: boolean;
}

/** Runs a product that is added to what C holds, in some geometries; holds them to each other and to JavaScript. */
async function sameBits({ extents: [m, n, k], form, extras = false }: Trial, geometries: Geometry[]): Promise<void> {
  const turnedA = form === "tn", turnedB = form === "nt", firstColumn = extras ? 64 : 0, width = firstColumn + n;
  const a = random(`a ${m}`, [m * k]).data, b = random(`b ${n}`, [n * k]).data;
  const start = random("c", [m * width]).data, bias = random("bias", [n]).data, residual = random("r", [m * n]).data;
  const factors = {
    a: { matrix: turnedA ? matrixOf(a, k, m) : matrixOf(a, m, k), turned: turnedA },
    b: { matrix: turnedB ? matrixOf(b, n, k) : matrixOf(b, k, n), turned: turnedB },
    ...extras && { bias: matrixOf(bias, 1, n), residual: matrixOf(residual, m, n), firstColumn },
  };
  const expected = Float32Array.from(start, (value, at) => {
    const i = Math.floor(at / width), j = at % width - firstColumn;
    if (j < 0) return value;
    const sum = dot(k, (s) => turnedA ? a[s * m + i] : a[i * k + s], (s) => turnedB ? b[j * k + s] : b[s * n + j]);
    return extras ? value + Math.fround(Math.fround(sum + bias[j]) + residual[i * n + j]) : value + sum;
  });
  const found: ArrayLike<number>[] = [];
  for (const geometry of geometries) {
    const plan = new Plan(gpu, {}), c = matrixOf(start, m, width);
    matmul(plan, { name: "test", m, n, k, ...factors, c, adds: true }, geometry);
    plan.run({});
    found.push((await numbersOf([c, m * width]))[0]);
    plan.dispose();
  }
  for (const other of found.slice(1)) deepStrictEqual(other, found[0]);
  if (neverFuses) deepStrictEqual(found[0], expected);
  else close(found[0], expected, 1e-6);
}

gpuTest(
  "products have the same bits in every geometry, and on an adapter that never fuses those of Math.fround",
  async () => {
    const { software, small, few } = GEOMETRIES;
    for (const extents of [[1, 1, 1], [5, 7, 3], [17, 66, 40], [70, 33, 65], [36, 68, 20]] as const) {
      for (const form of ["nt", "nn", "tn"] as const) {
        await sameBits({ extents: [...extents], form }, [software, small, few]);
      }
    }
  },
);

gpuTest("so have they in the large geometries, and with all that a product may add", async () => {
  const { software, large, middle } = GEOMETRIES;
  await sameBits({ extents: [130, 260, 100], form: "nt", extras: true }, [software, large, middle]);
  await sameBits({ extents: [131, 35, 33], form: "nn", extras: true }, [software, large, middle]);
  await sameBits({ extents: [68, 140, 37], form: "tn" }, [software, large, middle]);
});

Deno.test("in a tiled geometry every thread copies 4 × 4 numbers, into at most 16 KiB", () => {
  for (const geometry of Object.values<Geometry>(GEOMETRIES)) {
    if (geometry.depth === 0) continue;
    const { rows, columns } = tileOf(geometry);
    strictEqual((rows + columns) * geometry.depth / 16, geometry.threads);
    ok((rows + columns) * geometry.depth * 4 <= 16384);
  }
});

gpuTest("the geometry follows from the extents: large tiles where there are enough, none larger than C", () => {
  const onGpu = { adapter: { software: false } } as typeof gpu,
    plan = { gpu: onGpu, capacityOf: Number } as unknown as Plan;
  const { large, middle, small, few } = GEOMETRIES;
  for (
    const [m, n, geometry] of [
      [4096, 4096, large],
      [4096, 896, large],
      [4864, 896, large],
      [1024, 1024, middle],
      [896, 896, middle],
      [128, 16384, large],
      [128, 4864, middle],
      [128, 896, small],
      [64, 16384, middle],
      [64, 896, few],
      [16, 16384, few],
      [1, 151936, few],
    ] as const
  ) strictEqual(geometryOf(plan, { m, n }), geometry, `${m} × ${n}`);
});

gpuTest("linear: forward and backward with and without bias and residual", async () => {
  const inputs = [trained("x", [9, 10]), trained("weight", [14, 10])], counts = ["tokens", null] as const;
  await checkWgsl(linear, inputs, {}, { counts });
  await checkWgsl(linear, inputs, { factor: 0.6 }, { counts });
  await checkWgsl(linear, [...inputs, trained("bias", [14]), trained("r", [9, 14])], { bias: true, residual: true }, {
    counts: [...counts, null, "tokens"],
  });
});

gpuTest("norm: forward and backward, rows shorter and longer than a workgroup", async () => {
  for (const width of [8, 130]) {
    const inputs = [trained("x", [5, width], 3), trained("weight", [width])];
    await checkWgsl(norm, inputs, { epsilon: 1e-6, width }, { counts: ["tokens", null] });
    const headed = [trained("x", [5, 3 * width], 3), trained("weight", [width])];
    await checkWgsl(norm, headed, { epsilon: 1e-6, width, heads: 3 }, { counts: ["tokens", null] });
  }
});

gpuTest("rope, swiglu and tail: forward and backward", async () => {
  const { cosine, sine } = rotationTables(12, { headSize: 6, ropeTheta: 10000 }), table = [12, 3];
  await checkWgsl(
    rope,
    [trained("x", [5, 12]), indices([4, 0, 11, 11, 2]), fixed(table, cosine), fixed(table, sine)],
    { heads: 2 },
    { counts: ["tokens", "tokens", null, null] },
  );
  const both = ["tokens", "tokens"] as const;
  await checkWgsl(swiglu, [trained("gate", [5, 30], 4), trained("up", [5, 30])], {}, { counts: both });
  await checkWgsl(tail, [trained("x", [7, 4]), indices([0, 0, 0])], {}, { counts: ["tokens", "scored"] });
});

gpuTest("embed: gather, and the gradient of equal tokens; also of a table in parts", async () => {
  const tokens = [7, 65, 7, 0, 129, 7, 64], { order, ranges } = segmentsOf(tokens);
  const inputs = [indices(tokens), trained("table", [130, 6]), indices([...order]), {
    kind: "ids" as const,
    tensor: { shape: [ranges.length / 2, 2], data: Float64Array.from(ranges) },
  }];
  const counts = ["tokens", null, "tokens", "distinct"] as const;
  await checkWgsl(embed, inputs, { width: 6 }, { counts });
  await checkWgsl(embed, inputs, { width: 6 }, { counts, parts: { 1: [64, 64, 2] } });
});

gpuTest(
  "token_scores: log-prob, entropy and their gradients, in one chunk, several, and of a table in parts",
  async () => {
    for (const scale of [0.1, 3]) {
      const inputs = [
        trained("x", [6, 8], scale),
        trained("table", [200, 8], 2),
        indices([0, 199, 63, 64, 128, 7]),
        fixed([6], [1, 1, 0.5, 2, 1 / 0.7, 1]),
      ];
      const counts = ["scored", null, "scored", "scored"] as const, tolerance = 5e-6;
      await checkWgsl(tokenScores, inputs, { chunk: 16384 }, { counts, tolerance });
      await checkWgsl(tokenScores, inputs, { chunk: 64 }, { counts, tolerance, parts: { 1: [128, 72] } });
    }
  },
);

gpuTest(
  "packed_attention: forward and backward for grouped queries, prompts that are shared, several blocks",
  async () => {
    const { rows, spans, seen } = packedStream([{ prompt: 3, responses: [2, 35, 1] }, { prompt: 40, responses: [4] }]);
    for (const [heads, keyValueHeads, headSize] of [[4, 2, 4], [2, 2, 6], [8, 1, 16]]) {
      const of = (name: string, count: number) => trained(name, [rows, count * headSize], 2);
      const inputs = [of("q", heads), of("k", keyValueHeads), of("v", keyValueHeads), spans, seen];
      await checkWgsl(packedAttention, inputs, { heads, keyValueHeads, headSize }, {
        counts: ["tokens", "tokens", "tokens", "tokens", "tokens"],
        tolerance: 5e-6,
      });
    }
  },
);

gpuTest("a plan refuses more rows than it was made for", () => {
  const plan = new Plan(gpu, { tokens: 4 });
  throws(() => plan.run({ tokens: 5 }), /^RangeError: A plan for 4 tokens was given 5\.$/);
  plan.dispose();
});

gpuTest("a long run is submitted in pieces, in order", async () => {
  let submits = 0;
  const counting = Object.assign(Object.create(gpu) as typeof gpu, {
    submit(record: Parameters<typeof gpu.submit>[0]) {
      submits++;
      gpu.submit(record);
    },
  });
  const tokens = 2 ** 18, plan = new Plan(counting, { tokens }), y = plan.input("tokens", 1);
  plan.elementwise("double", { write: { y }, body: "y[i] = 2.0 * y[i];" });
  plan.elementwise("and one", { write: { y }, body: "y[i] = y[i] + 1.0;" });
  plan.run({ tokens }, 3);
  const [found] = await numbersOf([y, tokens]);
  ok(found.every((value) => value === 7));
  strictEqual(submits, 3, "two dispatches of 2^18 rows each");
  submits = 0;
  plan.run({ tokens: 64 }, 3);
  strictEqual(submits, 1);
  plan.dispose();
});
