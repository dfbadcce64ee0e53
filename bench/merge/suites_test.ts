import { strict as assert } from "node:assert";
import fc from "fast-check";
import { type Benchmark, loadBenchmark, parseBenchmark } from "../benchmark.ts";
import { mergedSuite } from "./suites.ts";

const standard = await loadBenchmark("standard");

/** The suite standard with these algorithms and seeds alone. */
function part(algorithms: readonly number[], seeds: readonly number[]): Benchmark {
  return {
    ...standard,
    tasks: standard.tasks.map((suite) => ({
      ...suite,
      algorithms: algorithms.map((place) => suite.algorithms[place]),
      seeds: [...seeds],
    })),
  };
}

const merged = (...suites: Benchmark[]) => mergedSuite(suites.map((suite, place) => ({ run: `run${place}`, suite })));

Deno.test("merging suites is commutative, associative and idempotent, and gives all algorithms and all seeds", () => {
  const some = (most: number) => fc.uniqueArray(fc.nat(most), { minLength: 1 });
  const suites = fc.record({ algorithms: some(12), seeds: some(90) })
    .map(({ algorithms, seeds }) => part(algorithms, seeds));
  fc.assert(
    fc.property(suites, suites, suites, (a, b, c) => {
      const whole = merged(a, b, c);
      const text = JSON.stringify(whole);
      assert.equal(JSON.stringify(merged(merged(a, b), c)), text);
      assert.equal(JSON.stringify(merged(c, merged(b, a))), text);
      assert.equal(JSON.stringify(merged(whole, whole)), text);
      const seeds = [a, b, c].flatMap(({ tasks }) => tasks[0].seeds);
      assert.deepEqual(new Set(whole.tasks[0].seeds), new Set(seeds));
      assert.equal(new Set(seeds).size, whole.tasks[0].seeds.length);
    }),
    { numRuns: 20 },
  );
});

Deno.test("suites that differ in anything else are refused, by its name", () => {
  const own = part([0], [1]), other = structuredClone(own);
  other.tasks[1].training.steps = 41;
  assert.throws(
    () => merged(own, other),
    /^Refusal: run1: another suite than that of run0 \(tasks\.math\.training\.steps is 41, not 40\)/,
  );
  assert.throws(() => merged(own, { ...own, name: "mine" }), /\(name is "mine", not "standard"\)/);
  assert.throws(() => merged(own, { ...own, tasks: own.tasks.slice(1) }), /another suite .*tasks\.gsm8k/);
  const { sweep: _, ...untuned } = own;
  assert.throws(() => merged(own, untuned), /another suite .*sweep/);
});

Deno.test("a run that saved memory on the GPU can be merged with one that did not, in either order", () => {
  const own = part([0], [1]), other = structuredClone(part([0], [2]));
  for (const task of other.tasks) task.recompute = true;
  assert.deepEqual(merged(own, other), merged(other, own));
});

Deno.test("an algorithm that is set differently needs another label", () => {
  const own = part([0], [1]), other = structuredClone(own);
  other.tasks[0].algorithms[0].options = { beta: 0.04 };
  assert.throws(
    () => merged(own, other),
    /^Refusal: run1: algorithm grpo on gsm8k is not that of run0 \(options\.beta is 0\.04, not 0\); rows of one/,
  );
  for (const { algorithms } of other.tasks) algorithms[0].label = "with KL";
  assert.equal(merged(own, other).tasks[0].algorithms.length, 2);
});

Deno.test("seeds of a sweep that another run reports are refused", () => {
  assert.throws(() => merged(part([0], [1]), part([0], [101])), /seed 101 is in the sweep and in the comparison/);
  parseBenchmark(merged(part([0], [1]), part([1], [2])), "what was merged");
});
