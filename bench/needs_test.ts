import { strict as assert } from "node:assert";
import type { Needs } from "../algorithms/algorithm.ts";
import { channelsOf } from "./channels.ts";
import { minibatchesOf, requireServed, taughtTask } from "./needs.ts";
import { inVariedGroup, plain } from "./testing/algorithms.ts";
import { digitSuite, digitTask } from "./testing/digit_task.ts";

const { training } = digitSuite();

/** What the runner says to an algorithm with these needs. */
const asked = (needs: Partial<Needs>, task = digitTask, change = {}) => () =>
  requireServed(plain(needs, change), training, task);

Deno.test("everything that can be declared is served", () => {
  const needs: Required<Needs> = {
    groupSize: 4,
    reference: true,
    refreshReferenceEvery: 3,
    critic: { learningRateFactor: 2 },
    planning: true,
    steps: true,
    channels: ["accuracy"],
    greedy: true,
    minibatches: 6,
    refill: { rounds: 2 },
  };
  asked(needs, digitTask, { select: inVariedGroup })();
  assert.equal(minibatchesOf(plain(needs), training), 6);
});

Deno.test("what can't be served is refused in one sentence that says what to do", () => {
  const { strategicGrams: _grams, gradeSteps: _steps, ...bare } = digitTask;
  const cases: [refused: () => void, sentence: RegExp][] = [
    [
      asked({ groupSize: 1, ...{ oracle: true } }),
      /^plain needs oracle, which this runner does not serve; leave it out\.$/,
    ],
    [asked({ groupSize: 16 }), /at least 16 responses per prompt, not 4; raise groupSize/],
    [asked({ minibatches: 7 }), /at least 7 minibatches of whole groups, .* 6 prompts; raise promptsPerStep/],
    [asked({ channels: ["format"] }), /needs the reward channel "format"; add it to rewards/],
    [
      asked({ planning: true }, bare),
      /needs strategic grams, but task digit has none; choose other algorithms, or a task/,
    ],
    [asked({ planning: true }, { ...bare, strategicGrams: [] }), /needs strategic grams/],
    [asked({ steps: true }, bare), /needs rewards of single steps, but task digit grades only whole/],
    [asked({ refreshReferenceEvery: 2 }), /refreshes a reference policy but needs none; leave the refresh out/],
    [asked({ reference: true, refreshReferenceEvery: 0.5 }), /every 0\.5 steps; use a whole number from 1/],
    [asked({ critic: { learningRateFactor: 0 } }), /gives its critic 0 times the learning rate; use a positive/],
    [asked({ refill: { rounds: 2 } }), /has no selection; leave refill out/],
    [
      asked({ refill: { rounds: -1 } }, digitTask, { select: inVariedGroup }),
      /at most -1 times; use/,
    ],
  ];
  for (const [refused, message] of cases) assert.throws(refused, { name: "Refusal", message });
});

Deno.test("planning phrases of the settings take the place of the task's, and serve a task that has none", () => {
  const { strategicGrams: _grams, ...bare } = digitTask, own = { ...training, strategicGrams: ["let us check"] };
  requireServed(plain({ planning: true }), own, bare);
  assert.deepEqual(taughtTask(digitTask, own).strategicGrams, ["let us check"]);
  assert.equal(taughtTask(digitTask, training), digitTask);
});

Deno.test("brevity is among the channels of every task, and its name is reserved", () => {
  assert.deepEqual(channelsOf(digitTask, { accuracy: 0, short: null }), ["accuracy", "short", "brevity"]);
  assert.throws(
    () => channelsOf(digitTask, { accuracy: 0, brevity: 1 }),
    /task digit: the name of its reward channel "brevity" is reserved/,
  );
});
