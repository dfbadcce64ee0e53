import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { loadExpected } from "../../fixtures/models/expected.ts";
import { readDirectory, writeDirectory } from "../directory.ts";
import type { Policy, Tokenizer } from "../policy.ts";
import { close } from "../ops/checking_test.ts";
import { writeState } from "../state.ts";
import {
  derivativesOf,
  requestsOf,
  sameBits,
  samplesOf,
  smallConfig,
  smallWeights,
  tokensOf,
} from "./checking_test.ts";
import { createCpuPolicy } from "./policy.ts";

const tokenizer: Tokenizer = { encode: () => [], decode: () => "", vocabularySize: 48 };
const SAMPLES = samplesOf("policy", 12, 20, 12), DERIVATIVES = derivativesOf("policy", SAMPLES);

/** Runs a body with the directory of a small random policy. */
async function withDirectory(body: (path: string) => Promise<void>, overrides = {}) {
  const folder = await Deno.makeTempDir();
  try {
    const config = smallConfig(overrides);
    await writeDirectory(`${folder}/start`, { config, weights: smallWeights(config), stopTokens: [0, 1] });
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function open(path: string): Promise<Policy> {
  return createCpuPolicy(await readDirectory(path), tokenizer);
}

async function update(policy: Policy, learningRate = 0.01) {
  await policy.accumulate(SAMPLES, DERIVATIVES);
  return policy.step({ learningRate, weightDecay: 0.1 });
}

Deno.test("two AdamW steps are those of PyTorch: gradient norm, clipping and weights", async () => {
  const { directory, samples, steps } = await loadExpected("qwen2-tied"), files = await readDirectory(directory);
  const policy = createCpuPolicy(files, tokenizer);
  strictEqual(steps.length, 2);
  for (const { derivatives, temperature, options, norm, weights } of steps) {
    await policy.accumulate(samples, derivatives, { temperature });
    const found = await policy.step(options);
    close([found.norm / norm], [1], 1e-6, "norm");
    // A gradient near epsilon has few right digits, and Adam divides it by itself: such a weight is off by a part of a step.
    close(files.weights, weights, 0.01 * options.learningRate, "weights");
    const far = files.weights.filter((weight, i) => Math.abs(weight - weights[i]) > 1e-6);
    ok(far.length < weights.length / 1000, `${far.length} of ${weights.length} weights are off`);
  }
  await policy.dispose();
});

Deno.test("a policy says what it is", () =>
  withDirectory(async (folder) => {
    const policy = await open(`${folder}/start`);
    strictEqual(policy.parameterCount, smallWeights(smallConfig()).length);
    deepStrictEqual(policy.stopTokens, [0, 1]);
    ok(/^cpu\/\d+ onnxruntime-node \d/.test(policy.backend), policy.backend);
    strictEqual(policy.tokenizer, tokenizer);
    await policy.dispose();
  }));

Deno.test("the same steps give the same digest; other steps, and a step more, give another", () =>
  withDirectory(async (folder) => {
    const digests = [];
    for (const rates of [[0.01, 0.01], [0.01, 0.01], [0.01, 0.02], [0.01], []]) {
      const policy = await open(`${folder}/start`);
      for (const rate of rates) await update(policy, rate);
      digests.push(await policy.digest());
      await policy.dispose();
    }
    strictEqual(digests[0], digests[1]);
    strictEqual(new Set(digests).size, 4);
    ok(digests.every((digest) => /^[0-9a-f]{64}$/.test(digest)));
  }));

Deno.test("a policy saved with its optimizer continues with the same digest as one that went on", () =>
  withDirectory(async (folder) => {
    const whole = await open(`${folder}/start`);
    await update(whole);
    await whole.save(`${folder}/saved`, { optimizer: true });
    await whole.save(`${folder}/bare`);
    const digest = await whole.digest();
    await update(whole);
    const resumed = await open(`${folder}/saved`), bare = await open(`${folder}/bare`);
    strictEqual(await resumed.digest(), digest);
    notStrictEqual(await bare.digest(), digest);
    await update(resumed);
    strictEqual(await resumed.digest(), await whole.digest());
    deepStrictEqual(resumed.stopTokens, whole.stopTokens);
    for (const policy of [whole, resumed, bare]) await policy.dispose();
  }));

Deno.test("a policy goes on from a checkpoint as if it had never stopped, whatever it did in between", () =>
  withDirectory(async (folder) => {
    const file = `${folder}/state.safetensors`, whole = await open(`${folder}/start`);
    await Deno.writeFile(file, new Uint8Array(1 << 20)); // Something longer is there: it is written over and cut.
    await update(whole);
    await whole.checkpoint(file, { optimizer: true });
    const digest = await whole.digest(), scores = await whole.logProbs(SAMPLES);
    await update(whole);
    const last = await whole.digest(), other = await open(`${folder}/start`);
    for (const policy of [whole, other]) {
      await policy.accumulate(SAMPLES, DERIVATIVES);
      await policy.restore(file);
      strictEqual(await policy.digest(), digest);
      (await policy.logProbs(SAMPLES)).forEach(({ logProbs }, i) =>
        sameBits(logProbs, scores[i].logProbs, `sample ${i}`)
      );
      await update(policy);
      strictEqual(await policy.digest(), last);
    }
    await whole.save(`${folder}/bare`);
    await whole.checkpoint(file);
    await other.restore(file);
    const bare = await open(`${folder}/bare`);
    strictEqual(await other.digest(), await bare.digest(), "without its optimizer it starts anew");
    for (const policy of [whole, other, bare]) await policy.dispose();
  }));

Deno.test("a checkpoint that is damaged or of another model is refused, and the policy stays as it is", () =>
  withDirectory(async (folder) => {
    const file = `${folder}/state.safetensors`, policy = await open(`${folder}/start`), digest = await policy.digest();
    const config = smallConfig({ layers: 1 });
    await writeState(file, { weights: smallWeights(config) });
    await rejects(policy.restore(file), /state\.safetensors: weights has \d+ elements, the model \d+ weights\.$/);
    await policy.checkpoint(file, { optimizer: true });
    await Deno.truncate(file, 1000);
    await rejects(policy.restore(file), /state\.safetensors: it is truncated: /);
    await rejects(policy.restore(`${folder}/none`), /none: cannot be opened /);
    await rejects(policy.checkpoint(`${folder}/none/state`), /none\/state: cannot be written /);
    strictEqual(await policy.digest(), digest);
    await policy.dispose();
  }));

Deno.test("a policy is saved with the files that came with it, when the directory it was read from is gone", () =>
  withDirectory(async (folder) => {
    await Deno.writeTextFile(`${folder}/start/tokenizer.json`, '{"of": "this policy"}');
    const policy = await open(`${folder}/start`);
    await Deno.remove(`${folder}/start`, { recursive: true });
    await policy.save(`${folder}/saved`);
    strictEqual(await Deno.readTextFile(`${folder}/saved/tokenizer.json`), '{"of": "this policy"}');
    deepStrictEqual((await readDirectory(`${folder}/saved`)).stopTokens, [0, 1]);
    await policy.dispose();
  }));

Deno.test("after a step, sampling and scoring use the new weights only", () =>
  withDirectory(async (folder) => {
    const trained = await open(`${folder}/start`), prompts = [tokensOf("a", 9), tokensOf("b", 20), [4]];
    const look = async (policy: Policy) => ({
      drawn: await policy.generate(requestsOf(prompts), { maxTokens: 10 }),
      scores: await policy.logProbs(SAMPLES),
    });
    const before = await look(trained);
    await update(trained);
    const after = await look(trained);
    await trained.save(`${folder}/trained`);
    const loaded = await open(`${folder}/trained`), again = await look(loaded);
    deepStrictEqual(again.drawn.map(({ tokens }) => tokens), after.drawn.map(({ tokens }) => tokens));
    after.drawn.forEach(({ logProbs }, i) => sameBits(logProbs, again.drawn[i].logProbs, `response ${i}`));
    after.scores.forEach(({ logProbs }, i) => sameBits(logProbs, again.scores[i].logProbs, `sample ${i}`));
    ok(after.scores.some(({ logProbs }, i) => logProbs.some((value, t) => value !== before.scores[i].logProbs[t])));
    for (const policy of [trained, loaded]) await policy.dispose();
  }, { keyValueHeads: 2, qkvBias: true }));

Deno.test("learning rate 0 changes no log-prob", () =>
  withDirectory(async (folder) => {
    const policy = await open(`${folder}/start`), before = await policy.logProbs(SAMPLES);
    ok((await update(policy, 0)).norm > 0);
    (await policy.logProbs(SAMPLES)).forEach(({ logProbs }, i) =>
      sameBits(logProbs, before[i].logProbs, `sample ${i}`)
    );
    await policy.dispose();
  }));

Deno.test("a step clears the gradient: the next norm is its own", () =>
  withDirectory(async (folder) => {
    const policy = await open(`${folder}/start`), first = await update(policy, 0);
    strictEqual((await update(policy, 0)).norm, first.norm);
    strictEqual((await policy.step({ learningRate: 0 })).norm, 0);
    await policy.accumulate(SAMPLES, DERIVATIVES);
    await policy.accumulate(SAMPLES, DERIVATIVES);
    close([(await policy.step({ learningRate: 0 })).norm], [2 * first.norm], 1e-6);
    await policy.dispose();
  }));

Deno.test("a step along the gradient of the samples' log-probs makes them less likely, as minimisation must", () =>
  withDirectory(async (folder) => {
    const policy = await open(`${folder}/start`);
    const total = async () =>
      (await policy.logProbs(SAMPLES)).flatMap(({ logProbs }) => [...logProbs]).reduce((a, b) => a + b);
    const before = await total();
    await policy.accumulate(SAMPLES, SAMPLES.map(({ response }) => response.map(() => 1)));
    await policy.step({ learningRate: 1e-3 });
    const lower = await total();
    ok(lower < before);
    await policy.accumulate(SAMPLES, SAMPLES.map(({ response }) => response.map(() => -1)));
    await policy.step({ learningRate: 2e-3 });
    ok(await total() > lower);
    await policy.dispose();
  }));

Deno.test("stop tokens are those of the policy, unless the caller gives others", () =>
  withDirectory(async (folder) => {
    const policy = await open(`${folder}/start`), requests = requestsOf(Array.from({ length: 30 }, (_, i) => [i]));
    const own = await policy.generate(requests, { maxTokens: 20 });
    ok(own.every(({ tokens, truncated }) => truncated !== [0, 1].includes(tokens[tokens.length - 1])));
    ok(own.some(({ truncated }) => !truncated));
    ok(
      (await policy.generate(requests, { maxTokens: 20, stopTokens: [] })).every(({ tokens }) => tokens.length === 20),
    );
    const asDefault = await policy.generate(requests, { maxTokens: 20, stopTokens: undefined });
    deepStrictEqual(asDefault.map(({ tokens }) => tokens), own.map(({ tokens }) => tokens));
    await policy.dispose();
  }));

Deno.test("calls that overlap give what they give one after another", () =>
  withDirectory(async (folder) => {
    const policy = await open(`${folder}/start`), options = { maxTokens: 24, stopTokens: [] };
    const requests = requestsOf(SAMPLES.map(({ prompt }) => prompt)), other = requests.slice(0, 3);
    const alone = [await policy.generate(requests, options), await policy.generate(other, options)];
    const together = await Promise.all([policy.generate(requests, options), policy.generate(other, options)]);
    deepStrictEqual(together, alone);
    await policy.dispose();
  }));

Deno.test("a gradient that is not finite updates nothing", () =>
  withDirectory(async (folder) => {
    const policy = await open(`${folder}/start`), before = await policy.digest();
    await policy.accumulate(SAMPLES, DERIVATIVES.map((row) => Array.from(row, () => NaN)));
    const { norm } = await policy.step({ learningRate: 0.01 });
    ok(Number.isNaN(norm));
    strictEqual(await policy.digest(), before);
    await policy.dispose();
  }));

Deno.test("accumulate() gives the scores of logProbs(), bit for bit, and none for samples without derivative", () =>
  withDirectory(async (folder) => {
    const policy = await open(`${folder}/start`), scores = await policy.logProbs(SAMPLES, { temperature: 0.8 });
    const derivatives = DERIVATIVES.map((row, i) => i % 3 === 0 ? Array.from(row, () => 0) : row);
    const found = await policy.accumulate(SAMPLES, derivatives, { temperature: 0.8 });
    found.forEach((score, i) => deepStrictEqual(score, i % 3 === 0 ? null : scores[i]));
    await policy.dispose();
  }));

Deno.test("what can not be sampled or scored is refused in one sentence", () =>
  withDirectory(async (folder) => {
    const policy = await open(`${folder}/start`), size = policy.tokenizer.vocabularySize;
    const refuses = (work: () => unknown, message: RegExp) => throws(() => work(), { name: "RangeError", message });
    refuses(() => policy.logProbs([{ prompt: [1], response: [size] }]), /^The response of sample 0 holds 48, .* 47\.$/);
    refuses(() => policy.logProbs([{ prompt: [], response: [1] }]), /^The prompt of sample 0 is empty; /);
    const request = { prompt: [1], key: [0, 0] } as const;
    refuses(() => policy.generate([request], { maxTokens: -1 }), /^A response can't have at most -1 tokens/);
    refuses(() => policy.generate([request], { maxTokens: 1, topP: 0 }), /^topP is 0; /);
    refuses(() => policy.generate([request], { maxTokens: 1, temperature: -1 }), /temperature -1; /);
    refuses(() => policy.generate([request], { maxTokens: 1, temperature: [1, 1] }), /^1 requests have 2 temp/);
    refuses(() => policy.logProbs([{ prompt: [1], response: [1] }], { temperature: 0 }), /^A temperature of 0 /);
    refuses(() => policy.generate([{ prompt: [0.5], key: [0, 0] }], { maxTokens: 1 }), /^Prompt 0 holds 0\.5, /);
    await policy.dispose();
  }));
