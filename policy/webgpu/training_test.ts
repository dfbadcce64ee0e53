import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { loadExpected, MODELS } from "../../fixtures/models/expected.ts";
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
} from "../cpu/checking_test.ts";
import { accumulate as accumulateOnCpu, score as scoreOnCpu } from "../cpu/training.ts";
import { readDirectory } from "../directory.ts";
import { close } from "../ops/checking_test.ts";
import type { Sample, Scores } from "../policy.ts";
import { gpu, gpuTest } from "./checking_test.ts";
import { createEngine, type Engine, type EngineOptions } from "./engine.ts";
import { createOptimizer } from "./optimizer.ts";
import { pack, packLimits } from "./packing.ts";
import { accumulate, score } from "./training.ts";

const CONFIG = smallConfig({ keyValueHeads: 2, qkvBias: true, layers: 1 });

async function withGpuEngine(
  body: (engine: Engine) => Promise<void>,
  config = CONFIG,
  options: EngineOptions = {},
): Promise<void> {
  const engine = createEngine(gpu, config, smallWeights(config), options);
  await body(engine).finally(() => engine.dispose());
}

async function gradientOf(engine: Engine, samples: readonly Sample[], derivatives: readonly ArrayLike<number>[]) {
  engine.parameters.clear("gradient");
  await accumulate(engine, samples, derivatives);
  return await engine.parameters.read("gradient");
}

function sameScores(actual: readonly Scores[], expected: readonly Scores[], what: string) {
  strictEqual(actual.length, expected.length);
  actual.forEach(({ logProbs, entropy }, i) => {
    sameBits(logProbs, expected[i].logProbs, `log-probs of sample ${i}, ${what}`);
    sameBits(entropy, expected[i].entropy, `entropy of sample ${i}, ${what}`);
  });
}

for (const name of MODELS) {
  gpuTest(`on the GPU, log-probs, entropy and gradients of ${name} are those of PyTorch`, async () => {
    const { directory, samples, cases } = await loadExpected(name);
    const { config, weights } = await readDirectory(directory);
    // Small buffers cut the embedding into parts.
    const engine = createEngine(gpu, config, weights, {
      shard: name === "qwen2-tied" ? 8192 : undefined,
    });
    for (const { temperature, logProbs, entropy, derivatives, gradient } of cases) {
      const scores = await score(engine, samples, { temperature });
      scores.forEach((found, i) => {
        close(found.logProbs, logProbs[i], 1e-5, `log-probs of sample ${i} at ${temperature}`);
        close(found.entropy, entropy[i], 1e-5, `entropy of sample ${i} at ${temperature}`);
      });
      if (!gradient) continue;
      engine.parameters.clear("gradient");
      await accumulate(engine, samples, derivatives!, { temperature });
      close(await engine.parameters.read("gradient"), gradient, 1e-5, `gradient at ${temperature}`);
    }
    engine.dispose();
  });
}

gpuTest("on the GPU, scores and gradients are close to those of the CPU", () =>
  withGpuEngine(async (engine) => {
    const samples = samplesOf("both", 6, 20, 20), derivatives = derivativesOf("both", samples);
    await withEngine(CONFIG, async (cpu) => {
      const expected = await scoreOnCpu(cpu, new Map(), samples), found = await score(engine, samples);
      found.forEach(({ logProbs }, i) => close(logProbs, expected[i].logProbs, 1e-5, `sample ${i}`));
      const gradient = new Float32Array(cpu.weights.length);
      await accumulateOnCpu(cpu, new Map(), samples, derivatives, gradient);
      close(await gradientOf(engine, samples, derivatives), gradient, 1e-5, "gradient");
    });
  }));

gpuTest(
  "on the GPU, a sample's scores have the same bits alone, in any company, and in training",
  () =>
    withGpuEngine(async (engine) => {
      const samples = [...samplesOf("batch", 14, 30, 40), { prompt: [3], response: [4] }],
        all = await score(engine, samples);
      for (const i of [0, 3, 14]) sameScores(await score(engine, [samples[i]]), [all[i]], `sample ${i} alone`);
      const order = shuffled("order", samples.length);
      sameScores(await score(engine, pick(samples, order)), pick(all, order), "shuffled");
      const derivatives = samples.map(({ response }) => response.map(() => 1));
      const trained = await accumulate(engine, samples, derivatives);
      samples.forEach(({ response }, i) => {
        if (response.length > 0) sameScores([trained[i]!], [all[i]], `sample ${i} in training`);
      });
    }),
);

gpuTest(
  "on the GPU, where the prompt ends changes no bit, and neither does whether it is shared",
  () =>
    withGpuEngine(async (engine) => {
      const tokens = tokensOf("border", 50), other = tokensOf("other", 9);
      const [whole] = await score(engine, [{ prompt: tokens.slice(0, 1), response: tokens.slice(1) }]);
      for (const border of [2, 33, 49]) {
        const [prompt, response] = [tokens.slice(0, border), tokens.slice(border)];
        const [part] = await score(engine, [{ prompt, response }, { prompt, response: other }]);
        sameBits(part.logProbs, whole.logProbs.slice(border - 1), `log-probs behind ${border} tokens`);
      }
    }),
);

gpuTest(
  "on the GPU, gradients repeat bit by bit, add up, and pass over samples without derivative",
  () =>
    withGpuEngine(async (engine) => {
      const samples = samplesOf("repeat", 8, 20, 20), derivatives = derivativesOf("repeat", samples);
      const gradient = await gradientOf(engine, samples, derivatives);
      sameBits(await gradientOf(engine, samples, derivatives), gradient, "again");
      const mixed = [...samples, ...samplesOf("idle", 8, 20, 20)];
      const rows = mixed.map(({ response }, i) => derivatives[i] ?? response.map(() => 0));
      sameBits(await gradientOf(engine, mixed, rows), gradient, "with idle company");
      await accumulate(engine, samples, derivatives);
      close(await engine.parameters.read("gradient"), gradient.map((value) => 2 * value), 1e-6, "twice");
    }),
);

gpuTest("on the GPU, two AdamW steps are those of PyTorch: gradient norm, clipping and weights", async () => {
  const { directory, samples, steps } = await loadExpected("qwen2-tied");
  const { config, weights: start } = await readDirectory(directory), engine = createEngine(gpu, config, start);
  const optimizer = createOptimizer(engine);
  for (const { derivatives, temperature, options, norm, weights } of steps) {
    await accumulate(engine, samples, derivatives, { temperature });
    close([await optimizer.step(options) / norm], [1], 1e-6, "norm");
    const found = await engine.parameters.read("weights");
    close(found, weights, 0.01 * options.learningRate, "weights");
    const far = found.filter((weight, i) => Math.abs(weight - weights[i]) > 1e-6);
    ok(far.length < weights.length / 1000, `${far.length} of ${weights.length} weights are off`);
  }
  strictEqual(optimizer.steps, steps.length);
  optimizer.dispose();
  engine.dispose();
});

gpuTest(
  "on the GPU, a gradient that is not finite updates nothing and is forgotten",
  () =>
    withGpuEngine(async (engine) => {
      const samples = samplesOf("bad", 2, 5, 5).filter(({ response }) => response.length > 0);
      const optimizer = createOptimizer(engine), before = await engine.parameters.read("weights");
      await accumulate(engine, samples, samples.map(({ response }) => response.map(() => NaN)));
      ok(!Number.isFinite(await optimizer.step({ learningRate: 0.01 })));
      sameBits(await engine.parameters.read("weights"), before, "weights");
      strictEqual(optimizer.steps, 0);
      ok((await engine.parameters.read("gradient")).every((value) => value === 0));
      optimizer.dispose();
    }),
);

gpuTest("on the GPU, a sample longer than the model's positions is refused", () =>
  withGpuEngine(async (engine) => {
    const sample = { prompt: tokensOf("long", 300), response: tokensOf("long", 213) };
    await rejects(
      score(engine, [sample]),
      /^RangeError: Sample 0 has 513 tokens; the model was made for at most 512\.$/,
    );
  }));

Deno.test("pack() puts prompts first, shares them, and starts a run where rows are too many", () => {
  const samples: Sample[] = [
    { prompt: [1, 2, 3], response: [4, 5] },
    { prompt: [6], response: [7] },
    { prompt: [1, 2, 3], response: [8] },
    { prompt: [9, 9], response: [] },
  ];
  const [run, ...others] = pack(samples, packLimits(CONFIG));
  strictEqual(others.length, 0);
  deepStrictEqual(run.counts, { tokens: 6, scored: 4, distinct: 5 });
  deepStrictEqual(run.members, [{ index: 0, first: 0 }, { index: 2, first: 2 }, { index: 1, first: 3 }]);
  deepStrictEqual([...run.inputs.tokens], [1, 2, 3, 4, 3, 6]);
  deepStrictEqual([...run.inputs.positions], [0, 1, 2, 3, 2, 0]);
  deepStrictEqual([...run.inputs.targets], [4, 5, 8, 7]);
  deepStrictEqual([...run.inputs.spans.slice(4 * 3)], [0, 2, 2, 2, 0, 2, 4, 1, 2, 0, 5, 1]);
  deepStrictEqual([...run.inputs.seen], [0, 2, 2, 3, 1, 1, 2, 3, 2, 2, 0, 0, 3, 1, 0, 0, 4, 1, 0, 0, 5, 1, 0, 0]);
  const limited = pack(samples, { tokens: 4, scored: 4 }).map(({ members }) => members.map(({ index }) => index));
  deepStrictEqual(limited, [[0], [2, 1]]);
  throws(
    () => pack(samples, { tokens: 3, scored: 3 }),
    /Sample 0 has 3 \+ 2 tokens; a run of this model has room for 3/,
  );
  const large = { hiddenSize: 1536, intermediateSize: 8960, heads: 12, headSize: 128, vocabularySize: 151_936 };
  deepStrictEqual(packLimits({ ...CONFIG, ...large }), { tokens: 3744, scored: 2048 });
  deepStrictEqual(packLimits(CONFIG), { tokens: 4096, scored: 2048 });
});
