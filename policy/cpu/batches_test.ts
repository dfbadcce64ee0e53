import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { smallConfig } from "./checking_test.ts";
import { promptBatches, promptKey } from "./prompts.ts";
import { responseBatches } from "./responses.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261120 });

const tokens = (length: number, fill: number) => new Array<number>(length).fill(fill);
const lengths = fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 0, max: 400 })), {
  maxLength: 60,
});

Deno.test("every response with a token stands in one run that has room for it", () => {
  fc.assert(fc.property(lengths, fc.constantFrom(16, 2 ** 17), (rows, vocabularySize) => {
    const samples = rows.map(([prompt, response], i) => ({ prompt: tokens(prompt, i), response: tokens(response, i) }));
    const batches = responseBatches(smallConfig({ vocabularySize }), samples), seen: number[] = [];
    for (const { members, sizes: { R, t, p, T, positions } } of batches) {
      strictEqual(R, members.length);
      strictEqual(T, p + t);
      ok(R * t >= 2, "no matrix product has a single row");
      ok(R === 1 || R * t <= 1024 && R * t * vocabularySize <= 2 ** 25, "a run is small");
      for (const i of members) {
        ok(samples[i].response.length <= t && samples[i].prompt.length - 1 <= p);
        ok(samples[i].prompt.length - 1 + t <= positions);
      }
      seen.push(...members);
    }
    const expected = samples.map((_, i) => i).filter((i) => samples[i].response.length > 0);
    deepStrictEqual(seen.sort((a, b) => a - b), expected);
  }));
});

Deno.test("every prompt of two tokens or more stands in one run that has room for it", () => {
  fc.assert(fc.property(lengths, (rows) => {
    const prompts = rows.map(([length], i) => tokens(length, i)), seen: string[] = [];
    for (const { prompts: members, sizes: { R, t, positions } } of promptBatches(prompts)) {
      strictEqual(R, members.length);
      ok(R * t >= 2 && positions >= t && members.every((prompt) => prompt.length - 1 <= t));
      seen.push(...members.map(promptKey));
    }
    deepStrictEqual(seen.sort(), prompts.filter((prompt) => prompt.length > 1).map(promptKey).sort());
  }));
});
