import { strict as assert } from "node:assert";
import fc from "fast-check";
import { loadSuite } from "./suite.ts";
import { type Sweep, sweepLabel, sweepSuite, tune, tunedSuite } from "./sweep.ts";

const quick = await loadSuite("quick");
quick.evaluation.also = [3];
const sweep: Sweep = { learningRates: [1e-4, 2e-4, 4e-4], seeds: [101, 102], offset: 300 };

Deno.test("a sweep tries every rate of every entry, on its own seeds and problems", () => {
  const suite = sweepSuite(quick, sweep);
  assert.equal(suite.algorithms.length, 3 * quick.algorithms.length);
  assert.deepEqual(suite.seeds, [101, 102]);
  assert.deepEqual([suite.evaluation.offset, suite.evaluation.interval], [300, quick.training.steps]);
  assert.equal(suite.evaluation.also, undefined);
  const labels = suite.algorithms.map(({ label }) => label);
  assert.equal(new Set(labels).size, labels.length);
  const gdpo = suite.algorithms.find(({ label }) => label === sweepLabel("gdpo", 2e-4))!;
  assert.equal(gdpo.training.learningRate, 2e-4);
  assert.deepEqual(gdpo.training.rewards, ["accuracy", "brevity"], "what the entry sets itself stays");
  assert.equal(quick.evaluation.offset, undefined, "the suite itself is as before");
});

Deno.test("a task may have learning rates of its own", () => {
  const own = { ...sweep, byTask: { gsm8k: [1, 2] } };
  assert.equal(sweepSuite(quick, own).algorithms.length, 2 * quick.algorithms.length);
  assert.equal(sweepSuite({ ...quick, task: "math" }, own).algorithms.length, 3 * quick.algorithms.length);
  assert.ok(tune(quick, own, () => 0.5).every(({ points, learningRate }) => points.length === 2 && learningRate === 1));
});

/** Chooses among rates whose scores are given per seed. */
function chosen(...scores: (number | null)[][]) {
  const suite = { ...quick, algorithms: quick.algorithms.slice(0, 1) };
  const [tuned] = tune(suite, sweep, (label, seed) => {
    const rate = sweep.learningRates.findIndex((rate) => label === sweepLabel("grpo", rate));
    return scores[rate][sweep.seeds.indexOf(seed)];
  });
  return tuned;
}

Deno.test("the rate with the best mean is chosen; of equals the smallest, and it is said if it is at the edge", () => {
  assert.deepEqual(chosen([0.1, 0.2], [0.5, 0.1], [0.2, 0.2]).learningRate, 2e-4);
  assert.equal(chosen([0.1, 0.2], [0.5, 0.1], [0.2, 0.2]).atEdge, false);
  assert.deepEqual(chosen([0.3, 0.3], [0.1, 0.1], [0.3, 0.3]).learningRate, 1e-4);
  assert.equal(chosen([0.3, 0.3], [0.1, 0.1], [0.3, 0.3]).atEdge, true);
  assert.equal(chosen([0, 0], [0, 0], [0, 0.1]).atEdge, true);
});

Deno.test("a rate that a gate stopped on one seed is not chosen, however good the other seed", () => {
  assert.equal(chosen([0.1, 0.1], [null, 1], [0, 0]).learningRate, 1e-4);
  assert.equal(chosen([null, null], [null, null], [null, null]).learningRate, 1e-4);
  assert.equal(chosen([null, 1], [null, 1], [0, 0]).learningRate, 4e-4, "a score of 0 is a score");
});

Deno.test("no other rate has a higher mean than the chosen one", () => {
  const score = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(fc.array(fc.tuple(score, score), { minLength: 3, maxLength: 3 }), (scores) => {
    const { learningRate } = chosen(...scores), sums = scores.map(([a, b]) => a + b);
    return sums[sweep.learningRates.indexOf(learningRate)] === Math.max(...sums);
  }));
});

Deno.test("the tuned suite differs in the learning rates alone", () => {
  const tuned = tune(quick, sweep, (label) => label.endsWith("0.0004") ? 1 : 0);
  const suite = tunedSuite(quick, tuned);
  assert.ok(suite.algorithms.every(({ training }) => training.learningRate === 4e-4));
  const before = quick.algorithms.map((entry) => ({ ...entry, training: { ...entry.training, learningRate: 4e-4 } }));
  assert.deepEqual({ ...suite, algorithms: before }, { ...quick, algorithms: before });
});
