import assert from "node:assert/strict";
import { accuracy, models, setting } from "./_synthetic_test.ts";
import { type Candidate, contextAlgorithms, gepa, type GepaState, learnContext, type Models } from "./mod.ts";
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

Deno.test("a child changes one module of its parent, taken in turns along a line, and beat it on the same problems", async () => {
  for (const seed of [1, 2, 3]) {
    const here = setting(40, 800, seed, ["plan", "form"]), found: Candidate[] = [];
    await learnContext(gepa.create(), here, models(seed), {
      each: ({ state, metrics }) => {
        const { pool } = state as GepaState;
        if (pool.length === found.length) return;
        const last = pool.at(-1)!, { parents: [parent], instructions, nextModule } = last;
        if (parent !== undefined) {
          const changed = ["plan", "form"].filter((module) =>
            instructions[module] !== found[parent].instructions[module]
          );
          assert.deepEqual(changed, [["plan", "form"][(nextModule - 1) % 2]]);
          assert.ok(metrics.childGain > 0);
        }
        found.push(last);
      },
    });
    assert.deepEqual(found[0].parents, []);
    assert.ok(found.length > 1);
  }
});

/**
 * A task of three kinds of problems: the first needs "A" as the plan, the second "B" as the form, the third no
 * instruction at all, so that no prompt is best on all.
 */
const torn: Models = {
  rollOut: (requests, reply) => {
    requests.forEach(({ problem, context: { instructions: { plan, form } } }, i) => {
      const right = [plan === "A", form === "B", plan + form === ""][problem % 3];
      reply(i, { response: "", score: right ? 1 : 0, answer: null, feedback: "" });
    });
    return Promise.resolve();
  },
  reflect: (requests, reply) => {
    requests.forEach((request, i) =>
      reply(i, { text: request.kind === "mutate" && request.module === "plan" ? "A" : "B", calls: 1 })
    );
    return Promise.resolve();
  },
};

Deno.test("a merge joins what two lines changed", async () => {
  let merges = 0;
  for (const seed of seeds) {
    const here = setting(36, 600, seed, ["plan", "form"]);
    const { state, context } = await learnContext(gepa.create({ merge: true }), here, torn);
    const { pool, merging } = state as GepaState, merged = pool.filter(({ parents }) => parents.length === 2);
    assert.equal(merged.length, merging.accepted);
    assert.ok(merging.accepted <= 5 && merging.due >= 0);
    for (const { parents, instructions, scores } of merged) {
      assert.deepEqual(instructions, { plan: "A", form: "B" });
      for (const parent of parents) {
        assert.equal(Object.values(pool[parent].instructions).filter((text) => text === "").length, 1);
        assert.ok(mean(scores) >= mean(pool[parent].scores));
      }
    }
    assert.deepEqual(context.instructions, { plan: "A", form: "B" });
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
