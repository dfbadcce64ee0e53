import assert from "node:assert/strict";
import { accuracy, models, setting } from "./_synthetic_test.ts";
import { type Context, learnContext, mipro, type MiproOptions, type MiproState } from "./mod.ts";
import { bestAverage } from "./mipro.ts";
import { mean } from "../terms/statistics.ts";

async function learn(
  options: MiproOptions,
  seed: number,
  budget = 800,
): Promise<{ state: MiproState; context: Context }> {
  const { state, context } = await learnContext(mipro.create(options), setting(60, budget, seed), models(seed));
  return { state: state as MiproState, context };
}

const seeds = [1, 2, 3, 4, 5, 6];

Deno.test("it finds instructions and demonstrations that help", async () => {
  const before = accuracy(setting(1, 1, 1).initial);
  const after = mean(await Promise.all(seeds.map(async (seed) => accuracy((await learn({}, seed)).context, seed))));
  assert.ok(after > before + 0.1, `${before} -> ${after}`);
});

Deno.test("minibatches are followed by full scorings, the last one included, and the best of those is kept", async () => {
  for (const seed of seeds) {
    const { state: { trials, candidates }, context } = await learn(
      { minibatchSize: 10, minibatchAbove: 20 },
      seed,
      700,
    );
    const kinds = trials.map(({ full }) => full ? "F" : "m").join("");
    assert.match(kinds, /^FmmmmmF(mmmmmF)*m*F$|^FmmmmmF(mmmmmF)*$/);
    const full = trials.filter((trial) => trial.full),
      best = full.find(({ score }) => score === Math.max(...full.map((one) => one.score)))!;
    assert.equal(context.instructions.main, candidates!.instructions.main[best.choices[0]]);
    assert.deepEqual(context.demonstrations, candidates!.sets[best.choices[1]]);
  }
});

Deno.test("without minibatches a combination that was scored before is not scored again", async () => {
  const { state } = await learn({ candidates: 3, trials: 20 }, 1, 5000);
  const different = new Set(state.trials.map(({ choices }) => choices.join()));
  assert.equal(state.trials.length, 21);
  assert.ok(different.size < 21);
  assert.equal(state.spent.responses, 12 + different.size * 48);
});

Deno.test("zero-shot keeps demonstrations out of the prompt, but shows them to the proposer", async () => {
  const { state, context } = await learn({ preset: "zero_shot" }, 1);
  assert.deepEqual(state.candidates!.sets, [[]]);
  assert.deepEqual(context.demonstrations, []);
  assert.ok(state.candidates!.instructions.main.length > 1);
});

Deno.test("bestAverage() is over minibatches, and passes over what was scored in full", () => {
  const trial = (choice: number, score: number, full = false) => ({ choices: [choice], score, full });
  assert.deepEqual(bestAverage([trial(0, 1, true), trial(0, 1), trial(1, 0.9), trial(1, 0.1), trial(2, 0.6)]), [2]);
  assert.deepEqual(bestAverage([trial(1, 0.5), trial(2, 0.5)]), [1]);
  assert.equal(bestAverage([trial(0, 1, true)]), undefined);
});
