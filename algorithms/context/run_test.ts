/** Promises about every algorithm of the family: budget, resuming, order of replies, plain states, unreliable reflectors. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { models, setting } from "./_synthetic_test.ts";
import type { ContextAlgorithm, ContextState, Reflection, ReflectionRequest, Setting } from "./algorithm.ts";
import { contextAlgorithms, learnContext, type Models, type RecordedReply, runStep } from "./mod.ts";

/** An algorithm with options, and a setting in which it does something. */
interface Case {
  readonly algorithm: ContextAlgorithm;
  readonly setting: Setting;
}

const variants: readonly [string, object][] = [
  ["few_shot", {}],
  ["few_shot", { source: "bootstrapped" }],
  ["random_search", {}],
  ["mipro", { candidates: 4, minibatchSize: 3, minibatchAbove: 5 }],
  ["mipro", { preset: "zero_shot", validationShare: 0.5 }],
  ["gepa", {}],
  ["gepa", { merge: true, selection: "epsilon_greedy", epsilon: 0.5 }],
  ["gepa", { merge: true, mergeAcceptance: "always", dominance: "textbook" }],
  ["training_free_grpo", { batchSize: 4, groupSize: 3 }],
  ["training_free_grpo", { batchSize: 5, groupSize: 2, preset: "code_paper_branch", maxEntries: 2 }],
  ["training_free_grpo", { batchSize: 5, groupSize: 3, preset: "no_ground_truth", summarize: false }],
];

/** A case with more budget than it must have by `extra`. */
const cases = fc.record({
  variant: fc.constantFrom(...variants),
  problems: fc.integer({ min: 4, max: 14 }),
  extra: fc.integer({ min: 0, max: 120 }),
  seed: fc.integer(),
}).map(({ variant: [name, options], problems, extra, seed }): Case => {
  const algorithm = contextAlgorithms[name].create(options);
  return {
    algorithm,
    setting: setting(problems, algorithm.needs.budget(problems) + extra, seed, ["plan", "form"]),
  };
});

Deno.test("the budget is never exceeded, the bill is what was asked for, and every state is plain JSON", () =>
  fc.assert(
    fc.asyncProperty(cases, async ({ algorithm, setting }) => {
      const asking = models();
      const { state } = await learnContext(algorithm, setting, asking, {
        each: ({ state, metrics }) => {
          assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
          assert.ok(Object.values(metrics).every(Number.isFinite), JSON.stringify(metrics));
        },
      });
      assert.ok(asking.asked.responses <= setting.budget);
      assert.equal(state.spent.responses, asking.asked.responses);
      assert.equal(state.spent.reflections, asking.asked.reflections);
    }),
    { seed: 1, numRuns: 150 },
  ));

/** The models, which reply in another order and stop after `lifetime` replies. */
function fickle(lifetime: number, seed: number): Models {
  const steady = models();
  const shuffledBy =
    <Request, One>(ask: (requests: readonly Request[], reply: (i: number, one: One) => void) => unknown) =>
    async (requests: readonly Request[], reply: (i: number, one: One) => void) => {
      const replies: [number, One][] = [];
      await ask(requests, (i, one) => replies.push([i, one]));
      replies.sort(([a], [b]) => (a * 7919 + seed) % 31 - (b * 7919 + seed) % 31);
      for (const [i, one] of replies) {
        if (lifetime-- <= 0) throw new Error("killed");
        reply(i, one);
      }
    };
  return { rollOut: shuffledBy(steady.rollOut), reflect: shuffledBy(steady.reflect!) };
}

Deno.test("a step that was killed anywhere, with replies in any order, ends in the same state and asks for nothing twice", () =>
  fc.assert(
    fc.asyncProperty(cases, fc.integer({ min: 0, max: 40 }), fc.nat(), async ({ algorithm, setting }, life, order) => {
      let state: ContextState = algorithm.start(setting);
      while (!state.done) {
        const entries: RecordedReply[] = [], record = (entry: RecordedReply) => void entries.push(entry);
        const whole = await runStep(algorithm, state, setting, models(), { record });

        const journal: RecordedReply[] = [], again = (entry: RecordedReply) => void journal.push(entry);
        const killed = await runStep(algorithm, state, setting, fickle(life, order), { record: again }).catch(
          (error) => {
            assert.equal(error.message, "killed");
            assert.equal(journal.length, Math.min(life, entries.length));
          },
        );
        const rest = models();
        const stored = JSON.parse(JSON.stringify({ state, journal }));
        const resumed = await runStep(algorithm, stored.state, setting, rest, { recorded: stored.journal });
        assert.deepEqual(resumed, whole);
        if (killed) assert.deepEqual(killed, whole);
        assert.equal(rest.asked.responses + rest.asked.reflections, entries.length - stored.journal.length);
        state = whole.state;
      }
    }),
    { seed: 2, numRuns: 60 },
  ));

/** Replies that no reflector should give, and failures. */
const operation = fc.record({
  operation: fc.constantFrom("ADD", "UPDATE", "DELETE", "MERGE", "NONE", "EXPLODE"),
  id: fc.constantFrom("G0", "G1", "G2", "__proto__", "constructor", ""),
  ids: fc.array(fc.constantFrom("G0", "G1", "__proto__"), { maxLength: 3 }),
  content: fc.string({ maxLength: 60 }),
}, { requiredKeys: [] });
const reflection: fc.Arbitrary<Reflection> = fc.oneof(
  fc.record({ operations: fc.array(operation, { maxLength: 4 }), calls: fc.constant(1) }),
  fc.record({ text: fc.string({ minLength: 1 }), calls: fc.constant(1) }),
  fc.constant({ failure: "no JSON", calls: 3 }),
);

Deno.test("no reply of a reflector breaks an algorithm; failures are counted", () =>
  fc.assert(
    fc.asyncProperty(
      cases,
      fc.array(reflection, { minLength: 1, maxLength: 7 }),
      async ({ algorithm, setting }, replies) => {
        let asked = 0, failed = 0;
        const reflect = (requests: readonly ReflectionRequest[], reply: (i: number, one: Reflection) => void) => {
          requests.forEach((_, i) => {
            const one = replies[asked++ % replies.length];
            if (one.failure !== undefined) failed++;
            reply(i, one);
          });
          return Promise.resolve();
        };
        const { state, context } = await learnContext(algorithm, setting, { ...models(), reflect });
        assert.equal(state.spent.failures, failed);
        const ids = context.experiences.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        assert.deepEqual(Object.keys(context.instructions), ["plan", "form"]);
      },
    ),
    { seed: 3, numRuns: 150 },
  ));

Deno.test("whoever leaves a request unanswered, or has no reflector, is told so", async () => {
  const algorithm = contextAlgorithms.gepa.create(), here = setting(8, 60, 1);
  const silent: Models = { rollOut: () => Promise.resolve() };
  await assert.rejects(learnContext(algorithm, here, silent), /gepa: 0 of 4 rollouts of a round were answered/);
  const { rollOut } = models();
  await assert.rejects(learnContext(algorithm, here, { rollOut }), /gepa needs a reflector, and none is there/);
  const broken: Models = {
    rollOut: (requests, reply) => {
      requests.forEach((_, i) => reply(i, { response: "", score: NaN, answer: null, feedback: "" }));
      return Promise.resolve();
    },
  };
  await assert.rejects(learnContext(algorithm, here, broken), /score NaN; give a finite number/);
});

Deno.test("a setting in which nothing can be learned is refused when it starts", () => {
  const { gepa, few_shot, training_free_grpo } = contextAlgorithms;
  assert.throws(() => gepa.create().start(setting(1, 100, 1)), /gepa: there are 1 training problems; give at least 2/);
  assert.throws(() => gepa.create().start(setting(10, 15, 1)), /the budget is 15 responses; .* at least 16$/);
  assert.throws(() => gepa.create().start(setting(10, 50, 0.5)), /the seed is 0.5; give a whole number/);
  assert.throws(() => gepa.create().start(setting(10, 50, 1, [])), /has no instruction; give a module/);
  assert.throws(
    () => few_shot.create({ shots: 9 }).start(setting(4, 0, 1)),
    /4 training problems come with a solution/,
  );
  assert.throws(() => training_free_grpo.create().start(setting(4, 4, 1)), /budget is 4 .* at least 5$/);
});
