import assert from "node:assert/strict";
import { accuracy, models, setting } from "./_synthetic_test.ts";
import { demonstrationSets, fewShot, learnContext } from "./mod.ts";

Deno.test("labelled examples cost nothing, are different, and make a policy that follows them better", async () => {
  const asking = models(), here = setting(30, 0, 2);
  const { context, state } = await learnContext(fewShot.create(), here, asking);
  assert.deepEqual([state.step, asking.asked], [1, { responses: 0, reflections: 0 }]);
  assert.equal(new Set(context.demonstrations.map(({ question }) => question)).size, 4);
  assert.ok(accuracy(context) > accuracy(here.initial));
});

Deno.test("bootstrapped examples are the policy's own right responses, and no more is sampled than needed", async () => {
  const asking = models(), here = setting(60, 60, 2);
  const { context, state } = await learnContext(fewShot.create({ preset: "bootstrapped" }), here, asking);
  assert.equal(context.demonstrations.length, 4);
  for (const { question, response } of context.demonstrations) {
    assert.ok(response.endsWith(`a${question.split(" ")[1]}`), response);
  }
  assert.ok(state.step > 1 && asking.asked.responses < 60);
  // Too few right ones: it ends with those there are.
  const poor = await learnContext(fewShot.create({ preset: "bootstrapped", shots: 50 }), here, models());
  assert.equal(poor.state.spent.responses, 60);
  assert.ok(poor.context.demonstrations.length < 50);
});

Deno.test("sets: none, labelled, the first of one's own, then random ones; each question once; no set twice", () => {
  const one = (kind: string) => (i: number) => ({ question: `q${i}`, response: kind });
  const labelled = [0, 1, 2, 3, 4, 5].map(one("labelled")), own = [4, 5, 6, 7].map(one("own"));
  const options = { sets: 8, ownDemonstrations: 3, labelledDemonstrations: 4 };
  const sets = demonstrationSets(labelled, own, options, 1);
  assert.deepEqual(sets[0], []);
  assert.ok(sets[1].length === 4 && sets[1].every(({ response }) => response === "labelled"));
  assert.deepEqual(sets[2].slice(0, 3), own.slice(0, 3));
  for (const set of sets.slice(1)) assert.equal(new Set(set.map(({ question }) => question)).size, 4);
  assert.equal(new Set(sets.map((set) => JSON.stringify(set))).size, sets.length);
  assert.deepEqual(
    demonstrationSets(labelled, own, { ...options, ownDemonstrations: 0, labelledDemonstrations: 0 }, 1),
    [[]],
  );
});
