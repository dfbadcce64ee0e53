import { strict as assert } from "node:assert";
import type { EvaluationLine, StepLine } from "../run_cell.ts";
import { roughnessOf, SPIKE, spikeShare, stabilityOf, WINDOW } from "./stability.ts";

/** Evaluations with these values of avg@k, every ten steps. */
const evaluations = (...averages: number[]) =>
  averages.map((average, index) => ({ step: 10 * index, average, kl: 0.1 * index, unanswered: 0 }) as EvaluationLine);

const stability = (...averages: number[]) =>
  stabilityOf({ steps: [], evaluations: evaluations(...averages) }, false, false);

Deno.test("a collapse is a fall below half of the best so far: when, from what, to what", () => {
  const { collapsed, collapseStep, collapseFrom, collapseTo, finalOverBest } = stability(0.4, 0.7, 0.34, 0.1, 0.3);
  assert.deepEqual([collapsed, collapseStep, collapseFrom, collapseTo], [1, 20, 0.7, 0.1]);
  assert.equal(finalOverBest, 0.3 / 0.7);
});

Deno.test("half of the best is not yet a collapse, and a fall of the policy before training is one", () => {
  assert.equal(stability(0.4, 0.8, 0.4).collapsed, 0);
  assert.deepEqual(stability(0.4, 0.1).collapseStep, 10);
  assert.equal(stability(0.4, 0.8, 0.4).collapseStep, null);
  assert.equal(stability().collapsed, null);
});

Deno.test("a recovered run has collapsed all the same", () => {
  const { collapsed, finalOverBest } = stability(0.6, 0.2, 0.9);
  assert.deepEqual([collapsed, finalOverBest], [1, 1]);
});

Deno.test("a stopped run has no final numbers but keeps what was seen until then", () => {
  const seen = stabilityOf({ steps: [], evaluations: evaluations(0.4, 0.1) }, true, true);
  assert.deepEqual([seen.finalOverBest, seen.kl, seen.nonFiniteSteps], [null, null, 1]);
  assert.deepEqual([seen.collapsed, seen.klLargest], [1, 0.1]);
});

Deno.test("a spike is a norm beyond so many times the median of the updates before it", () => {
  const calm = new Array<number>(WINDOW).fill(1);
  assert.equal(spikeShare(calm), null, "nothing before it says what is usual");
  assert.equal(spikeShare([...calm, SPIKE, SPIKE + 0.01, 1, 1]), 1 / 4);
  assert.equal(spikeShare([...calm.map((norm) => 100 * norm), 100, 400]), 0, "large is not a spike where it is usual");
});

Deno.test("roughness is the scatter of the changes: 0 for a steady rise, whatever its slope", () => {
  assert.ok(roughnessOf([0.1, 0.2, 0.3, 0.4])! < 1e-15);
  assert.ok(Math.abs(roughnessOf([0, 1, 0, 1])! - Math.sqrt(4 / 3)) < 1e-15); // changes 1, -1, 1
  assert.equal(roughnessOf([0.1, 0.2]), null);
});

Deno.test("what is learned from without signal is weighed by groups; a step that learned nothing does not count", () => {
  const step = (groups: number, groupsWithoutSignal?: number, entropy: number | null = null) =>
    ({
      groups,
      prompts: 20,
      groupsWithoutSignal: 0.5,
      gradientNorms: [],
      metrics: groupsWithoutSignal === undefined ? {} : { groupsWithoutSignal },
      entropy,
      samplingDifference: null,
      ratioDifference: null,
    }) as unknown as StepLine;
  const of = (...steps: StepLine[]) => stabilityOf({ steps, evaluations: [] }, false, false);
  assert.equal(of(step(4, 0.25), step(12, 0.75), step(0)).learnedWithoutSignal, (1 + 9) / 16);
  assert.equal(of(step(4, 0)).groupsWithoutSignal, 0.5, "what was sampled is another matter");
  assert.equal(of(step(4)).learnedWithoutSignal, null, "an algorithm that reports nothing");
  assert.equal(of(step(4, 0, 0.25), step(4, 0, null), step(4, 0, 0.5)).entropyChange, 0.25);
  assert.equal(of(step(4, 0, 0.5), step(4, 0, 0.25)).entropyChange, 0.25);
  assert.equal(of(step(0)).entropyChange, null);
});

Deno.test("groups without signal are weighed by the prompts of each step", () => {
  const steps = [[0.5, 10], [1, 30]].map(([groupsWithoutSignal, prompts]) =>
    ({
      groupsWithoutSignal,
      prompts,
      gradientNorms: [1],
      metrics: {},
      entropy: null,
      samplingDifference: null,
      ratioDifference: null,
    }) as unknown as StepLine
  );
  assert.equal(stabilityOf({ steps, evaluations: [] }, false, false).groupsWithoutSignal, 0.875);
});
