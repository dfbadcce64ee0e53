import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { loadExpectedAdapters } from "../../fixtures/models/expected.ts";
import { mergedWeights } from "../adapters.ts";
import {
  derivativesOf,
  requestsOf,
  sameBits,
  samplesOf,
  smallConfig,
  smallWeights,
  tokensOf,
} from "../cpu/checking_test.ts";
import { readDirectory, writeDirectory } from "../directory.ts";
import { fixedFeeds, Reference } from "../model/checking_test.ts";
import { parameterCount, parameterSlots } from "../model/config.ts";
import { LORA_TARGETS, type LoraTarget } from "../model/lora.ts";
import { openPolicy } from "../open.ts";
import { close } from "../ops/checking_test.ts";
import type { Policy } from "../policy.ts";
import { gpu, gpuTest } from "./checking_test.ts";
import { createSampler } from "./decoding.ts";
import { createCountingGpu } from "./counting.ts";
import { createEngine } from "./engine.ts";
import { createOptimizer } from "./optimizer.ts";
import { createParameters } from "./parameters.ts";
import { shareGpu } from "./shared.ts";
import { accumulate, score } from "./training.ts";

const BASE = smallConfig({ keyValueHeads: 2, qkvBias: true, layers: 1 });
const LORA = { rank: 3, alpha: 4.5 };
const CONFIG = { ...BASE, layers: 2, lora: { ...LORA, targets: LORA_TARGETS } };
const GPU = { backend: "webgpu-software", tokenizer: false } as const;

// Held open, so that the device is tested once.
const held = await shareGpu({ software: true }).catch(() => undefined);
globalThis.addEventListener("unload", () => held?.release());

gpuTest(
  "on the GPU, adapters have PyTorch's log-probs, gradients and two AdamW steps, and the rest stays",
  async () => {
    const { config, weights, samples, logProbs, derivatives, gradient, steps } = await loadExpectedAdapters();
    const engine = createEngine(gpu, config, weights), optimizer = createOptimizer(engine), { parameters } = engine;
    const scores = await score(engine, samples);
    scores.forEach((found, i) => close(found.logProbs, logProbs[i], 1e-5, `log-probs of sample ${i}`));
    await accumulate(engine, samples, derivatives);
    close(await parameters.read("gradient"), gradient, 1e-5, "gradient");
    parameters.clear("gradient");
    const first = weights.length - gradient.length;
    strictEqual(parameters.trained, gradient.length);
    for (const { derivatives, options, norm, weights: expected } of steps) {
      await accumulate(engine, samples, derivatives);
      close([await optimizer.step(options) / norm], [1], 1e-6, "norm");
      const found = await parameters.read("weights");
      sameBits(found.subarray(0, first), weights.subarray(0, first), "the model's own weights");
      close(found.subarray(first), expected, 0.01 * options.learningRate, "adapters");
    }
    optimizer.dispose();
    engine.dispose();
  },
);

gpuTest("on the GPU, adapters beside some matrices only have the gradient of the reference", async () => {
  const prompt = tokensOf("some", 9), samples = [5, 1].map((n) => ({ prompt, response: tokensOf(`some ${n}`, n) }));
  const derivatives = derivativesOf("some", samples);
  for (const targets of [["q_proj"], ["v_proj"], ["up_proj"], ["down_proj"]] satisfies LoraTarget[][]) {
    const config = { ...BASE, lora: { ...LORA, targets } },
      weights = smallWeights(config),
      slots = parameterSlots(config);
    const engine = createEngine(gpu, config, weights, { recompute: true }), first = parameterCount(BASE);
    await accumulate(engine, samples, derivatives);
    const found = await engine.parameters.read("gradient");
    const { gradient } = new Reference(config, fixedFeeds(config, weights)).run(samples, derivatives);
    strictEqual(gradient.size, 2);
    for (const [name, part] of gradient) {
      const { offset, length } = slots.get(name)!;
      close(found.subarray(offset - first, offset - first + length), part, 1e-5, name);
    }
    engine.dispose();
  }
});

gpuTest("on the GPU, sampling, scoring and training with adapters agree bit for bit, recomputed or not", async () => {
  const weights = smallWeights(CONFIG), gradients: Float32Array[] = [];
  for (const recompute of [false, true]) {
    const engine = createEngine(gpu, CONFIG, weights, { recompute }), sampler = createSampler(engine);
    const requests = requestsOf(Array.from({ length: 20 }, (_, i) => tokensOf(`exact ${i}`, 1 + 2 * i)));
    const drawn = await sampler.decode(requests, { maxTokens: 12, stopTokens: [0], temperature: 0.8 });
    const samples = drawn.map(({ tokens }, i) => ({ prompt: requests[i].prompt, response: tokens }));
    const scores = await score(engine, samples, { temperature: 0.8 });
    const trained = await accumulate(engine, samples, derivativesOf("exact", samples), { temperature: 0.8 });
    drawn.forEach(({ logProbs }, i) => {
      sameBits(logProbs, scores[i].logProbs, `sampling of sample ${i}`);
      sameBits(trained[i]!.logProbs, scores[i].logProbs, `training of sample ${i}`);
    });
    gradients.push(await engine.parameters.read("gradient"));
    sampler.dispose();
    engine.dispose();
  }
  sameBits(gradients[1], gradients[0], "gradient");
});

Deno.test("beside adapters there is nothing of the model's own weights but the weights", () => {
  const counting = createCountingGpu();
  const config = { ...BASE, hiddenSize: 128, headSize: 32, intermediateSize: 256, vocabularySize: 512 };
  const adapted = { ...config, lora: { rank: 16, alpha: 32, targets: LORA_TARGETS } };
  const { trained } = createParameters(counting, adapted), own = parameterCount(config);
  strictEqual(trained, parameterCount(adapted) - own);
  const { live: bytes } = counting.memory;
  ok(bytes < 1.01 * (4 * own + 16 * trained), `${bytes} bytes`); // tensors start at multiples of 256 bytes
});

Deno.test("merging adds the product of the adapters to the matrices they stand beside, and to nothing else", () => {
  const config = { ...BASE, lora: { ...LORA, targets: ["k_proj" as const] } }, weights = smallWeights(config);
  const merged = mergedWeights(config, weights),
    slots = parameterSlots(config),
    layer = "model.layers.0.self_attn.k_proj";
  const read = (name: string) => weights.subarray(slots.get(name)!.offset);
  const a = read(`base_model.model.${layer}.lora_A.weight`), b = read(`base_model.model.${layer}.lora_B.weight`);
  const { offset, length } = slots.get(`${layer}.weight`)!;
  strictEqual(merged.length, parameterCount(BASE));
  merged.forEach((value, i) => {
    const o = Math.floor((i - offset) / 32), c = (i - offset) % 32;
    const added = i < offset || i >= offset + length
      ? 0
      : 1.5 * (b[3 * o] * a[c] + b[3 * o + 1] * a[32 + c] + b[3 * o + 2] * a[64 + c]);
    strictEqual(value, Math.fround(weights[i] + added), `weight ${i}`);
  });
});

const SAMPLES = samplesOf("lora", 6, 16, 10), DERIVATIVES = derivativesOf("lora", SAMPLES);

async function update(policy: Policy) {
  await policy.accumulate(SAMPLES, DERIVATIVES);
  await policy.step({ learningRate: 0.02 });
}

/** Runs a body with the directory of a small random policy. */
async function withDirectory(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await writeDirectory(`${folder}/start`, { config: BASE, weights: smallWeights(BASE), stopTokens: [0, 1] });
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

gpuTest(
  "on the GPU, a policy with adapters starts as the one without, and saved it continues with the same digest",
  () =>
    withDirectory(async (folder) => {
      const plain = await openPolicy(`${folder}/start`, GPU),
        whole = await openPolicy(`${folder}/start`, { ...GPU, lora: LORA });
      ok(whole.parameterCount > 0 && whole.parameterCount < plain.parameterCount);
      const [before, after] = [await plain.logProbs(SAMPLES), await whole.logProbs(SAMPLES)];
      after.forEach(({ logProbs }, i) => sameBits(logProbs, before[i].logProbs, `sample ${i} with new adapters`));
      await update(whole);
      await whole.save(`${folder}/saved`, { optimizer: true });
      const digest = await whole.digest(), resumed = await openPolicy(`${folder}/saved`, GPU);
      strictEqual(await resumed.digest(), digest);
      const named = await openPolicy(`${folder}/saved`, { ...GPU, lora: { ...LORA, targets: LORA_TARGETS } });
      strictEqual(await named.digest(), digest);
      for (const policy of [whole, resumed]) await update(policy);
      notStrictEqual(await whole.digest(), digest);
      strictEqual(await resumed.digest(), await whole.digest());
      const other = await openPolicy(`${folder}/start`, { ...GPU, lora: { ...LORA, seed: 1 } });
      const fresh = await openPolicy(`${folder}/start`, { ...GPU, lora: LORA });
      notStrictEqual(
        await other.digest(),
        await fresh.digest(),
      );
      for (const policy of [plain, whole, resumed, named, other, fresh]) await policy.dispose();
    }),
);

gpuTest(
  "on the GPU, saving merges: the directory is an ordinary one, also for the CPU",
  () =>
    withDirectory(async (folder) => {
      const policy = await openPolicy(`${folder}/start`, { ...GPU, lora: LORA });
      await update(policy);
      await policy.save(`${folder}/merged`);
      const { adapters, weights } = await readDirectory(`${folder}/merged`);
      strictEqual(adapters, undefined);
      strictEqual(weights.length, parameterCount(BASE));
      const cpu = await openPolicy(`${folder}/merged`, { tokenizer: false }),
        start = await openPolicy(`${folder}/start`, GPU);
      const [found, expected, before] = await Promise.all([cpu, policy, start].map((own) => own.logProbs(SAMPLES)));
      found.forEach(({ logProbs }, i) => close(logProbs, expected[i].logProbs, 1e-5, `sample ${i}`));
      ok(
        expected.some(({ logProbs }, i) => logProbs.some((value, t) => Math.abs(value - before[i].logProbs[t]) > 0.01)),
      );
      await policy.save(`${folder}/saved`, { optimizer: true });
      const both = await readDirectory(`${folder}/saved`);
      sameBits(both.weights, weights, "merged weights beside adapters in training");
      deepStrictEqual(both.adapters!.lora, { ...LORA, targets: [...LORA_TARGETS] });
      sameBits(both.adapters!.weights.subarray(0, weights.length), smallWeights(BASE), "weights before the merge");
      await rejects(
        openPolicy(`${folder}/saved`, { tokenizer: false }),
        /saved: it holds adapters in training, which only the GPU computes; .* delete its lora\.safetensors/,
      );
      await rejects(
        openPolicy(`${folder}/saved`, { ...GPU, lora: { rank: 2, alpha: 1, targets: ["q_proj"] } }),
        /holds adapters with rank 3, alpha 4\.5 .* not rank 2, alpha 1 and targets q_proj\.$/,
      );
      for (const own of [policy, cpu, start]) await own.dispose();
    }),
);

gpuTest("adapters that can't be are refused in one sentence", () =>
  withDirectory(async (folder) => {
    const open = (lora: object) => openPolicy(`${folder}/start`, { ...GPU, lora: { ...LORA, ...lora } });
    await rejects(open({ rank: 0 }), /^RangeError: The rank of LoRA is 0; use 1, 2, 3, …\.$/);
    await rejects(open({ alpha: -1 }), /^RangeError: LoRA's alpha is -1; use a positive number\.$/);
    await rejects(open({ targets: ["lm_head"] }), /^RangeError: LoRA has the target lm_head; use some of q_proj, /);
    await rejects(open({ targets: [] }), /^RangeError: LoRA has the target of nothing; /);
    await rejects(
      openPolicy(`${folder}/start`, { tokenizer: false, lora: LORA }),
      /start: adapters \(lora\) are trained on the GPU only; choose the back end webgpu, or leave them out\.$/,
    );
  }));
