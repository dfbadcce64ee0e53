import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createCountingGpu } from "../../policy/webgpu/counting.ts";
import { problemsOf, wordTokenizer } from "./prompts.ts";
import { trainingLine } from "./table.ts";
import { tooLate } from "./time_limit.ts";
import { checksOf, timeTraining, trainingFigure } from "./training.ts";
import { planOf, SHRUNKEN, TRAINING } from "./training_work.ts";

const problems = await problemsOf();

/** What is left out with so much time and memory. */
async function leftOut(seconds: number, memory: number): Promise<string[]> {
  const lines: string[] = [], figure = trainingFigure(SHRUNKEN, problems);
  const checks = await timeTraining(createCountingGpu(), SHRUNKEN, figure, {
    device: { name: "none", software: true, selfTest: {}, exact: true },
    problems,
    limit: { seconds: 100, left: () => seconds },
    memory,
    events: { phase: () => Promise.resolve(), leaveOut: (line) => Promise.resolve(void lines.push(line)) },
  });
  deepStrictEqual([checks, figure.phases, figure.steps], [[], [], []]);
  match(trainingLine(figure), /^Qwen2.5-0.5B, shrunken: no step was taken$/);
  return lines;
}

Deno.test("steps that there is no time or no memory for are left out, and the report says so", async () => {
  deepStrictEqual(
    await leftOut(1, Infinity),
    [1, 2].map((run) =>
      `Qwen2.5-0.5B, shrunken, run ${run} from step 1 on: left out, it may take 9 s and of 100 s there are 1 for it`
    ),
  );
  deepStrictEqual(await leftOut(Infinity, 1e5), [
    "Qwen2.5-0.5B, shrunken: left out, it does not fit into 0.0 GB of the card",
  ]);
  strictEqual(tooLate({ seconds: Infinity, left: () => Infinity }, "all", 1e9), null);
});

Deno.test("different digests, a plan that is off, and a step that is slower than the first ten fail", () => {
  const found = (own: { digests?: string[]; measured?: number; steps?: number[] } = {}) =>
    checksOf({ again: 1 }, { digests: ["a", "a"], planned: 100, measured: 100, steps: [1], ...own })
      .filter(({ passed }) => !passed).map(({ name }) => name);
  deepStrictEqual(found(), []);
  deepStrictEqual(found({ digests: ["a", "b"] }), ["two runs have different digests after step 1"]);
  deepStrictEqual([found({ measured: 92 }), found({ measured: 109 })], [[], []]);
  for (const measured of [90, 112]) match(found({ measured })[0], /memory plan is off/);
  const ten = [3, ...Array(9).fill(1)];
  deepStrictEqual([found({ steps: ten }), found({ steps: [...ten, 1.19] })], [[], []]);
  match(found({ steps: [...ten, 1, 1.21, 1] })[0], /slowest later step/);
});

Deno.test("what is trained on a GPU fits one of 24 GB, on one of 16 GB with less at once", async () => {
  const large = await planOf(TRAINING, problems, 24e9), small = await planOf(TRAINING, problems, 0.9 * 16e9);
  ok(large && small && large.plan.total > 0.9 * 16e9);
  deepStrictEqual([large.plan.reduced, large.recompute], [{}, false]);
  ok(small.plan.total <= 0.9 * 16e9 && Object.keys(small.plan.reduced).length > 0);
  strictEqual(await planOf(TRAINING, problems, 5e9), null);
});

Deno.test("a word, a digit and a sign are a token each, always the same", () => {
  const { encode, decode } = wordTokenizer(151936), ids = encode("Tom has 34 apples.\nTom");
  strictEqual(ids.length, 7);
  strictEqual(ids[0], ids[6]);
  ok(ids.every((id) => id >= 0 && id < 151936) && new Set(ids).size === 6);
  strictEqual(decode([5, 7]), "5 7");
});
