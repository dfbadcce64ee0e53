import { deepStrictEqual, ok } from "node:assert/strict";
import { MODELS } from "../fixtures/models/expected.ts";
import { type Backend, openPolicy } from "./open.ts";
import { keyOf } from "./random.ts";
import { gpuTest } from "./webgpu/checking_test.ts";

/** What transformers continues prompts with (`fixtures/make_greedy_fixtures.py`). */
async function greedyOf(name: string): Promise<{ directory: string; cases: { prompt: number[]; tokens: number[] }[] }> {
  const directory = decodeURIComponent(new URL(`../fixtures/models/${name}`, import.meta.url).pathname);
  return { directory, cases: JSON.parse(await Deno.readTextFile(`${directory}/greedy.json`)) };
}

/** Continues all prompts of a model together, each as far as transformers' tokens are sure. */
async function continued(name: typeof MODELS[number], backend: Backend): Promise<void> {
  const { directory, cases } = await greedyOf(name),
    policy = await openPolicy(directory, { backend, tokenizer: false });
  try {
    const requests = cases.map(({ prompt }, i) => ({ prompt, key: keyOf(1, i) }));
    const maxTokens = cases.map(({ tokens }) => tokens.length);
    const drawn = await policy.generate(requests, { maxTokens, temperature: 0, stopTokens: [] });
    deepStrictEqual(drawn.map(({ tokens }) => tokens), cases.map(({ tokens }) => tokens), name);
  } finally {
    await policy.dispose();
  }
}

Deno.test("the expected continuations are long, and say more than one token again and again", async () => {
  for (const name of MODELS) {
    const { cases } = await greedyOf(name);
    ok(cases.length >= 6 && cases.every(({ tokens }) => tokens.length >= 8), name);
    ok(cases.every(({ tokens }) => new Set(tokens).size >= 4), name);
  }
});

for (const name of MODELS) {
  Deno.test(`${name}: greedy continuations are those of transformers, token for token`, () => continued(name, "cpu"));
  gpuTest(
    `on the GPU, ${name}: greedy continuations are those of transformers, token for token`,
    () => continued(name, "webgpu-software"),
  );
}
