import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { close } from "../ops/checking_test.ts";
import { drawNucleus } from "../ops/sample.ts";
import type { GenerateOptions, GenerateRequest, Generation } from "../policy.ts";
import { integer, keyOf, uniform } from "../random.ts";
import { pick, requestsOf, sameBits, shuffled, smallConfig, tokensOf, withEngine } from "./checking_test.ts";
import { decode } from "./decoding.ts";
import type { Engine } from "./engine.ts";
import { score } from "./training.ts";

const SHAPES = [1, 2, 4].map((keyValueHeads) => smallConfig({ keyValueHeads, qkvBias: keyValueHeads === 2 }));
const titleOf = ({ heads, keyValueHeads }: typeof SHAPES[number]) => `${heads} heads, ${keyValueHeads} for keys`;

type Options = Partial<GenerateOptions>;

const fresh = (engine: Engine, requests: readonly GenerateRequest[], options: Options = {}) =>
  decode(engine, new Map(), requests, { maxTokens: 24, stopTokens: [0, 1], ...options });

/** Prompts of 1 to `longest` tokens. */
function promptsOf(name: string, count: number, longest: number): number[][] {
  return Array.from(
    { length: count },
    (_, i) => tokensOf(`${name} ${i}`, 1 + integer(keyOf(0, "prompt length", name), i, longest)),
  );
}

function sameGenerations(actual: readonly Generation[], expected: readonly Generation[], what: string) {
  strictEqual(actual.length, expected.length);
  actual.forEach(({ tokens, logProbs, truncated }, i) => {
    deepStrictEqual(
      { tokens, truncated },
      { tokens: expected[i].tokens, truncated: expected[i].truncated },
      `${i}, ${what}`,
    );
    sameBits(logProbs, expected[i].logProbs, `log-probs of response ${i}, ${what}`);
  });
}

/** Log-probs of every token after a prompt, from the scoring pass. */
async function distribution(engine: Engine, prompt: readonly number[], temperature = 1): Promise<Float32Array> {
  const samples = Array.from({ length: engine.config.vocabularySize }, (_, token) => ({ prompt, response: [token] }));
  return Float32Array.from(await score(engine, new Map(), samples, { temperature }), ({ logProbs }) => logProbs[0]);
}

for (const config of SHAPES) {
  Deno.test(`a response is bitwise the same alone, among 200 others and in any order (${titleOf(config)})`, () =>
    withEngine(config, async (engine) => {
      const requests = requestsOf(promptsOf("company", 201, 40)), all = await fresh(engine, requests);
      const lengths = all.map(({ tokens }) => tokens.length);
      ok(Math.min(...lengths) < 4 && Math.max(...lengths) === 24, "neighbours finish early and late");
      for (const i of [0, 1, 127, 128, 200]) {
        sameGenerations(await fresh(engine, [requests[i]]), [all[i]], `request ${i} alone`);
      }
      for (const count of [2, 3, 9, 130]) {
        sameGenerations(await fresh(engine, requests.slice(0, count)), all.slice(0, count), `${count} requests`);
      }
      sameGenerations((await fresh(engine, requests.toReversed())).toReversed(), all, "in reverse");
      const order = shuffled("requests", 201);
      sameGenerations(await fresh(engine, pick(requests, order)), pick(all, order), "shuffled");
      sameGenerations(await fresh(engine, requests), all, "again");
    }));

  Deno.test(`a longer cache changes no bit of a response (${titleOf(config)})`, () =>
    withEngine(config, async (engine) => {
      const requests = requestsOf(promptsOf("short", 12, 10)), all = await fresh(engine, requests, { maxTokens: 70 });
      for (const length of [30, 100, 200, 300]) {
        const company = requestsOf([tokensOf("company", length)]);
        const found = await fresh(engine, [...requests, ...company], { maxTokens: 70 });
        sameGenerations(found.slice(0, 12), all, `beside a prompt of ${length} tokens`);
      }
    }));

  Deno.test(`log-probs of sampling and of scoring differ by less than 1e-4 (${titleOf(config)})`, () =>
    withEngine(config, async (engine) => {
      for (const temperature of [1, 0.7]) {
        const requests = requestsOf(promptsOf("score", 60, 40)), drawn = await fresh(engine, requests, { temperature });
        const samples = drawn.map(({ tokens }, i) => ({ prompt: requests[i].prompt, response: tokens }));
        const scores = await score(engine, new Map(), samples, { temperature });
        drawn.forEach(({ logProbs }, i) => close(logProbs, scores[i].logProbs, 1e-5, `request ${i}`));
      }
    }));
}

Deno.test("one and two threads draw the same responses, bit for bit", async () => {
  const run = (threads: number) =>
    withEngine(
      smallConfig({ keyValueHeads: 2 }),
      (engine) => fresh(engine, requestsOf(promptsOf("threads", 150, 30))),
      {
        threads,
      },
    );
  sameGenerations(await run(2), await run(1), "two threads");
});

Deno.test("requests with one prompt and separate copies of it give the same responses", () =>
  withEngine(smallConfig(), async (engine) => {
    const prompt = tokensOf("shared", 30),
      requests = requestsOf(new Array(16).fill(prompt)),
      all = await fresh(engine, requests);
    ok(new Set(all.map(({ tokens }) => tokens.join())).size > 12, "keys differ, so responses do");
    for (const [i, request] of requests.entries()) {
      sameGenerations(await fresh(engine, [{ ...request, prompt: [...prompt] }]), [all[i]], `request ${i}`);
    }
  }));

Deno.test("token t is the one that uniform(key, t) selects from the scored distribution", () =>
  withEngine(smallConfig(), async (engine) => {
    for (const temperature of [1, 0.6]) {
      const requests = requestsOf(promptsOf("select", 10, 20));
      const drawn = await fresh(engine, requests, { temperature, maxTokens: 3, stopTokens: [] });
      for (const [i, { prompt, key }] of requests.entries()) {
        for (let t = 0; t < 3; t++) {
          const log = await distribution(engine, [...prompt, ...drawn[i].tokens.slice(0, t)], temperature);
          let cumulative = 0, margin = Infinity, expected = -1;
          log.forEach((value, token) => {
            cumulative += Math.exp(value);
            margin = Math.min(margin, Math.abs(cumulative - uniform(key, t)));
            if (expected < 0 && cumulative >= uniform(key, t)) expected = token;
          });
          ok(margin < 1e-5 || drawn[i].tokens[t] === expected, `request ${i}, token ${t}`);
        }
      }
    }
  }));

Deno.test("temperature 0 takes the most likely token of the scored distribution, whatever the key", () =>
  withEngine(smallConfig({ keyValueHeads: 4 }), async (engine) => {
    const prompts = promptsOf("greedy", 3, 20), options = { temperature: 0, maxTokens: 6, stopTokens: [] };
    const drawn = await fresh(engine, requestsOf(prompts), options);
    for (const [i, prompt] of prompts.entries()) {
      for (let t = 0; t < 6; t++) {
        const log = await distribution(engine, [...prompt, ...drawn[i].tokens.slice(0, t)]);
        ok(log[drawn[i].tokens[t]] >= Math.max(...log) - 1e-5, `request ${i}, token ${t}`);
        close([drawn[i].logProbs[t]], [Math.max(...log)], 1e-5);
      }
    }
    const others = prompts.map((prompt, i) => ({ prompt, key: keyOf(99, i) }));
    sameGenerations(await fresh(engine, others, options), drawn, "other keys");
  }));

Deno.test("topP draws from the smallest set that reaches it, with the log-probs of the whole distribution", () =>
  withEngine(smallConfig(), async (engine) => {
    const requests = requestsOf(promptsOf("nucleus", 6, 20)),
      options = { topP: 0.4, maxTokens: 2, stopTokens: [], temperature: 0.8 };
    const drawn = await fresh(engine, requests, options);
    for (const [i, { prompt, key }] of requests.entries()) {
      for (let t = 0; t < 2; t++) {
        const log = await distribution(engine, [...prompt, ...drawn[i].tokens.slice(0, t)], 0.8);
        strictEqual(
          drawn[i].tokens[t],
          drawNucleus(log.map(Math.exp), 0.4, uniform(key, t)),
          `request ${i}, token ${t}`,
        );
        close([drawn[i].logProbs[t]], [log[drawn[i].tokens[t]]], 1e-5);
      }
    }
    const alone = await fresh(engine, [requests[3]], options);
    sameGenerations(alone, [drawn[3]], "alone");
  }));

Deno.test("one temperature per request gives what each temperature gives to all", () =>
  withEngine(smallConfig({ keyValueHeads: 2 }), async (engine) => {
    const requests = requestsOf(promptsOf("spread", 24, 20)), choices = [0, 0.5, 1, 1.5];
    const mixed = await fresh(engine, requests, { temperature: requests.map((_, i) => choices[i % 4]) });
    for (const [choice, temperature] of choices.entries()) {
      const members = requests.map((_, i) => i).filter((i) => i % 4 === choice);
      sameGenerations(
        pick(mixed, members),
        pick(await fresh(engine, requests, { temperature }), members),
        `${temperature}`,
      );
    }
  }));

Deno.test("a response ends with its first stop token, or is truncated at maxTokens", () =>
  withEngine(smallConfig(), async (engine) => {
    const requests = requestsOf(promptsOf("stop", 60, 20)),
      free = await fresh(engine, requests, { stopTokens: [], maxTokens: 20 });
    ok(free.every(({ tokens, truncated }) => tokens.length === 20 && truncated));
    const stopTokens = [3, 5, 8], stopped = await fresh(engine, requests, { stopTokens, maxTokens: 20 });
    let ended = 0;
    free.forEach(({ tokens, logProbs }, i) => {
      const end = tokens.findIndex((token) => stopTokens.includes(token)), length = end < 0 ? 20 : end + 1;
      deepStrictEqual(stopped[i].tokens, tokens.slice(0, length));
      sameBits(stopped[i].logProbs, logProbs.slice(0, length), `response ${i}`);
      strictEqual(stopped[i].truncated, end < 0);
      if (end >= 0) ended++;
    });
    ok(ended > 10 && ended < 60, `${ended} of 60 stopped`);
    const one = await fresh(engine, requests, { stopTokens, maxTokens: 1 });
    one.forEach(({ tokens, truncated }, i) => {
      deepStrictEqual(tokens, free[i].tokens.slice(0, 1));
      strictEqual(truncated, !stopTokens.includes(tokens[0]));
    });
  }));

Deno.test("no request gives no response, and one-token prompts are fine", () =>
  withEngine(smallConfig({ layers: 1, keyValueHeads: 4 }), async (engine) => {
    deepStrictEqual(await fresh(engine, []), []);
    const drawn = await fresh(engine, requestsOf([[7], [7], [0]]), { stopTokens: [] });
    ok(drawn.every(({ tokens }) => tokens.length === 24));
    const samples = drawn.map(({ tokens }, i) => ({ prompt: [[7], [7], [0]][i], response: tokens }));
    (await score(engine, new Map(), samples)).forEach(({ logProbs }, i) => close(drawn[i].logProbs, logProbs, 1e-5));
  }));

Deno.test("sequences longer than the first rotation tables are decoded and scored alike", () =>
  withEngine(smallConfig({ layers: 1 }), async (engine) => {
    const requests = requestsOf([tokensOf("long", 250), tokensOf("longer", 520)]);
    const drawn = await fresh(engine, requests, { stopTokens: [], maxTokens: 20 });
    const samples = drawn.map(({ tokens }, i) => ({ prompt: requests[i].prompt, response: tokens }));
    (await score(engine, new Map(), samples)).forEach(({ logProbs }, i) => close(drawn[i].logProbs, logProbs, 1e-5));
  }));
