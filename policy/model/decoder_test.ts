import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { loadExpected, loadExpectedAdapters, MODELS } from "../../fixtures/models/expected.ts";
import { smallConfig, smallWeights, tokensOf } from "../cpu/checking_test.ts";
import { readDirectory } from "../directory.ts";
import { close, random } from "../ops/checking_test.ts";
import { zeros } from "../ops/op.ts";
import { criticConfig, type ModelConfig, parameterSlots } from "./config.ts";
import { type Feeds, fixedFeeds, output, Reference, vector } from "./checking_test.ts";
import { decodingProgram } from "./decoder.ts";
import { isTrained, LORA_TARGETS } from "./lora.ts";
import { evaluate } from "./program.ts";

/** The rotation tables are float32, as in every trained checkpoint; the rest is float64. */
const TOLERANCE = 2e-7;

const SHAPES = [
  smallConfig({ vocabularySize: 16, hiddenSize: 8, headSize: 4, intermediateSize: 6 }),
  smallConfig({ vocabularySize: 16, hiddenSize: 8, headSize: 4, intermediateSize: 6, keyValueHeads: 2, qkvBias: true }),
  smallConfig({
    vocabularySize: 16,
    hiddenSize: 8,
    heads: 2,
    keyValueHeads: 2,
    headSize: 6,
    intermediateSize: 6,
    layers: 3,
    tiedEmbeddings: false,
  }),
  smallConfig({ vocabularySize: 16, hiddenSize: 8, heads: 2, headSize: 4, intermediateSize: 6, layers: 1 }),
  smallConfig({
    vocabularySize: 16,
    hiddenSize: 8,
    headSize: 4,
    intermediateSize: 6,
    keyValueHeads: 2,
    qkvBias: true,
    lora: { rank: 2, alpha: 3, targets: LORA_TARGETS },
  }),
];
const titleOf = ({ heads, keyValueHeads, layers, lora }: ModelConfig) =>
  `${heads} heads, ${keyValueHeads} for keys, ${layers} layers${lora ? ", adapters" : ""}`;
const trainedIn = (config: ModelConfig) =>
  [...parameterSlots(config).keys()].filter((name) => isTrained(config, name)).sort();

for (const config of SHAPES) {
  const reference = new Reference(config, fixedFeeds(config, smallWeights(config)));
  const prompt = tokensOf("prompt", 7, 16);
  const samples = [5, 1, 8].map((length, i) => ({ prompt, response: tokensOf(`response ${i}`, length, 16) }));
  const derivatives = samples.map(({ response }, i) => random(`derivative ${i}`, [response.length]).data);

  Deno.test(`the shared prompt stream gives what one stream over everything gives (${titleOf(config)})`, () => {
    const shared = reference.run(samples, derivatives, 0.8), sum = new Map<string, Float64Array>();
    samples.forEach(({ response }, i) => {
      const whole = [...prompt, ...response], start = prompt.length - 1;
      const plain = reference.run(
        [{ prompt: whole.slice(0, 1), response: whole.slice(1) }],
        [[...new Array(start).fill(0), ...derivatives[i]]],
        0.8,
      );
      close(shared.scores[i].logProbs, plain.scores[0].logProbs.subarray(start), 1e-12, "log-probs");
      close(shared.scores[i].entropy, plain.scores[0].entropy.subarray(start), 1e-12, "entropy");
      for (const [name, part] of plain.gradient) {
        sum.set(name, part.map((value, c) => value + (sum.get(name)?.[c] ?? 0)));
      }
    });
    deepStrictEqual([...shared.gradient.keys()].sort(), trainedIn(config));
    for (const [name, part] of shared.gradient) close(part, sum.get(name)!, 1e-12, name);
  });

  Deno.test(`the gradient of every weight is the slope of the log-probs (${titleOf(config)})`, () => {
    const { gradient } = reference.run(samples, derivatives), fixed = { ...reference.fixed };
    for (const name of gradient.keys()) {
      const direction = random(`direction ${name}`, fixed[name].shape).data;
      const at = (step: number) => {
        const data = fixed[name].data.map((value, i) => value + step * direction[i]);
        const moved = new Reference(config, { ...fixed, [name]: { ...fixed[name], data } });
        const prefix = moved.runPrompt(prompt);
        return samples.reduce((sum, sample, i) => {
          const { data } = output(moved.response, moved.runResponse(sample, prefix), "log_probs");
          return sum + data.reduce((a, value, t) => a + value * derivatives[i][t], 0);
        }, 0);
      };
      const expected = gradient.get(name)!.reduce((sum, value, i) => sum + value * direction[i], 0);
      close([(at(1e-5) - at(-1e-5)) / 2e-5], [expected], 1e-7, name);
    }
  });

  Deno.test(`the gradient of every weight of a critic is the slope of its values (${titleOf(config)})`, () => {
    const own = criticConfig(config), start = new Reference(own, fixedFeeds(own, smallWeights(own)));
    const { gradient } = start.runHead(samples, derivatives), { fixed } = start;
    deepStrictEqual([...gradient.keys()].sort(), trainedIn(own));
    for (const name of gradient.keys()) {
      const direction = random(`direction ${name}`, fixed[name].shape).data;
      const at = (step: number) => {
        const data = fixed[name].data.map((value, i) => value + step * direction[i]);
        const moved = new Reference(own, { ...fixed, [name]: { ...fixed[name], data } });
        return moved.runHead(samples, derivatives).rows.reduce(
          (sum, [values], i) => sum + values.reduce((a, value, t) => a + value * derivatives[i][t], 0),
          0,
        );
      };
      const expected = gradient.get(name)!.reduce((sum, value, i) => sum + value * direction[i], 0);
      close([(at(1e-5) - at(-1e-5)) / 2e-5], [expected], 1e-7, name);
    }
  });

  Deno.test(`decoding step by step gives the distributions of the response stream (${titleOf(config)})`, () => {
    const program = decodingProgram(config), { keyValueHeads: kv, headSize: size, layers } = config;
    const [{ response }] = samples, temperature = 0.7, width = kv * size;
    const expected = reference.runResponse(samples[0], reference.runPrompt(prompt), temperature);
    const sequence = [...prompt, ...response], kept: Record<string, number[][]> = {};
    sequence.slice(0, -1).forEach((token, position) => {
      const feeds: Feeds = {
        ...reference.fixed,
        tokens: vector([token]),
        positions: vector([position]),
        mask: zeros([1, 1, 1, 1 + position]),
        inverse_temperature: { shape: [1, 1], data: Float64Array.of(1 / temperature) },
      };
      for (let layer = 0; layer < layers; layer++) {
        for (const [cache, part] of [["keys", "k"], ["values", "v"]]) {
          const rows = kept[`${part}${layer}`] ??= [];
          const data = Float64Array.from({ length: position * width }, (_, i) => {
            const head = Math.floor(i / (position * size)), slot = Math.floor(i / size) % position;
            return rows[slot][head * size + i % size];
          });
          feeds[`${cache}${layer}`] = { shape: [1, kv, position, size], data };
        }
      }
      for (const leaf of program.leaves.keys()) {
        const [matrix, scale] = leaf.split(" * ").map((name) => feeds[name]);
        if (!feeds[leaf]) {
          feeds[leaf] = { shape: matrix.shape, data: matrix.data.map((w, i) => w * scale.data[i % scale.shape[0]]) };
        }
      }
      const values = evaluate(program, feeds);
      for (const name of Object.keys(kept)) kept[name].push([...output(program, values, name).data]);
      const step = position - prompt.length + 1;
      if (step < 0) return;
      const { data } = output(program, values, "probabilities");
      const logProb = output(reference.response, expected, "log_probs").data[step];
      close([Math.log(data[response[step]])], [logProb], 1e-10, `token ${step}`);
      const entropy = -data.reduce((sum, p) => sum + p * Math.log(p), 0);
      close([entropy], [output(reference.response, expected, "entropy").data[step]], 1e-10, `entropy ${step}`);
    });
  });
}

for (const name of MODELS) {
  Deno.test(`the float64 reference of ${name} is PyTorch's float64 model: logits, log-probs, entropy, gradients`, async () => {
    const { directory, samples, cases, logits } = await loadExpected(name);
    const { config, weights, slots } = await readDirectory(directory);
    const reference = new Reference(config, fixedFeeds(config, weights));
    for (const { temperature, logProbs, entropy, derivatives, gradient } of cases) {
      const sum = new Float64Array(weights.length), groups = new Map<string, number[]>();
      samples.forEach(({ prompt, response }, i) => {
        if (response.length > 0) groups.set(prompt.join(), [...groups.get(prompt.join()) ?? [], i]);
      });
      for (const members of groups.values()) {
        const rows = members.map((i) => derivatives?.[i] ?? samples[i].response.map(() => 0));
        const { scores, gradient } = reference.run(members.map((i) => samples[i]), rows, temperature);
        members.forEach((i, n) => {
          close(scores[n].logProbs, logProbs[i], TOLERANCE, `log-probs of sample ${i}`);
          close(scores[n].entropy, entropy[i], TOLERANCE, `entropy of sample ${i}`);
        });
        for (const [name, part] of gradient) part.forEach((value, c) => sum[slots.get(name)!.offset + c] += value);
      }
      if (gradient) close(sum, gradient, TOLERANCE, `gradient at ${temperature}`);
    }
    for (const { sample, rows } of logits) {
      const { prompt } = samples[sample], values = reference.runResponse(samples[sample], reference.runPrompt(prompt));
      const [node] = reference.response.nodes.filter(({ op }) => op.name === "token_log_prob");
      const found = values.get(node.inputs[0].id)!;
      strictEqual(found.shape[0], rows.length);
      close(found.data, rows.flat(), TOLERANCE, `logits of sample ${sample}`);
    }
  });
}

Deno.test("the float64 reference with adapters is PyTorch's: log-probs and gradients", async () => {
  const { config, weights, samples, logProbs, derivatives, gradient } = await loadExpectedAdapters();
  const reference = new Reference(config, fixedFeeds(config, weights)), slots = parameterSlots(config);
  const sum = new Float64Array(gradient.length), first = weights.length - gradient.length;
  samples.forEach((sample, i) => {
    const { scores, gradient } = reference.run([sample], [derivatives[i]]);
    close(scores[0].logProbs, logProbs[i], TOLERANCE, `log-probs of sample ${i}`);
    for (const [name, part] of gradient) part.forEach((value, c) => sum[slots.get(name)!.offset - first + c] += value);
  });
  close(sum, gradient, TOLERANCE, "gradient");
});
