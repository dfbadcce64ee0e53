import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { close } from "../ops/checking_test.ts";
import type { Sample, Scores } from "../policy.ts";
import { loadExpected, MODELS } from "../../fixtures/models/expected.ts";
import { readDirectory } from "../directory.ts";
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
import { createEngine, type Engine } from "./engine.ts";
import { accumulate, score } from "./training.ts";

const SHAPES = [1, 2, 4].map((keyValueHeads) => smallConfig({ keyValueHeads, qkvBias: keyValueHeads === 2 }));
const LARGER = smallConfig({ hiddenSize: 128, heads: 4, keyValueHeads: 2, headSize: 64, intermediateSize: 256 });
const titleOf = ({ heads, keyValueHeads }: typeof SHAPES[number]) => `${heads} heads, ${keyValueHeads} for keys`;

const fresh = (engine: Engine, samples: readonly Sample[], options?: Parameters<typeof score>[3]) =>
  score(engine, new Map(), samples, options);

async function gradientOf(engine: Engine, samples: readonly Sample[], derivatives: readonly ArrayLike<number>[]) {
  const gradient = new Float32Array(engine.weights.length);
  await accumulate(engine, new Map(), samples, derivatives, gradient);
  return gradient;
}

function sameScores(actual: readonly Scores[], expected: readonly Scores[], what: string) {
  strictEqual(actual.length, expected.length);
  actual.forEach(({ logProbs, entropy }, i) => {
    sameBits(logProbs, expected[i].logProbs, `log-probs of sample ${i}, ${what}`);
    sameBits(entropy, expected[i].entropy, `entropy of sample ${i}, ${what}`);
  });
}

for (const name of MODELS) {
  Deno.test(`log-probs, entropy and gradients of ${name} are those of PyTorch`, async () => {
    const { directory, samples, cases } = await loadExpected(name),
      { config, weights } = await readDirectory(directory);
    const engine = createEngine(config, weights);
    for (const { temperature, logProbs, entropy, derivatives, gradient } of cases) {
      const scores = await fresh(engine, samples, { temperature });
      scores.forEach((found, i) => {
        close(found.logProbs, logProbs[i], 1e-5, `log-probs of sample ${i} at ${temperature}`);
        close(found.entropy, entropy[i], 1e-5, `entropy of sample ${i} at ${temperature}`);
      });
      if (!gradient) continue;
      const found = new Float32Array(weights.length);
      await accumulate(engine, new Map(), samples, derivatives!, found, { temperature });
      close(found, gradient, 1e-5, `gradient at ${temperature}`);
    }
    await engine.dispose();
  });
}

for (const config of SHAPES) {
  Deno.test(`a sample's scores are bitwise the same alone, in any batch and in any order (${titleOf(config)})`, () =>
    withEngine(config, async (engine) => {
      const samples = samplesOf("batch", 90, 50, 40), all = await fresh(engine, samples);
      for (const i of [0, 1, 2, 3, 50, 89]) {
        sameScores(await fresh(engine, [samples[i]]), [all[i]], `sample ${i} alone`);
      }
      for (const count of [2, 3, 5, 17]) {
        sameScores(await fresh(engine, samples.slice(0, count)), all.slice(0, count), `${count} samples`);
      }
      const order = shuffled("order", 90);
      sameScores(await fresh(engine, pick(samples, order)), pick(all, order), "shuffled");
      const prompts = new Map();
      await score(engine, prompts, samples.slice(40));
      sameScores(await score(engine, prompts, samples), all, "prompts computed before, in other company");
    }));

  Deno.test(`padding of prompt and response changes no bit of a score (${titleOf(config)})`, () =>
    withEngine(config, async (engine) => {
      const samples = samplesOf("padding", 40, 70, 50), all = await fresh(engine, samples);
      for (const padding of [1, 16, 32, 64, 100]) {
        sameScores(await fresh(engine, samples, { padding }), all, `padding ${padding}`);
      }
    }));

  Deno.test(`one-token responses are scored the same alone and in a batch, bit for bit (${titleOf(config)})`, () =>
    withEngine(config, async (engine) => {
      const samples = [1, 2, 17, 18, 40].map((length, i) => ({ prompt: tokensOf(`one ${i}`, length), response: [i] }));
      const all = await fresh(engine, [...samples, ...samplesOf("company", 20, 40, 30)]);
      for (const [i, sample] of samples.entries()) {
        sameScores(await fresh(engine, [sample]), [all[i]], `sample ${i} alone`);
        sameScores(await fresh(engine, [sample, sample]), [all[i], all[i]], `sample ${i} twice`);
      }
    }));

  Deno.test(`gradients repeat bitwise, and one and two threads give the same bits (${titleOf(config)})`, async () => {
    const samples = samplesOf("threads", 60, 40, 30), derivatives = derivativesOf("threads", samples);
    const run = (threads: number) =>
      withEngine(config, async (engine) => {
        const first = await gradientOf(engine, samples, derivatives);
        sameBits(await gradientOf(engine, samples, derivatives), first, "again");
        return { scores: await fresh(engine, samples), gradient: first };
      }, { threads });
    const one = await run(1), two = await run(2);
    sameScores(two.scores, one.scores, "two threads");
    sameBits(two.gradient, one.gradient, "two threads");
  });

  Deno.test(`the gradient is the slope of the float32 log-probs (${titleOf(config)})`, () =>
    withEngine(config, async (engine) => {
      const samples = samplesOf("slope", 12, 20, 20), derivatives = derivativesOf("slope", samples);
      const gradient = await gradientOf(engine, samples, derivatives), start = engine.weights.slice();
      const direction = smallWeights(config, 9), size = 2 ** -9;
      const at = async (step: number) => {
        start.forEach((weight, i) => engine.weights[i] = weight + step * direction[i]);
        engine.weightsChanged();
        const scores = await fresh(engine, samples);
        return scores.reduce((sum, s, i) => sum + s.logProbs.reduce((a, x, t) => a + x * derivatives[i][t], 0), 0);
      };
      const slope = (await at(size) - await at(-size)) / (2 * size);
      const expected = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
      ok(Math.abs(slope - expected) < 2e-3 * Math.hypot(...gradient), `${slope} instead of ${expected}`);
    }));
}

Deno.test("a larger model's scores are bitwise the same in any company, too", () =>
  withEngine(LARGER, async (engine) => {
    const samples = samplesOf("larger", 24, 150, 60),
      all = await fresh(engine, samples),
      order = shuffled("larger", 24);
    sameScores(await fresh(engine, pick(samples, order)), pick(all, order), "shuffled");
    sameScores(await fresh(engine, samples, { padding: 37 }), all, "padding");
    for (const i of [0, 7, 23]) sameScores(await fresh(engine, [samples[i]]), [all[i]], `sample ${i} alone`);
  }));

Deno.test("two threads give a larger model other last bits: log-probs within 1e-5, gradients within 1e-6 of the largest", async () => {
  const samples = samplesOf("larger", 24, 150, 60), derivatives = derivativesOf("larger", samples);
  const run = (threads: number) =>
    withEngine(LARGER, async (engine) => ({
      scores: await fresh(engine, samples),
      gradient: await gradientOf(engine, samples, derivatives),
    }), { threads });
  const one = await run(1), two = await run(2);
  two.scores.forEach(({ logProbs }, i) => close(logProbs, one.scores[i].logProbs, 1e-5, `sample ${i}`));
  close(two.gradient, one.gradient, 1e-6);
});

Deno.test("responses of a shared prompt have the scores of separate prompts, bit for bit", () =>
  withEngine(smallConfig(), async (engine) => {
    const prompt = tokensOf("shared", 21), responses = samplesOf("group", 8, 1, 30).map(({ response }) => response);
    const group = responses.map((response) => ({ prompt, response }));
    const together = await fresh(engine, group);
    for (const [i, sample] of group.entries()) sameScores(await fresh(engine, [sample]), [together[i]], `sample ${i}`);
  }));

Deno.test("the gradient of a group with a shared prompt is the sum of its samples' gradients", () =>
  withEngine(smallConfig({ keyValueHeads: 2, qkvBias: true, tiedEmbeddings: false }), async (engine) => {
    const prompt = tokensOf("shared", 21);
    const group = samplesOf("group", 8, 1, 30).map(({ response }) => ({ prompt, response }));
    const derivatives = derivativesOf("group", group), sum = new Float64Array(engine.weights.length);
    for (const [i, sample] of group.entries()) {
      (await gradientOf(engine, [sample], [derivatives[i]])).forEach((value, j) => sum[j] += value);
    }
    close(await gradientOf(engine, group, derivatives), sum, 2e-6);
  }));

Deno.test("accumulate() adds to what is there, and passes over samples without derivative", () =>
  withEngine(smallConfig(), async (engine) => {
    const samples = samplesOf("adds", 10, 10, 10), derivatives = derivativesOf("adds", samples);
    const gradient = await gradientOf(engine, samples, derivatives),
      zero = samples.map(({ response }) => response.map(() => 0));
    const twice = gradient.slice();
    await accumulate(engine, new Map(), samples, derivatives, twice);
    close(twice, gradient.map((value) => 2 * value), 1e-6);
    await accumulate(engine, new Map(), samples, zero, twice);
    close(twice, gradient.map((value) => 2 * value), 1e-6);
    const mixed = [...samples, ...samplesOf("more", 30, 10, 10)];
    const rows = mixed.map(({ response }, i) => derivatives[i] ?? response.map(() => 0));
    sameBits(await gradientOf(engine, mixed, rows), gradient, "with idle company");
  }));

Deno.test("empty responses score to empty rows and train nothing", () =>
  withEngine(smallConfig(), async (engine) => {
    const samples: Sample[] = [{ prompt: [1], response: [] }, { prompt: [1, 2, 3], response: [4] }, {
      prompt: [5],
      response: [],
    }];
    const scores = await fresh(engine, samples);
    deepStrictEqual(scores.map(({ logProbs, entropy }) => [logProbs.length, entropy.length]), [[0, 0], [1, 1], [0, 0]]);
    deepStrictEqual(await fresh(engine, []), []);
    deepStrictEqual((await fresh(engine, [samples[0]]))[0].logProbs.length, 0);
    ok((await gradientOf(engine, [samples[0]], [[]])).every((value) => value === 0));
  }));

Deno.test("scores follow the prompt's last token: moving the border between prompt and response changes little", () =>
  withEngine(smallConfig({ keyValueHeads: 2 }), async (engine) => {
    const tokens = tokensOf("border", 60),
      [whole] = await fresh(engine, [{ prompt: tokens.slice(0, 1), response: tokens.slice(1) }]);
    for (const border of [2, 16, 17, 18, 33, 59]) {
      const [part] = await fresh(engine, [{ prompt: tokens.slice(0, border), response: tokens.slice(border) }]);
      close(part.logProbs, whole.logProbs.subarray(border - 1), 5e-6, `log-probs behind ${border} tokens`);
      close(part.entropy, whole.entropy.subarray(border - 1), 5e-6, `entropy behind ${border} tokens`);
    }
  }));

Deno.test("temperature divides the logits: hot rows are flat, cold rows sharp", () =>
  withEngine(smallConfig(), async (engine) => {
    const samples = samplesOf("temperature", 4, 10, 10).filter(({ response }) => response.length > 0);
    const [hot] = await fresh(engine, samples, { temperature: 1e4 }),
      [cold] = await fresh(engine, samples, { temperature: 1e-2 });
    close(hot.logProbs, hot.logProbs.map(() => -Math.log(48)), 1e-2);
    close(hot.entropy, hot.entropy.map(() => Math.log(48)), 1e-3);
    ok(cold.entropy.every((value) => value < hot.entropy[0]) && cold.logProbs.every(Number.isFinite));
  }));
