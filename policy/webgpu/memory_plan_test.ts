import { deepStrictEqual, notStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { QWEN } from "../../fixtures/models/qwen.ts";
import { requestsOf, sameBits, smallConfig, smallWeights, tokensOf } from "../cpu/checking_test.ts";
import { criticOf } from "../critic_of.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Critic, Policy, Sample } from "../policy.ts";
import { storageOf } from "../storage.ts";
import { gpu, gpuTest } from "./checking_test.ts";
import { createWebgpuCritic } from "./critic.ts";
import { type Gpu, openGpu } from "./device.ts";
import { type MemoryOptions, type MemoryPlan, planMemory, sumOf, workOf } from "./memory_plan.ts";
import { createWebgpuPolicy } from "./policy.ts";
import type { WebgpuOptions } from "./trained.ts";

const QWEN2 = smallConfig({ keyValueHeads: 2, qkvBias: true });
const SHAPE = { prompts: 3, group: 2, promptTokens: 20, responseTokens: 12 };
const LARGE = { ...SHAPE, prompts: 6, group: 4, trained: 3 };
const SMALL_SIZES = { tokens: 80, scored: 40, cacheRows: 100, sequences: 3 };

const CASES: Record<string, [ModelConfig, Omit<MemoryOptions, "work">, Parameters<typeof workOf>[0]]> = {
  "a Qwen2": [QWEN2, {}, SHAPE],
  "a Qwen3 of three layers": [{ ...smallConfig({ layers: 3 }), family: "qwen3", headNorm: true }, {}, SHAPE],
  "a Llama with an output matrix, computing again": [
    smallConfig({ layers: 3, tiedEmbeddings: false, vocabularySize: 200 }),
    { recompute: true },
    LARGE,
  ],
  "adapters": [QWEN2, { lora: { rank: 3, alpha: 6 } }, SHAPE],
  "rollouts in float16, some from a nucleus": [QWEN2, { rolloutWeights: "f16" }, { ...SHAPE, nucleus: true }],
  "a critic and a frozen policy beside it": [QWEN2, { critic: true, frozen: 1 }, LARGE],
  "little at once": [QWEN2, { sizes: SMALL_SIZES }, LARGE],
};

const device = { name: "test", software: true, selfTest: {}, exact: true };

/** The policies of a plan, doing what it was made for. */
async function work(on: Gpu, [config, options, shape]: typeof CASES[string], given: Partial<WebgpuOptions>) {
  const { lora, rolloutWeights, recompute, critic, frozen = 0 } = options, { prompts, group } = shape;
  const weights = smallWeights(config),
    directory = { path: "test", config, weights, stopTokens: [], adapters: undefined };
  const how = { gpu: on, device, storage: storageOf(directory), recompute, ...given };
  const none = { encode: () => [], decode: () => "", vocabularySize: config.vocabularySize };
  const opened: (Policy | Critic)[] = [];
  const open = <T extends Policy | Critic>(network: T): T => (opened.push(network), network);
  const policy = open(createWebgpuPolicy(directory, none, { ...how, lora, rolloutWeights }));
  const asked = Array.from(
    { length: prompts * group },
    (_, n) => tokensOf(`${Math.floor(n / group)}`, shape.promptTokens, config.vocabularySize),
  );
  const limits = { maxTokens: shape.responseTokens, topP: shape.nucleus ? 0.9 : 1 };
  const drawn = await policy.generate(requestsOf(asked), limits);
  const samples = asked.map((prompt, n): Sample => ({ prompt, response: drawn[n].tokens }));
  const learned = samples.slice(0, (shape.trained ?? prompts) * group);
  const derivatives = learned.map(({ response }) => response.map(() => 0.1));
  const scores = await policy.logProbs(samples);
  await policy.accumulate(learned, derivatives);
  await policy.step({ learningRate: 1e-3 });
  const digest = await policy.digest();
  if (critic) {
    const network = open(createWebgpuCritic(criticOf(directory), how));
    await network.values(samples);
    await network.accumulate(learned, derivatives);
    await network.step({ learningRate: 1e-3 });
    await network.digest();
  }
  for (let n = 0; n < frozen; n++) {
    const still = open(createWebgpuPolicy(directory, none, { ...how, frozen: true }));
    await still.logProbs(samples);
    throws(() => still.accumulate(learned, derivatives), /was opened frozen; open it without/);
    throws(() => still.step({ learningRate: 1 }), /was opened frozen/);
  }
  return { policy, opened, scores, digest };
}

async function free(opened: readonly (Policy | Critic)[]) {
  for (const network of opened) await network.dispose();
}

function ownOf({ networks: { shared: _, ...own } }: MemoryPlan): number {
  return Object.values(own).reduce((sum, parts) => sum + sumOf(parts), 0);
}

for (const [what, given] of Object.entries(CASES)) {
  gpuTest(`the plan of ${what} is what is allocated, to the byte`, async () => {
    const [config, options, shape] = given, plan = await planMemory(config, { ...options, work: workOf(shape) });
    // The buffer for copies is the device's; make it large enough before.
    const large = gpu.buffer(2 ** 20);
    await gpu.download([{ buffer: large, offset: 0, size: 2 ** 20 }]);
    gpu.free(large);
    for (const room of [undefined, plan.room]) {
      const before = gpu.memory.live;
      const { opened } = await work(gpu, given, { sizes: options.sizes, room });
      strictEqual(gpu.memory.live - before, ownOf(plan), room ? "with room from the start" : "growing");
      await free(opened);
      strictEqual(gpu.memory.live, before, "all is freed");
    }
  });
}

gpuTest("a plan's total is a device's peak, with the buffer for copies", async () => {
  const own = await openGpu({ software: true }), given = CASES["a Qwen2"], [config, options, shape] = given;
  const plan = await planMemory(config, { ...options, work: workOf(shape) });
  const { opened } = await work(own, given, { room: plan.room });
  deepStrictEqual({ peak: own.memory.peak, largest: own.memory.largest }, { peak: plan.total, largest: plan.largest });
  await free(opened);
  own.dispose();
});

gpuTest(
  "room and sizes change neither samples nor log-probs, and only the size of runs changes a gradient",
  async () => {
    const given = CASES["little at once"], [config, , shape] = given;
    const { room } = await planMemory(config, { work: workOf(shape) });
    const results = [];
    for (const how of [{}, { room }, { sizes: { cacheRows: 100, sequences: 3 } }, { sizes: SMALL_SIZES }]) {
      const { opened, scores, digest } = await work(gpu, given, how);
      results.push({ scores, digest });
      await free(opened);
    }
    const [first, ...others] = results;
    for (const { scores } of others) {
      scores.forEach(({ logProbs }, n) => sameBits(logProbs, first.scores[n].logProbs, `sample ${n}`));
    }
    deepStrictEqual(others.slice(0, 2).map(({ digest }) => digest), [first.digest, first.digest]);
    notStrictEqual(others[2].digest, first.digest);
  },
);

gpuTest("a frozen policy has the digest of one that may be trained, and restores what that saved", async () => {
  const directory = { path: "test", config: QWEN2, weights: smallWeights(QWEN2), stopTokens: [], adapters: undefined };
  const none = { encode: () => [], decode: () => "", vocabularySize: 48 };
  const how = { gpu, device, storage: storageOf(directory) };
  const policy = createWebgpuPolicy(directory, none, how),
    still = createWebgpuPolicy(directory, none, { ...how, frozen: true });
  strictEqual(await still.digest(), await policy.digest());
  const file = await Deno.makeTempFile(), samples = [{ prompt: [1], response: [2, 3] }];
  await policy.accumulate(samples, [[1, 1]]);
  await policy.step({ learningRate: 0.1 });
  await policy.checkpoint(file);
  await still.restore(file);
  sameBits((await still.logProbs(samples))[0].logProbs, (await policy.logProbs(samples))[0].logProbs, "log-probs");
  await Deno.remove(file);
  await free([policy, still]);
});

Deno.test("no buffer of a plan is larger than every adapter can bind, whatever the model", async () => {
  const shapes: Partial<ModelConfig>[] = [
    { hiddenSize: 896, heads: 14, keyValueHeads: 2, headSize: 64, intermediateSize: 4864 },
    { hiddenSize: 2048, heads: 16, keyValueHeads: 2, headSize: 128, intermediateSize: 11008 },
    { hiddenSize: 2048, heads: 32, keyValueHeads: 8, headSize: 64, intermediateSize: 8192, tiedEmbeddings: false },
    { hiddenSize: 64, heads: 2, keyValueHeads: 2, headSize: 32, intermediateSize: 40000 },
  ];
  for (const shape of shapes) {
    const config = { ...QWEN2, vocabularySize: 151936, maxPositions: 131072, ...shape };
    const work = workOf({ prompts: 64, group: 16, promptTokens: 300, responseTokens: 1024, requests: 4096 });
    const { largest } = await planMemory(config, { work, rolloutWeights: "f16", lora: { rank: 8, alpha: 8 } });
    ok(largest <= 2 ** 27, `${largest} bytes for hidden ${shape.hiddenSize}`);
  }
});

Deno.test("the plan of Qwen2.5-0.5B has the weights, gradient and moments of its parameters", async () => {
  const work = workOf({ prompts: 16, group: 8, promptTokens: 200, responseTokens: 1024 });
  const { networks: { policy }, total, largest } = await planMemory(QWEN, { work, recompute: true });
  const parameters = 494032768, near = (bytes: number, expected: number) => Math.abs(bytes / expected - 1) < 1e-4;
  ok(near(policy.weights, 4 * parameters) && near(policy.gradient, 4 * parameters), `${policy.weights} bytes`);
  ok(near(policy.moments, 8 * parameters), `${policy.moments} bytes`);
  strictEqual(policy.keysAndValues, 174762 * 2 * 24 * 128 * 4);
  ok(total > 14e9 && total < 15e9, `${total} bytes`);
  strictEqual(largest, 2 ** 27);
});
