import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { loadExpected, MODELS } from "../../fixtures/models/expected.ts";
import { readDirectory, writeDirectory } from "../directory.ts";
import { criticConfig, type ModelConfig, parameterCount, parameterSlots } from "../model/config.ts";
import { fixedFeeds, Reference } from "../model/checking_test.ts";
import { openCritic, openPolicy } from "../open.ts";
import { close } from "../ops/checking_test.ts";
import type { Critic, Sample } from "../policy.ts";
import {
  derivativesOf,
  pick,
  sameBits,
  samplesOf,
  shuffled,
  smallConfig,
  smallWeights,
  tokensOf,
  withEngine,
} from "./checking_test.ts";
import { createCpuCritic } from "./critic.ts";
import { createEngine, type Engine } from "./engine.ts";
import { backward, evaluate } from "./training.ts";

const SHAPES = [1, 2, 4].map((keyValueHeads) =>
  criticConfig(smallConfig({ keyValueHeads, qkvBias: keyValueHeads === 2 }))
);
const titleOf = ({ heads, keyValueHeads }: ModelConfig) => `${heads} heads, ${keyValueHeads} for keys`;
const SAMPLES = samplesOf("critic", 12, 20, 12), DERIVATIVES = derivativesOf("critic", SAMPLES);

const fresh = (engine: Engine, samples: readonly Sample[], padding = 0) =>
  evaluate(engine, new Map(), samples, { padding });

async function gradientOf(engine: Engine, samples: readonly Sample[], derivatives: readonly ArrayLike<number>[]) {
  const gradient = new Float32Array(engine.weights.length);
  await backward(engine, new Map(), samples, derivatives, gradient);
  return gradient;
}

function sameValues(actual: readonly Float32Array[], expected: readonly Float32Array[], what: string) {
  strictEqual(actual.length, expected.length);
  actual.forEach((row, i) => sameBits(row, expected[i], `values of sample ${i}, ${what}`));
}

/** Runs a body with the directories of a small random policy and of a small random critic. */
async function withDirectories(
  body: (paths: { folder: string; policy: string; critic: string }) => Promise<void>,
  overrides: Partial<ModelConfig> = {},
) {
  const folder = await Deno.makeTempDir();
  try {
    const config = smallConfig(overrides), paths = { folder, policy: `${folder}/policy`, critic: `${folder}/critic` };
    await writeDirectory(paths.policy, { config, weights: smallWeights(config), stopTokens: [0] });
    const own = criticConfig(config);
    await writeDirectory(paths.critic, { config: own, weights: smallWeights(own) });
    await body(paths);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function update(critic: Critic, learningRate = 0.01) {
  await critic.accumulate(SAMPLES, DERIVATIVES);
  return critic.step({ learningRate, weightDecay: 0.1 });
}

for (const config of SHAPES) {
  Deno.test(`values and gradients are those of the float64 reference (${titleOf(config)})`, () =>
    withEngine(config, async (engine) => {
      const prompt = tokensOf("reference", 11);
      const samples = [5, 1, 30].map((length, i) => ({ prompt, response: tokensOf(`response ${i}`, length) }));
      const derivatives = derivativesOf("reference", samples);
      const { rows, gradient } = new Reference(config, fixedFeeds(config, engine.weights)).runHead(
        samples,
        derivatives,
      );
      (await fresh(engine, samples)).forEach((row, i) => close(row, rows[i][0], 1e-5, `values of sample ${i}`));
      const found = await gradientOf(engine, samples, derivatives);
      for (const { name, offset, length } of parameterSlots(config).values()) {
        close(found.subarray(offset, offset + length), gradient.get(name)!, 1e-5, name);
      }
    }));

  Deno.test(`a sample's values are bitwise the same alone, in any batch, order and padding (${titleOf(config)})`, () =>
    withEngine(config, async (engine) => {
      const samples = samplesOf("batch", 90, 50, 40), all = await fresh(engine, samples);
      for (const i of [0, 1, 2, 3, 50, 89]) {
        sameValues(await fresh(engine, [samples[i]]), [all[i]], `sample ${i} alone`);
      }
      for (const count of [2, 3, 5, 17]) {
        sameValues(await fresh(engine, samples.slice(0, count)), all.slice(0, count), `${count} samples`);
      }
      const order = shuffled("order", 90);
      sameValues(await fresh(engine, pick(samples, order)), pick(all, order), "shuffled");
      for (const padding of [1, 16, 37, 100]) {
        sameValues(await fresh(engine, samples, padding), all, `padding ${padding}`);
      }
      for (const [i, length] of [1, 2, 17, 40].entries()) {
        const sample = { prompt: tokensOf(`one ${i}`, length), response: [i] };
        const [value] = await fresh(engine, [sample]);
        sameValues((await fresh(engine, [...samples, sample])).slice(-1), [value], `one token, prompt of ${length}`);
      }
    }));

  Deno.test(`gradients repeat bitwise, and one and two threads give the same bits (${titleOf(config)}, critic)`, async () => {
    const samples = samplesOf("threads", 60, 40, 30), derivatives = derivativesOf("threads", samples);
    const run = (threads: number) =>
      withEngine(config, async (engine) => {
        const gradient = await gradientOf(engine, samples, derivatives);
        sameBits(await gradientOf(engine, samples, derivatives), gradient, "again");
        return { values: await fresh(engine, samples), gradient };
      }, { threads });
    const one = await run(1), two = await run(2);
    sameValues(two.values, one.values, "two threads");
    sameBits(two.gradient, one.gradient, "two threads");
  });

  Deno.test(`the gradient is the slope of the float32 values (${titleOf(config)})`, () =>
    withEngine(config, async (engine) => {
      const gradient = await gradientOf(engine, SAMPLES, DERIVATIVES), start = engine.weights.slice();
      const direction = smallWeights(config, 9), size = 2 ** -9;
      const at = async (step: number) => {
        start.forEach((weight, i) => engine.weights[i] = weight + step * direction[i]);
        engine.weightsChanged();
        const values = await fresh(engine, SAMPLES);
        return values.reduce((sum, row, i) => sum + row.reduce((a, x, t) => a + x * DERIVATIVES[i][t], 0), 0);
      };
      const slope = (await at(size) - await at(-size)) / (2 * size);
      const expected = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
      ok(Math.abs(slope - expected) < 2e-3 * Math.hypot(...gradient), `${slope} instead of ${expected}`);
    }));
}

for (const name of MODELS) {
  Deno.test(`a head that is a row of ${name}'s unembedding gives that token's logits, as PyTorch computes them`, async () => {
    const { directory, samples, logits } = await loadExpected(name), files = await readDirectory(directory);
    const config = criticConfig(files.config), weights = new Float32Array(parameterCount(config)), token = 7;
    const { hiddenSize } = config, table = files.config.tiedEmbeddings ? "model.embed_tokens" : "lm_head";
    for (const slot of parameterSlots(config).values()) {
      const source = files.slots.get(slot.name) ?? files.slots.get(`${table}.weight`)!;
      const first = source.name === slot.name ? source.offset : source.offset + token * hiddenSize;
      weights.set(files.weights.subarray(first, first + slot.length), slot.offset);
    }
    const engine = createEngine(config, weights);
    for (const { sample, rows } of logits) {
      const [values] = await fresh(engine, [samples[sample]]);
      close(values, rows.map((row) => row[token]), 1e-5, `sample ${sample}`);
    }
    await engine.dispose();
  });
}

for (const tiedEmbeddings of [true, false]) {
  const title = tiedEmbeddings ? "tied" : "untied";
  Deno.test(`a critic starts from the weights of a policy with ${title} embeddings, and its values at 0`, () =>
    withDirectories(async ({ folder, policy }) => {
      const files = await readDirectory(policy), critic = await openCritic(policy);
      const { config, vocabularySize } = { config: files.config, ...files.config };
      const outputs = tiedEmbeddings ? 0 : vocabularySize * config.hiddenSize;
      strictEqual(critic.parameterCount, files.weights.length - outputs + config.hiddenSize);
      const values = await critic.values(SAMPLES);
      values.forEach((row, i) => {
        strictEqual(row.length, SAMPLES[i].response.length);
        ok(row.every((value) => value === 0));
      });
      await critic.save(`${folder}/saved`);
      const saved = await readDirectory(`${folder}/saved`), own = parameterSlots(saved.config);
      const weightsOf = ({ weights, slots }: typeof saved, name: string) => {
        const { offset, length } = slots.get(name)!;
        return weights.slice(offset, offset + length);
      };
      deepStrictEqual(saved.slots.get("value_head.weight")!.shape, [1, config.hiddenSize]);
      for (const name of own.keys()) {
        if (name === "value_head.weight") ok(weightsOf(saved, name).every((weight) => weight === 0));
        else deepStrictEqual(weightsOf(saved, name), weightsOf(files, name), name);
      }
      await critic.dispose();
    }, { tiedEmbeddings }));
}

Deno.test("a critic learns: repeated steps towards targets bring its values there", () =>
  withDirectories(async ({ policy }) => {
    const critic = await openCritic(policy), target = (i: number) => i % 2;
    const distance = (values: Float32Array[]) =>
      values.reduce((sum, row, i) => sum + row.reduce((a, value) => a + (value - target(i)) ** 2, 0), 0);
    const before = distance(await critic.values(SAMPLES));
    for (let step = 0; step < 60; step++) {
      const values = await critic.values(SAMPLES);
      await critic.accumulate(SAMPLES, values.map((row, i) => row.map((value) => value - target(i))));
      ok((await critic.step({ learningRate: 0.01 })).norm > 0);
    }
    ok(distance(await critic.values(SAMPLES)) < 0.05 * before);
    await critic.dispose();
  }));

Deno.test("a policy's optimizer is not the critic's", () =>
  withDirectories(async ({ folder, policy }) => {
    const { config, weights } = await readDirectory(policy), ones = () => new Float32Array(weights.length).fill(1);
    const optimizer = { firstMoment: ones(), secondMoment: ones(), step: 5 };
    await writeDirectory(`${folder}/trained`, { config, weights, optimizer });
    const [fromTrained, fromPolicy] = [await openCritic(`${folder}/trained`), await openCritic(policy)];
    strictEqual(await fromTrained.digest(), await fromPolicy.digest());
    for (const critic of [fromTrained, fromPolicy]) await critic.dispose();
  }));

Deno.test("a critic saved with its optimizer continues with the same digest as one that went on", () =>
  withDirectories(async ({ folder, policy }) => {
    const whole = await openCritic(policy);
    await update(whole);
    await whole.save(`${folder}/saved`, { optimizer: true });
    await whole.save(`${folder}/bare`);
    const digest = await whole.digest(), values = await whole.values(SAMPLES);
    await update(whole);
    const resumed = await openCritic(`${folder}/saved`), bare = await openCritic(`${folder}/bare`);
    strictEqual(await resumed.digest(), digest);
    notStrictEqual(await bare.digest(), digest);
    sameValues(await bare.values(SAMPLES), values, "opened again");
    await update(resumed);
    strictEqual(await resumed.digest(), await whole.digest());
    sameValues(await resumed.values(SAMPLES), await whole.values(SAMPLES), "after a further step");
    const names = [...Deno.readDirSync(`${folder}/saved`)].map(({ name }) => name).sort();
    deepStrictEqual(names, ["config.json", "model.safetensors", "optimizer.safetensors"]);
    const file = `${folder}/state.safetensors`, restored = await openCritic(policy);
    await whole.checkpoint(file, { optimizer: true });
    await restored.restore(file);
    strictEqual(await restored.digest(), await whole.digest());
    sameValues(await restored.values(SAMPLES), await whole.values(SAMPLES), "restored");
    for (const critic of [whole, resumed, bare, restored]) await critic.dispose();
  }, { keyValueHeads: 2, qkvBias: true, tiedEmbeddings: false }));

Deno.test("a critic's gradient adds up over micro-batches, is forgotten on request, and cleared by a step", () =>
  withDirectories(async ({ critic: path }) => {
    const critic = await openCritic(path), norm = async () => (await critic.step({ learningRate: 0 })).norm;
    const accumulate = (from: number, to: number) =>
      critic.accumulate(SAMPLES.slice(from, to), DERIVATIVES.slice(from, to));
    await accumulate(0, 12);
    const whole = await norm();
    strictEqual(await norm(), 0);
    await accumulate(0, 5);
    await accumulate(5, 12);
    close([await norm()], [whole], 1e-6);
    await accumulate(0, 12);
    critic.discardGradient();
    strictEqual(await norm(), 0);
    await critic.accumulate(SAMPLES, SAMPLES.map(({ response }) => response.map(() => 0)));
    strictEqual(await norm(), 0);
    await critic.dispose();
  }));

Deno.test("calls to a critic that overlap give what they give one after another", () =>
  withDirectories(async ({ critic: path }) => {
    const [one, other] = [await openCritic(path), await openCritic(path)];
    await update(one);
    const alone = await one.values(SAMPLES);
    const [, , together] = await Promise.all([
      other.accumulate(SAMPLES, DERIVATIVES),
      other.step({ learningRate: 0.01, weightDecay: 0.1 }),
      other.values(SAMPLES),
    ]);
    sameValues(together, alone, "overlapping");
    strictEqual(await other.digest(), await one.digest());
    for (const critic of [one, other]) await critic.dispose();
  }));

Deno.test("a critic refuses wrong lengths and tokens; policies and critics are not mistaken for each other", () =>
  withDirectories(async ({ critic: path, policy }) => {
    const critic = createCpuCritic(await readDirectory(path));
    const refuses = (work: () => unknown, message: RegExp) => throws(() => work(), { name: "RangeError", message });
    refuses(
      () => critic.accumulate([{ prompt: [1], response: [2, 3] }], [[1]]),
      /^Sample 0 has 2 response tokens but 1 derivatives; give one each\.$/,
    );
    refuses(() => critic.accumulate([{ prompt: [1], response: [2] }], []), /but 0 derivatives/);
    refuses(() => critic.values([{ prompt: [1], response: [48] }]), /^The response of sample 0 holds 48, .* 47\.$/);
    refuses(() => critic.values([{ prompt: [], response: [1] }]), /^The prompt of sample 0 is empty; /);
    deepStrictEqual((await critic.values([{ prompt: [1], response: [] }])).map(({ length }) => length), [0]);
    await rejects(openPolicy(path, { tokenizer: false }), /it holds a critic, .* openCritic\(\)\.$/);
    await critic.dispose();
    await (await openPolicy(policy, { tokenizer: false })).dispose();
  }));
