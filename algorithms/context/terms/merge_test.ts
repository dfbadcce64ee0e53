import assert from "node:assert/strict";
import fc from "fast-check";
import { ancestorsOf, mergeInstances, proposeMerge } from "./merge.ts";

const one = (plan: string, form: string, parents: number[]) => ({ instructions: { plan, form }, parents });

// 0 is the seed; 1 changed the plan, 2 the form, 3 the plan of 1 again, 4 both.
const pool = [one("a", "x", []), one("b", "x", [0]), one("a", "y", [0]), one("c", "x", [1]), one("d", "z", [2])];
const scores = [[0, 0], [1, 0], [0, 1], [1, 0], [0.9, 1]];
const none = new Set<string>();

Deno.test("ancestors are all of a line", () => {
  assert.deepEqual([...ancestorsOf(pool, 3)], [1, 0]);
  assert.deepEqual([...ancestorsOf(pool, 0)], []);
  assert.deepEqual([...ancestorsOf([...pool, one("b", "y", [3, 4])], 5)].sort(), [0, 1, 2, 3, 4]);
});

Deno.test("a merge takes what each line changed, and of what both changed the better one's", () => {
  assert.deepEqual(proposeMerge(pool, scores, [1, 2], none, 1, 1), {
    parents: [1, 2],
    ancestor: 0,
    instructions: { plan: "b", form: "y" },
    keys: ["1,2,0", "1,2:1,2"],
  });
  // 4 is better than 3, and the form was changed by 4 alone.
  assert.deepEqual(proposeMerge(pool, scores, [3, 4], none, 1, 1)?.instructions, { plan: "d", form: "z" });
  assert.deepEqual(proposeMerge(pool, [...scores.slice(0, 3), [1, 1], [0.5, 1]], [3, 4], none, 1, 1)?.instructions, {
    plan: "c",
    form: "z",
  });
});

Deno.test("no merge of a line with itself, of what was tried, with an ancestor that is better, or with nothing to gain", () => {
  assert.equal(proposeMerge(pool, scores, [1, 3], none, 1, 1), undefined);
  assert.equal(proposeMerge(pool, scores, [1, 2], new Set(["1,2,0"]), 1, 1), undefined);
  assert.equal(proposeMerge(pool, scores, [1, 2], new Set(["1,2:1,2"]), 1, 1), undefined);
  assert.equal(proposeMerge(pool, [[1, 1], ...scores.slice(1)], [1, 2], none, 1, 1), undefined);
  const same = [one("a", "x", []), one("b", "x", [0]), one("c", "x", [0])];
  assert.equal(proposeMerge(same, scores.slice(0, 3), [1, 2], none, 1, 1), undefined);
  assert.equal(proposeMerge(pool, scores, [1], none, 1, 1), undefined);
});

Deno.test("a merge is tested on different instances, a third each where there are enough", () => {
  const scores = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 6 }), fc.nat(), (pairs, count, step) => {
      const [a, b] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)];
      const chosen = mergeInstances(a, b, count, 1, step);
      assert.equal(chosen.length, Math.min(count, pairs.length));
      assert.equal(new Set(chosen).size, chosen.length);
      const better = (some: number[]) => some.filter((i) => a[i] > b[i]).length;
      const available = better(pairs.map((_, i) => i));
      assert.ok(better(chosen) >= Math.min(available, Math.ceil(count / 3), count));
    }),
    { seed: 6 },
  );
});
