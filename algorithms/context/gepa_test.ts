import assert from "node:assert/strict";
import { accuracy, models, setting } from "./_synthetic_test.ts";
import { contextAlgorithms, gepa, type GepaOptions, type GepaState, learnContext, type Models } from "./mod.ts";
import { minibatch } from "./terms/gepa_iteration.ts";
import { mean } from "../terms/statistics.ts";

const seeds = Array.from({ length: 16 }, (_, i) => i + 1);

async function learned(name: string, options: object, seed: number): Promise<number> {
  const algorithm = contextAlgorithms[name].create(options), here = setting(40, 400, seed);
  return accuracy((await learnContext(algorithm, here, models(seed))).context, seed);
}

Deno.test("it learns what helps, and beats a random search over the same advice", async () => {
  const score = async (name: string) => mean(await Promise.all(seeds.map((seed) => learned(name, {}, seed))));
  const found = await score("gepa"), before = accuracy(setting(1, 1, 1).initial);
  assert.ok(found > before + 0.2, `${found}`);
  assert.ok(found > await score("random_search") + 0.05, `${found}`);
});

/** The pool after a run on two modules. */
async function pool(options: GepaOptions, seed: number, budget = 800): Promise<GepaState> {
  const here = setting(40, budget, seed, ["plan", "form"]);
  return (await learnContext(gepa.create(options), here, models(seed))).state as GepaState;
}

Deno.test("every candidate beat its parent in one module, taken in turns along a line", async () => {
  for (const seed of [1, 2, 3]) {
    const { pool: found } = await pool({}, seed);
    assert.deepEqual(found[0].parents, []);
    found.slice(1).forEach(({ parents: [parent], instructions, nextModule }) => {
      const changed = Object.keys(instructions).filter((module) =>
        instructions[module] !== found[parent].instructions[module]
      );
      assert.deepEqual(changed, [["plan", "form"][(nextModule - 1) % 2]]);
    });
  }
});

Deno.test("merges have two parents of different lines, and are no worse than they on what was tested", async () => {
  let merges = 0;
  for (const seed of seeds) {
    const { pool: found, merging } = await pool({ merge: true }, seed, 1500);
    const merged = found.filter(({ parents }) => parents.length === 2);
    assert.equal(merged.length, merging.accepted);
    assert.ok(merging.accepted <= 5);
    for (const { parents, instructions } of merged) {
      for (const module of ["plan", "form"]) {
        assert.ok(parents.some((parent) => found[parent].instructions[module] === instructions[module]));
      }
    }
    merges += merged.length;
  }
  assert.ok(merges > 0, "no seed merged anything");
});

Deno.test("a minibatch that the parent solves is paid for and skipped; a failed reflection costs no child", async () => {
  const answer = (score: number): Models["rollOut"] => (requests, reply) => {
    requests.forEach((_, i) => reply(i, { response: "", score, answer: null, feedback: "" }));
    return Promise.resolve();
  };
  const run = async (score: number) => {
    const failing: Models["reflect"] = (requests, reply) => {
      requests.forEach((_, i) => reply(i, { failure: "no", calls: 1 }));
      return Promise.resolve();
    };
    const { state } = await learnContext(gepa.create(), setting(8, 20, 1), {
      rollOut: answer(score),
      reflect: failing,
    });
    return state as GepaState;
  };
  // 4 for the initial prompt, then threes while an iteration of 10 would still fit.
  const solved = await run(1), failed = await run(0);
  assert.deepEqual(solved.spent, { responses: 13, reflections: 0, failures: 0 });
  assert.deepEqual(failed.spent, { responses: 13, reflections: 3, failures: 3 });
  assert.equal(failed.pool.length, 1);
});

Deno.test("a pass of minibatches shows every problem, and one that is no multiple is filled up", () => {
  const feedback = [10, 11, 12, 13, 14],
    passes = (first: number) => [first, first + 1].flatMap((n) => minibatch(feedback, 3, n, 1));
  for (const first of [0, 2, 4]) {
    assert.deepEqual([...new Set(passes(first))].sort(), feedback);
    assert.equal(passes(first).length, 6);
  }
  assert.notDeepEqual(passes(0), passes(2));
  assert.deepEqual(minibatch([7], 3, 5, 1), [7, 7, 7]);
});

Deno.test("options that would be set in vain are refused", () => {
  assert.throws(() => gepa.create({ epsilon: 0.2 }), /"epsilon" is for selection "epsilon_greedy"/);
  assert.throws(
    () => gepa.create({ selection: "best", dominance: "textbook" }),
    /"dominance" is for selection "pareto"/,
  );
  assert.throws(() => gepa.create({ maxMerges: 2 }), /"merge" is false; leave it out or use merge true/);
  assert.throws(() => gepa.create({ validationShare: 0 }), /use a number greater than 0 and at most 1/);
  // What a run records can be made again.
  for (const { create } of Object.values(contextAlgorithms)) {
    assert.deepEqual(create(create().options).options, create().options);
  }
});
