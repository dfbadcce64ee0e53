import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { pick, requestsOf, sameBits, shuffled, smallConfig, smallWeights, tokensOf } from "../cpu/checking_test.ts";
import { decode as decodeOnCpu } from "../cpu/decoding.ts";
import { withEngine } from "../cpu/checking_test.ts";
import type { GenerateRequest, Generation } from "../policy.ts";
import { integer, keyOf } from "../random.ts";
import { gpu, gpuTest } from "./checking_test.ts";
import { createDecoder } from "./decoder.ts";
import { createSampler, type DecodeOptions, type Sampler } from "./decoding.ts";
import { createEngine, type Engine } from "./engine.ts";
import { score } from "./training.ts";

const CONFIG = smallConfig({ keyValueHeads: 2, qkvBias: true, layers: 2 });

async function withSampler(body: (sampler: Sampler, engine: Engine) => Promise<void>): Promise<void> {
  const engine = createEngine(gpu, CONFIG, smallWeights(CONFIG)), sampler = createSampler(engine);
  await body(sampler, engine).finally(() => {
    sampler.dispose();
    engine.dispose();
  });
}

const draw = (sampler: Sampler, requests: readonly GenerateRequest[], options: Partial<DecodeOptions> = {}) =>
  sampler.decode(requests, { maxTokens: 24, stopTokens: [0, 1], ...options });

/** Requests with prompts of 1 to `longest` tokens. */
function requestsFor(name: string, count: number, longest: number): GenerateRequest[] {
  const length = (i: number) => 1 + integer(keyOf(0, "prompt length", name), i, longest);
  return requestsOf(Array.from({ length: count }, (_, i) => tokensOf(`${name} ${i}`, length(i))));
}

function same(actual: readonly Generation[], expected: readonly Generation[], what: string) {
  strictEqual(actual.length, expected.length);
  actual.forEach(({ tokens, logProbs, truncated }, i) => {
    deepStrictEqual([tokens, truncated], [expected[i].tokens, expected[i].truncated], `${i}, ${what}`);
    sameBits(logProbs, expected[i].logProbs, `log-probs of response ${i}, ${what}`);
  });
}

gpuTest(
  "on the GPU, a response has the same bits alone, in company, in any order, and again",
  () =>
    withSampler(async (sampler) => {
      const requests = requestsFor("company", 90, 40), all = await draw(sampler, requests);
      const lengths = all.map(({ tokens }) => tokens.length);
      ok(Math.min(...lengths) < 4 && Math.max(...lengths) === 24, "neighbours finish early and late");
      for (const i of [0, 63, 64, 89]) same(await draw(sampler, [requests[i]]), [all[i]], `request ${i} alone`);
      const order = shuffled("requests", 90);
      same(await draw(sampler, pick(requests, order)), pick(all, order), "shuffled");
      same(await draw(sampler, requests), all, "again");
    }),
);

gpuTest(
  "on the GPU, log-probs of sampling are those of scoring, bit for bit",
  () =>
    withSampler(async (sampler, engine) => {
      for (const temperature of [1, 0.7]) {
        for (const topP of [1, 0.8]) {
          const requests = requestsFor("score", 30, 40), drawn = await draw(sampler, requests, { temperature, topP });
          const samples = drawn.map(({ tokens }, i) => ({ prompt: requests[i].prompt, response: tokens }));
          const scores = await score(engine, samples, { temperature });
          drawn.forEach(({ logProbs }, i) => sameBits(logProbs, scores[i].logProbs, `request ${i} at ${temperature}`));
        }
      }
    }),
);

gpuTest(
  "on the GPU, tokens are told as they are drawn, and false ends a response and no other",
  () =>
    withSampler(async (sampler) => {
      const requests = requestsFor("told", 20, 20), whole = await draw(sampler, requests);
      const told = requests.map((): number[][] => []);
      const cut = await draw(sampler, requests, {
        onToken(request, { token, logProb }) {
          told[request].push([token, logProb]);
          return told[request].length < 3 || request % 2 === 1;
        },
      });
      const expected = whole.map(({ tokens, logProbs, truncated }, i) =>
        i % 2 === 1 || tokens.length < 3
          ? { tokens, logProbs, truncated }
          : { tokens: tokens.slice(0, 3), logProbs: logProbs.slice(0, 3), truncated: truncated || tokens.length > 3 }
      );
      same(cut, expected, "told");
      deepStrictEqual(told, cut.map(({ tokens, logProbs }) => tokens.map((token, t) => [token, logProbs[t]])));
      await rejects(
        draw(sampler, requests, { likeliest: 1 }),
        /^RangeError: The GPU does not show the most likely tokens/,
      );
    }),
);

gpuTest("the GPU draws what the CPU draws: same weights, same noise", () =>
  withSampler(async (sampler) => {
    const requests = requestsFor("both", 60, 20);
    for (const temperature of [1, 0]) {
      const found = await draw(sampler, requests, { temperature });
      const expected = await withEngine(
        CONFIG,
        (cpu) => decodeOnCpu(cpu, new Map(), requests, { maxTokens: 24, stopTokens: [0, 1], temperature }),
      );
      const equal = found.filter(({ tokens }, i) => tokens.join() === expected[i].tokens.join());
      ok(equal.length >= 59, `${equal.length} of 60 responses at temperature ${temperature}`);
    }
  }));

gpuTest(
  "on the GPU, a response that goes on from what had begun is the one drawn in one go",
  () =>
    withSampler(async (sampler) => {
      const requests = requestsFor("begun", 12, 20), whole = await draw(sampler, requests, { stopTokens: [] });
      const begun = requests.map((request, i) => ({ ...request, begun: whole[i].tokens.slice(0, 1 + i) }));
      const rest = await draw(sampler, begun, { stopTokens: [], maxTokens: requests.map((_, i) => 23 - i) });
      rest.forEach(({ tokens, logProbs }, i) => {
        deepStrictEqual([...begun[i].begun, ...tokens], whole[i].tokens);
        sameBits(logProbs, whole[i].logProbs.slice(1 + i), `request ${i}`);
      });
    }),
);

gpuTest(
  "on the GPU, lengths, temperatures and greedy rows mix, and texts end a response",
  () =>
    withSampler(async (sampler) => {
      const requests = requestsFor("mixed", 8, 20), maxTokens = [0, 1, 5, 15, 16, 17, 33, 40];
      const temperature = [1, 0, 0.5, 2, 1, 0, 1, 1];
      const mixed = await draw(sampler, requests, { maxTokens, temperature, stopTokens: [] });
      deepStrictEqual(mixed.map(({ tokens }) => tokens.length), maxTokens);
      ok(mixed.every(({ truncated }) => truncated));
      for (const [i, request] of requests.entries()) {
        const alone = await draw(sampler, [request], {
          maxTokens: maxTokens[i],
          temperature: temperature[i],
          stopTokens: [],
        });
        same(alone, [mixed[i]], `request ${i}`);
      }
      const third = (tokens: readonly number[]) => tokens.length === 3;
      const ended = await draw(sampler, requests, { maxTokens: 20, stopTokens: [], completes: third });
      deepStrictEqual(ended.map(({ tokens, truncated }) => [tokens.length, truncated]), Array(8).fill([3, false]));
    }),
);

gpuTest("on the GPU, a cache too small for all at once changes no bit", () =>
  withSampler(async (sampler, engine) => {
    const prompts = Array.from({ length: 5 }, (_, i) => tokensOf(`wave ${i}`, 12 + i));
    const requests = requestsOf(prompts.flatMap((prompt) => [prompt, prompt, prompt, prompt]));
    const all = await draw(sampler, requests);
    const small = createSampler(engine, { fixed: (engine) => createDecoder(engine, { rows: 64, sequences: 1 }) });
    same(await draw(small, requests), all, "in waves");
    small.dispose();
  }));

gpuTest("on the GPU, what can't be decoded is refused", () =>
  withSampler(async (sampler) => {
    const [request] = requestsFor("long", 1, 1);
    await rejects(
      draw(sampler, [{ ...request, prompt: tokensOf("long", 500) }]),
      /^RangeError: Request 0 may reach 524 tokens; the model was made for at most 512\.$/,
    );
    await rejects(
      draw(sampler, [request], { stopTokens: Array.from({ length: 64 }, (_, i) => i) }),
      /^RangeError: There are 64 stop tokens; give at most 63\.$/,
    );
  }));
