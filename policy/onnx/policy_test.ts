import { deepStrictEqual, match, notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { loadExpected } from "../../fixtures/models/expected.ts";
import { openPolicy } from "../open.ts";
import { close } from "../ops/checking_test.ts";
import type { GenerateOptions } from "../policy.ts";
import { keyOf } from "../random.ts";
import { FILES, fixture, requestsOf, sameGenerations, samplesOf, tokensOf, withOnnx } from "./checking_test.ts";
import { openOnnxPolicy } from "./open.ts";

/** Greatest difference of log-probs and entropies, as a share of those above 1: float32 1e-6 was measured, float16 0.008. */
const TOLERANCES: Readonly<Record<string, number>> = { "model.onnx": 1e-5, "model_fp16.onnx": 0.02 };

/** Greatest difference of log-probs of sampling and of scoring, which sum in another order: measured and doubled, at least. */
const APART: Readonly<Record<string, number>> = {
  "model.onnx": 2e-5,
  "model_fp16.onnx": 1e-3,
  "model_q4.onnx": 2e-5,
  "model_int8.onnx": 2e-6,
};

/** Greedy continuations: of transformers, or for a quantised file of onnxruntime for Python, with log-probs. */
async function greedyOf(
  name: string,
  file: string,
): Promise<{ prompt: number[]; tokens: number[]; logProbs?: number[] }[]> {
  const read = async (path: string) => JSON.parse(await Deno.readTextFile(`${fixture(name)}/${path}`));
  return file === "model.onnx" ? await read("greedy.json") : (await read("expected_onnx.json"))[`onnx/${file}`];
}

for (const [name, file] of FILES) {
  const title = `${name}/onnx/${file}`, { [file]: tolerance } = TOLERANCES;

  if (tolerance !== undefined) {
    Deno.test(`${title}: log-probs and entropies are those of transformers`, () =>
      withOnnx(fixture(name), file, async (policy) => {
        const { samples, cases } = await loadExpected(name);
        for (const { temperature, logProbs, entropy } of cases) {
          const scores = await policy.logProbs(samples, { temperature });
          samples.forEach((_, i) => {
            close(scores[i].logProbs, logProbs[i], tolerance, `log-probs of sample ${i} at ${temperature}`);
            close(scores[i].entropy, entropy[i], tolerance, `entropies of sample ${i} at ${temperature}`);
          });
        }
      }));
  }

  if (file !== "model_fp16.onnx") {
    Deno.test(`${title}: greedy continuations are those of ${tolerance ? "transformers" : "onnxruntime for Python"}`, () =>
      withOnnx(fixture(name), file, async (policy) => {
        const expected = await greedyOf(name, file),
          requests = expected.map(({ prompt }) => ({ prompt, key: keyOf(1) }));
        const maxTokens = expected.map(({ tokens }) => tokens.length);
        ok(maxTokens.every((length) => length > 4));
        const drawn = await policy.generate(requests, { maxTokens, temperature: 0, stopTokens: [] });
        deepStrictEqual(drawn.map(({ tokens }) => tokens), expected.map(({ tokens }) => tokens));
        drawn.forEach(({ logProbs }, i) => {
          if (expected[i].logProbs) close(logProbs, expected[i].logProbs, 1e-5, `log-probs of prompt ${i}`);
        });
      }));
  }

  Deno.test(`${title}: a response is bitwise the same alone, in any company and order, and when opened again`, () =>
    withOnnx(fixture(name), file, async (policy) => {
      const requests = requestsOf("company", 40), stopTokens = tokensOf("stop", 8);
      const options = { maxTokens: 20, temperature: 0.9, stopTokens };
      const all = await policy.generate(requests, options), lengths = all.map(({ tokens }) => tokens.length);
      ok(Math.min(...lengths) < 10 && Math.max(...lengths) === 20, "neighbours finish early and late");
      for (const i of [0, 13, 14, 15, 39]) {
        sameGenerations(await policy.generate([requests[i]], options), [all[i]], `request ${i} alone`);
      }
      for (const count of [2, 3, 7]) {
        sameGenerations(await policy.generate(requests.slice(0, count), options), all.slice(0, count), `${count}`);
      }
      const backwards = (await policy.generate(requests.toReversed(), options)).toReversed();
      sameGenerations(backwards, all, "in reverse");
      await withOnnx(fixture(name), file, async (again) => {
        sameGenerations(await again.generate(requests, options), all, "opened again");
      });
    }));

  Deno.test(`${title}: scores are bitwise the same in any company, and nearly those of sampling`, () =>
    withOnnx(fixture(name), file, async (policy) => {
      for (const temperature of [1, 0.7]) {
        const requests = requestsOf("score", 24), options = { maxTokens: 24, temperature };
        const drawn = await policy.generate(requests, options), samples = samplesOf(requests, drawn);
        const scores = await policy.logProbs(samples, { temperature });
        drawn.forEach(({ logProbs }, i) => close(scores[i].logProbs, logProbs, APART[file], `request ${i}`));
        for (const i of [0, 11, 23]) {
          deepStrictEqual(await policy.logProbs([samples[i]], { temperature }), [scores[i]], `sample ${i} alone`);
        }
        const backwards = (await policy.logProbs(samples.toReversed(), { temperature })).toReversed();
        deepStrictEqual(backwards, scores, "in reverse");
      }
    }));

  Deno.test(`${title}: a response that is continued is the response`, () =>
    withOnnx(fixture(name), file, async (policy) => {
      const requests = requestsOf("begun", 12), whole = await policy.generate(requests, { maxTokens: 16 });
      const cut = whole.map(({ tokens }) => Math.floor(tokens.length / 2));
      const rest = await policy.generate(
        requests.map((request, i) => ({ ...request, begun: whole[i].tokens.slice(0, cut[i]) })),
        { maxTokens: cut.map((length) => 16 - length) },
      );
      rest.forEach(({ tokens, logProbs }, i) => {
        deepStrictEqual([...whole[i].tokens.slice(0, cut[i]), ...tokens], whole[i].tokens, `request ${i}`);
        close(logProbs, whole[i].logProbs.subarray(cut[i]), APART[file], `log-probs of request ${i}`);
      });
    }));
}

Deno.test("what is drawn is what the CPU draws from the same weights, whatever the options", async () => {
  for (const name of ["qwen2-tied", "llama-mqa"]) {
    const peer = await openPolicy(fixture(name), { tokenizer: false }), requests = requestsOf("peer", 24);
    const settings: GenerateOptions[] = [
      { maxTokens: 24 },
      { maxTokens: 24, temperature: 0 },
      { maxTokens: requests.map((_, i) => i % 7), temperature: requests.map((_, i) => [0, 0.5, 1, 1.5][i % 4]) },
      { maxTokens: 12, topP: 0.8, stopTokens: [5, 6, 7, 8, 9, 10, 11, 12] },
    ];
    await withOnnx(fixture(name), "model.onnx", async (policy) => {
      deepStrictEqual([policy.stopTokens, policy.contextLength], [peer.stopTokens, peer.contextLength]);
      for (const options of settings) {
        const told: number[][] = [[], []];
        const listening = (list: number[]): GenerateOptions => ({
          ...options,
          likeliest: 2,
          onToken: (request, { token, likeliest }) => {
            list.push(request, token, ...likeliest.map(({ token }) => token));
            return request % 5 > 0 || token > 20;
          },
        });
        const own = await policy.generate(requests, listening(told[0]));
        const others = await peer.generate(requests, listening(told[1]));
        const shape = (drawn: typeof own) => drawn.map(({ tokens, truncated }) => ({ tokens, truncated }));
        deepStrictEqual(shape(own), shape(others));
        own.forEach(({ logProbs }, i) => close(logProbs, others[i].logProbs, 1e-4, `request ${i}`));
        // What is told comes in another order.
        deepStrictEqual(told[0].toSorted(), told[1].toSorted());
      }
    });
    await peer.dispose();
  }
});

Deno.test("a stop text ends a response, with the tokenizer of the directory", async () => {
  const policy = await openOnnxPolicy(fixture("qwen2-tied")), prompt = policy.tokenizer.encode("What is 1+1?\n");
  strictEqual(policy.tokenizer.decode(prompt), "What is 1+1?\n");
  const requests = Array.from({ length: 8 }, (_, i) => ({ prompt, key: keyOf(1, i) }));
  const whole = await policy.generate(requests, { maxTokens: 40 });
  const texts = whole.map(({ tokens }) => policy.tokenizer.decode(tokens));
  const long = texts.findIndex(({ length }) => length > 10), stop = texts[long].slice(6, 8);
  const cut = await policy.generate(requests, { maxTokens: 40, stopTexts: [stop] });
  cut.forEach(({ tokens, truncated }, i) => {
    const short = policy.tokenizer.decode(tokens), end = texts[i].indexOf(stop);
    if (end >= 0) deepStrictEqual([short, truncated], [texts[i].slice(0, end + 2), false]);
    else strictEqual(short, texts[i]);
  });
  ok(cut[long].tokens.length < whole[long].tokens.length);
  await policy.dispose();
});

Deno.test("long sequences and empty ones", () =>
  withOnnx(fixture("llama-mqa"), "model.onnx", async (policy) => {
    // More tokens than one run takes.
    const prompt = tokensOf("long", 1200), response = tokensOf("response", 1100);
    const [scores] = await policy.logProbs([{ prompt, response }]);
    const [pieces] = await policy.logProbs([{
      prompt: [...prompt, ...response.slice(0, 600)],
      response: response.slice(600),
    }]);
    close(scores.logProbs.subarray(600), pieces.logProbs, 1e-4, "the same tokens behind a longer prompt");
    deepStrictEqual(await policy.logProbs([]), []);
    deepStrictEqual(await policy.generate([], { maxTokens: 3 }), []);
    const [empty] = await policy.logProbs([{ prompt, response: [] }]);
    strictEqual(empty.logProbs.length, 0);
    const [nothing] = await policy.generate([{ prompt, key: keyOf(1) }], { maxTokens: 0 });
    deepStrictEqual(nothing, { tokens: [], logProbs: new Float32Array(), truncated: true });
  }));

Deno.test("the digest is that of the graph and of the weights beside it; nothing is trained, saved or restored", async () => {
  const copy = await Deno.makeTempDir(),
    digestOf = async (directory: string) => {
      let digest = "";
      await withOnnx(directory, "model.onnx", async (policy) => void (digest = await policy.digest()));
      return digest;
    };
  try {
    await Deno.mkdir(`${copy}/onnx`);
    for (const file of ["config.json", "onnx/model.onnx", "onnx/model.onnx_data"]) {
      await Deno.copyFile(`${fixture("llama-mqa")}/${file}`, `${copy}/${file}`);
    }
    const digest = await digestOf(copy);
    match(digest, /^[0-9a-f]{64}$/);
    strictEqual(digest, await digestOf(fixture("llama-mqa")));
    const data = await Deno.readFile(`${copy}/onnx/model.onnx_data`);
    data[1000] ^= 1;
    await Deno.writeFile(`${copy}/onnx/model.onnx_data`, data);
    notStrictEqual(await digestOf(copy), digest);
    await withOnnx(copy, "model.onnx", async (policy) => {
      match(policy.backend, /^onnx\/\d+ onnxruntime-node \d/);
      const samples = [{ prompt: [5], response: [6] }], before = await policy.logProbs(samples);
      const refused = [
        () => policy.accumulate(samples, [[1]]),
        () => policy.step({ learningRate: 1 }),
        () => policy.save(`${copy}/saved`),
        () => policy.checkpoint(`${copy}/saved`),
        () => policy.restore(`${copy}/saved`),
      ];
      for (const one of refused) {
        await rejects(one, { message: /model\.onnx: it is frozen, .+ model\.safetensors .+\.$/ });
      }
      deepStrictEqual(await policy.logProbs(samples), before);
      deepStrictEqual([...Deno.readDirSync(copy)].map(({ name }) => name).sort(), ["config.json", "onnx"]);
      // As every policy does.
      await rejects(async () => await policy.generate([{ prompt: [96], key: keyOf(1) }], { maxTokens: 1 }), RangeError);
      await rejects(async () => await policy.logProbs([{ prompt: [], response: [1] }]), RangeError);
    });
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
});
