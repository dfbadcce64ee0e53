import { deepStrictEqual, notDeepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { requestsOf, sameBits, smallConfig, smallWeights, tokensOf } from "../cpu/checking_test.ts";
import { writeDirectory } from "../directory.ts";
import { parameterSlots } from "../model/config.ts";
import { openPolicy } from "../open.ts";
import { embed } from "../ops/embed.ts";
import { random } from "../ops/inputs.ts";
import { threefry } from "../random.ts";
import { gpu, gpuTest, matrixOf, numbersOf } from "./checking_test.ts";
import { createSampler } from "./decoding.ts";
import { createEngine } from "./engine.ts";
import { createHalves } from "./halves.ts";
import { GEOMETRIES, matmul } from "./kernels/matmul.ts";
import { Plan } from "./plan.ts";
import { score } from "./training.ts";

const CONFIG = smallConfig({ keyValueHeads: 2, qkvBias: true, tiedEmbeddings: false });

/** Float16 and back. */
const rounded = (numbers: ArrayLike<number>) => Float32Array.from(Float16Array.from(numbers));

/** Float32 of random bits, as far as it is one. */
function anyNumber(i: number): number {
  const [number] = new Float32Array(Uint32Array.of(threefry([0, 1], 0, i)[0]).buffer);
  return Number.isNaN(number) ? 0 : number;
}

gpuTest(
  "weights are rounded to the nearest float16, ties to even, also where it is subnormal or too large",
  async () => {
    const weights = smallWeights(CONFIG).map((weight, i) => i % 2 ? weight : anyNumber(i)),
      special = [
        [1 + 2 ** -11, 1 + 3 * 2 ** -11, -(1 + 2 ** -11), 2 ** -14, 2 ** -15, 1.5 * 2 ** -24, 0.5 * 2 ** -24],
        [0.50001 * 2 ** -24, 2 ** -26, 0, -0, 65504, 65519.9, 65520, 1e6, -1e30, 2 ** -14 - 2 ** -25, 1e-40, NaN],
      ].flat();
    weights.set(special);
    const engine = createEngine(gpu, CONFIG, weights, { shard: 4096 }), halves = createHalves(engine);
    halves.refresh();
    let found = 0;
    for (const { name, shape, offset, length } of parameterSlots(CONFIG).values()) {
      const half = halves.get(name);
      strictEqual(half !== undefined, shape.length === 2, name);
      if (!half) continue;
      const words = await numbersOf(...(half.parts ?? [half]).map((part): [typeof part, number] => [
        { ...part, type: "u32" },
        part.rows as number * part.width / 2,
      ]));
      const bits = new Uint16Array(Uint32Array.from(words.flatMap((part) => [...part])).buffer);
      const expected = Float16Array.from(weights.subarray(offset, offset + length));
      deepStrictEqual([...bits], [...new Uint16Array(expected.buffer)], name);
      found++;
    }
    strictEqual(found, 2 + 7 * CONFIG.layers);
    halves.dispose();
    engine.dispose();
  },
);

gpuTest("products and embeddings read float16 in every geometry, in vectors and not", async () => {
  for (const [m, n, k] of [[9, 20, 16], [5, 7, 6]]) {
    const a = random("a", [m, k]).data, b = random("b", [n, k]).data, tokens = [0, n - 1, 2];
    const halves = Float16Array.from(b), words = new Uint32Array(halves.buffer);
    const half = { ...matrixOf(words, n, k, "u32"), type: "f16" as const }, whole = matrixOf(rounded(b), n, k);
    for (const geometry of [GEOMETRIES.software, GEOMETRIES.few]) {
      const plan = new Plan(gpu, {}), [c, expected] = [plan.matrix(m, n), plan.matrix(m, n)];
      const product = { name: "test", m, n, k, a: { matrix: matrixOf(a, m, k) } };
      matmul(plan, { ...product, b: { matrix: half, turned: true }, c }, geometry);
      matmul(plan, { ...product, b: { matrix: whole, turned: true }, c: expected }, geometry);
      plan.run({});
      const [found, same] = await numbersOf([c, m * n], [expected, m * n]);
      deepStrictEqual(found, same);
      plan.dispose();
    }
    const plan = new Plan(gpu, {}), { output } = embed.wgsl!(plan, [matrixOf(tokens, 3, 1, "u32"), half], { width: k });
    plan.run({});
    const [rows] = await numbersOf([output, 3 * k]);
    deepStrictEqual([...rows], tokens.flatMap((token) => [...rounded(b).subarray(token * k, (token + 1) * k)]));
    plan.dispose();
  }
});

gpuTest("rollouts with float16 are those of a model whose matrices were rounded, also after they changed", async () => {
  const weights = smallWeights(CONFIG), engine = createEngine(gpu, CONFIG, weights);
  const sampler = createSampler(engine, { halves: true }), other = createEngine(gpu, CONFIG, weights);
  const requests = requestsOf(Array.from({ length: 6 }, (_, i) => tokensOf(`half ${i}`, 5 + i)));
  const options = { maxTokens: 12, stopTokens: [0] };
  const before: unknown[] = [];
  for (const seed of [0, 1]) {
    const now = smallWeights(CONFIG, seed), simulated = now.slice();
    for (const { shape, offset, length } of parameterSlots(CONFIG).values()) {
      if (shape.length === 2) simulated.set(rounded(now.subarray(offset, offset + length)), offset);
    }
    engine.parameters.write("weights", now);
    other.parameters.write("weights", simulated);
    const drawn = await sampler.decode(requests, options);
    const samples = drawn.map(({ tokens }, i) => ({ prompt: requests[i].prompt, response: tokens }));
    const [rough, exact] = [await score(other, samples), await score(engine, samples)];
    drawn.forEach(({ logProbs }, i) => {
      sameBits(logProbs, rough[i].logProbs, `request ${i}`);
      logProbs.forEach((value, t) => ok(Math.abs(value - exact[i].logProbs[t]) < 0.02, `request ${i}, token ${t}`));
    });
    notDeepStrictEqual(drawn, before);
    before.splice(0, before.length, ...drawn);
  }
  sampler.dispose();
  engine.dispose();
  other.dispose();
});

gpuTest("a policy with float16 rollouts says so, and the CPU refuses them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await writeDirectory(`${folder}/start`, { config: CONFIG, weights: smallWeights(CONFIG), stopTokens: [0] });
    const options = { tokenizer: false, rolloutWeights: "f16" } as const;
    const policy = await openPolicy(`${folder}/start`, { ...options, backend: "webgpu-software" });
    deepStrictEqual([policy.device!.exact, policy.device!.rolloutWeights], [false, "f16"]);
    await policy.dispose();
    await rejects(openPolicy(`${folder}/start`, options), /rollouts with float16 weights are for the GPU; choose/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
