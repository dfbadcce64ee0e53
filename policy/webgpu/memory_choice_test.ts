import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { smallConfig } from "../cpu/checking_test.ts";
import { fitMemory, leastMemory } from "./memory_choice.ts";
import { workOf } from "./memory_plan.ts";
import { largestSizes } from "./sizes.ts";

const CONFIG = smallConfig({ keyValueHeads: 2, qkvBias: true, layers: 1 });
const WORK = workOf({ prompts: 16, group: 8, promptTokens: 50, responseTokens: 100 });
const OPTIONS = { work: WORK, frozen: 1 }, LARGEST = largestSizes(CONFIG);

async function fitted(bytes?: number) {
  const plan = await fitMemory(CONFIG, OPTIONS, bytes);
  if ("least" in plan) throw new Error(`${bytes} bytes are too few: ${plan.least}`);
  return plan;
}

const whole = await fitted(), least = await leastMemory(CONFIG, OPTIONS);

Deno.test("without a limit, and with one that is large enough, all is as large as it can be", async () => {
  deepStrictEqual([whole.reduced, whole.sizes], [{}, LARGEST]);
  deepStrictEqual(await fitted(whole.total), whole);
});

Deno.test("any limit gives a plan within it, the same each time, that holds the longest sample; or what it takes", () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: Math.floor(least * 0.8), max: Math.ceil(whole.total * 1.1) }), async (bytes) => {
      const plan = await fitMemory(CONFIG, OPTIONS, bytes);
      if (bytes < least) return deepStrictEqual(plan, { least });
      ok(!("least" in plan) && plan.total <= bytes);
      deepStrictEqual(await fitMemory(CONFIG, OPTIONS, bytes), plan);
      const { tokens, scored, cacheRows, sequences } = plan.sizes, { longest } = WORK;
      ok(tokens >= longest.tokens && scored >= longest.scored && cacheRows >= longest.tokens && sequences >= 1);
      for (const name of ["tokens", "scored", "cacheRows", "sequences"] as const) ok(plan.sizes[name] <= LARGEST[name]);
    }),
    { numRuns: 12 },
  ));

Deno.test("more memory never means less at once in training", async () => {
  const steps = 8, found: number[] = [];
  for (let n = 0; n <= steps; n++) found.push((await fitted(least + (whole.total - least) * n / steps)).sizes.tokens);
  deepStrictEqual(found, found.toSorted((a, b) => a - b));
  ok(new Set(found).size > 2, `${found}`);
});

Deno.test("with just what is needed, there is one sample and one sequence at a time", async () => {
  const { sizes, total } = await fitted(least);
  strictEqual(total, least);
  deepStrictEqual(sizes, { tokens: 149, scored: 100, cacheRows: 149, sequences: 1 });
});
