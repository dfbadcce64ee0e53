import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { question, withPolicy } from "./checking_test.ts";
import type { Draw } from "../policy.ts";
import { keyOf } from "../random.ts";
import { forgetOldest, type PromptState } from "./prompts.ts";

Deno.test("tokens are told as they are drawn, and telling changes none of them", () =>
  withPolicy(async (policy) => {
    const prompt = policy.tokenizer.encode(question);
    const requests = Array.from({ length: 9 }, (_, i) => ({ prompt, key: keyOf(1, "telling", i) }));
    const silent = await policy.generate(requests, { maxTokens: 40 }), told = requests.map((): Draw[] => []);
    const drawn = await policy.generate(requests, {
      maxTokens: 40,
      likeliest: 3,
      onToken: (request, draw) => void told[request].push(draw),
    });
    deepStrictEqual(drawn, silent);
    told.forEach((draws, i) => {
      deepStrictEqual(draws.map(({ token }) => token), drawn[i].tokens);
      deepStrictEqual(draws.map(({ logProb }) => logProb), [...drawn[i].logProbs]);
      for (const { token, logProb, likeliest } of draws) {
        strictEqual(likeliest.length, 3);
        ok(likeliest.every((other, place) => place === 0 || other.logProb <= likeliest[place - 1].logProb));
        const same = likeliest.find((other) => other.token === token);
        ok(same ? same.logProb === logProb : logProb <= likeliest[2].logProb);
      }
    });
  }));

Deno.test("false ends a response, and no other", () =>
  withPolicy(async (policy) => {
    const prompt = policy.tokenizer.encode(question);
    const requests = Array.from({ length: 6 }, (_, i) => ({ prompt, key: keyOf(2, "telling", i) }));
    const whole = await policy.generate(requests, { maxTokens: 40 }), counts = requests.map(() => 0);
    const cut = await policy.generate(requests, {
      maxTokens: 40,
      onToken: (request) => ++counts[request] < 3 || request % 2 === 1,
    });
    cut.forEach((generation, i) => {
      if (i % 2 === 1) return deepStrictEqual(generation, whole[i]);
      deepStrictEqual(generation.tokens, whole[i].tokens.slice(0, 3));
      ok(generation.truncated);
    });
  }));

Deno.test("the prompts that were computed first are forgotten first", () => {
  const state = (length: number): PromptState => {
    return { tokens: [], length, keys: [new Float32Array(length)], values: [new Float32Array(length)] };
  };
  const known = new Map(["a", "b", "c"].map((key) => [key, state(10)]));
  forgetOldest(known, 60);
  deepStrictEqual([...known.keys()], ["a", "b", "c"]);
  forgetOldest(known, 40);
  deepStrictEqual([...known.keys()], ["b", "c"]);
  forgetOldest(known, 19);
  strictEqual(known.size, 0);
});
