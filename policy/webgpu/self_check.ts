/**
 * Tries, on the adapter in use, what all exactness rests on. The numeric contract (see `kernels/matmul.ts`) is one that
 * compilers keep where it was measured, and that no standard promises.
 *
 * @module
 */
import { type ModelConfig, parameterCount } from "../model/config.ts";
import type { GenerateRequest, Sample, Scores } from "../policy.ts";
import { integer, type Key, keyOf, uniform } from "../random.ts";
import { createSampler } from "./decoding.ts";
import type { Gpu } from "./device.ts";
import { createEngine } from "./engine.ts";
import { geometriesOn, matmul } from "./kernels/matmul.ts";
import { type Matrix, Plan } from "./plan.ts";
import { accumulate, score } from "./training.ts";

/** What holds bit for bit. */
export interface SelfTest {
  /** A product has the same bits in every geometry that is taken on this adapter, whatever its rows. */
  products: boolean;
  /** A sample has the same log-probs alone and in company. */
  company: boolean;
  /** It has them in training too, and gradients repeat. */
  training: boolean;
  /** Sampling has the log-probs of scoring. */
  sampling: boolean;
}

/** A model with several heads per key, several blocks of keys, and products of uneven shape. */
const CONFIG: ModelConfig = {
  family: "qwen2",
  vocabularySize: 301,
  hiddenSize: 48,
  intermediateSize: 104,
  layers: 2,
  heads: 6,
  keyValueHeads: 2,
  headSize: 8,
  maxPositions: 128,
  normEpsilon: 1e-6,
  ropeTheta: 10000,
  qkvBias: true,
  tiedEmbeddings: true,
};

/** Runs all tests on a device. */
export async function selfTest(gpu: Gpu): Promise<SelfTest> {
  const products = await sameProducts(gpu);
  return { products, ...await sameModel(gpu) };
}

const numbers = (key: Key, count: number, scale: number) =>
  Float32Array.from({ length: count }, (_, i) => scale * (2 * uniform(key, i) - 1));

async function sameProducts(gpu: Gpu): Promise<boolean> {
  const [m, n, k] = [70, 132, 152], a = numbers(keyOf(1, "a"), m * k, 1), b = numbers(keyOf(1, "b"), n * k, 1);
  const matrix = (data: Float32Array, rows: number, width: number): Matrix => {
    const buffer = gpu.buffer(data.byteLength);
    gpu.upload(buffer, data);
    return { buffer, offset: 0, rows, width, type: "f32" };
  };
  const A = matrix(a, m, k), B = matrix(b, n, k), found: Float32Array[] = [];
  for (const geometry of geometriesOn(gpu)) {
    for (const rows of [m, 1]) {
      const plan = new Plan(gpu, {}), c = plan.matrix(rows, n);
      const factors = { a: { matrix: { ...A, rows } }, b: { matrix: B, turned: true } };
      matmul(plan, { name: "self-test", m: rows, n, k, ...factors, c }, geometry);
      plan.run({});
      const [copy] = await gpu.download([{ buffer: c.buffer, offset: 0, size: n * 4 }]);
      found.push(new Float32Array(copy));
      plan.dispose();
    }
  }
  gpu.free(A.buffer);
  gpu.free(B.buffer);
  return found.every((row) => equal(row, found[0]));
}

async function sameModel(gpu: Gpu): Promise<Omit<SelfTest, "products">> {
  const engine = createEngine(gpu, CONFIG, numbers(keyOf(1, "weights"), parameterCount(CONFIG), 0.3));
  const sampler = createSampler(engine);
  try {
    const requests = Array.from({ length: 5 }, (_, i): GenerateRequest => {
      const key = keyOf(1, "prompt", i), length = 1 + integer(key, 0, 50);
      const prompt = Array.from({ length }, (_, t) => integer(key, 1 + t, CONFIG.vocabularySize));
      return { prompt, key };
    });
    const drawn = await sampler.decode(requests, { maxTokens: 18, stopTokens: [0], temperature: 0.9 });
    const samples = drawn.map(({ tokens }, i): Sample => ({ prompt: requests[i].prompt, response: tokens }));
    const options = { temperature: 0.9 }, all = await score(engine, samples, options);
    const alone: Scores[] = [];
    for (const sample of samples.slice(0, 2)) alone.push(...await score(engine, [sample], options));
    const gradients: Float32Array[] = [], trained: (Scores | null)[][] = [];
    const derivatives = samples.map(({ response }, i) => response.map((_, t) => uniform(requests[i].key, t) - 0.6));
    for (let n = 0; n < 2; n++) {
      engine.parameters.clear("gradient");
      trained.push(await accumulate(engine, samples, derivatives, options));
      gradients.push(await engine.parameters.read("gradient"));
    }
    return {
      company: alone.every((scores, i) => same(scores, all[i])),
      training: equal(gradients[0], gradients[1]) && trained[0].every((scores, i) => same(scores!, all[i])),
      sampling: drawn.every(({ logProbs }, i) => equal(logProbs, all[i].logProbs)),
    };
  } finally {
    sampler.dispose();
    engine.dispose();
  }
}

function same(left: Scores, right: Scores): boolean {
  return equal(left.logProbs, right.logProbs) && equal(left.entropy, right.entropy);
}

/** Whether two rows have the same bits. */
function equal(left: Float32Array, right: Float32Array): boolean {
  const bits = ({ buffer, byteOffset, length }: Float32Array) => new Uint32Array(buffer, byteOffset, length);
  const others = bits(right);
  return left.length === right.length && bits(left).every((word, i) => word === others[i]);
}
