import { strict as assert } from "node:assert";
import type { Cell } from "../cell.ts";
import type { EvaluationLine, StepLine, TimingLine } from "../run_cell.ts";
import { historyOf } from "./history.ts";
import { historyText, runText } from "./wandb.ts";

const steps = [
  {
    step: 2,
    loss: null,
    accuracy: 0.5,
    gradientNorms: [1, 3],
    rewards: { accuracy: 0.5, brevity: null },
    accuracyByTemperature: [{ temperature: 0.8, accuracy: 0.75 }],
    metrics: { clipFraction: 0.25 },
    digests: { rollouts: "ab" },
    hash: "cd",
  },
] as unknown as StepLine[];
const evaluations = [
  { step: 0, average: 0.25, pass: { 1: 0.25, 8: 0.5 }, problems: { greedy: [1, 0] }, hash: "ef" },
  { step: 2, average: 0.5, kl: 0, hash: "01" },
] as unknown as EvaluationLine[];
const timing: TimingLine[] = [
  { step: 0, evaluate: 9 },
  { step: 1, rollout: 1, update: 2, record: 100, total: 103 },
  { step: 2, rollout: 1, grade: 0.5, evaluate: 7, memory: 1000 },
];

Deno.test("lines of a record are joined by step, numbers by their path, and what is no number is left out", () => {
  const history = historyOf(steps, evaluations, timing);
  assert.deepEqual(history, [
    {
      step: 0,
      seconds: 0,
      numbers: { "eval/average": 0.25, "eval/pass/1": 0.25, "eval/pass/8": 0.5, "time/evaluate": 9 },
    },
    // Two steps of which an algorithm that replaces groups made one update: the first has only its seconds.
    { step: 1, seconds: 3, numbers: { "time/rollout": 1, "time/update": 2, "time/record": 100, "time/total": 103 } },
    {
      step: 2,
      seconds: 4.5,
      numbers: {
        "train/accuracy": 0.5,
        "train/rewards/accuracy": 0.5,
        "train/metrics/clipFraction": 0.25,
        "train/gradientNorm": 2,
        "train/accuracyByTemperature/0.8": 0.75,
        "eval/average": 0.5,
        "eval/kl": 0,
        "time/rollout": 1,
        "time/grade": 0.5,
        "time/evaluate": 7,
        "system/memory": 1000,
      },
    },
  ]);
  assert.ok(historyOf(steps, evaluations, []).every(({ seconds }) => seconds === null));
});

Deno.test("a history as Weights & Biases has it: _step, _runtime where there was a clock, no time of day", () => {
  const text = historyText([
    { step: 0, seconds: null, numbers: { "eval/average": 0.25 } },
    { step: 1, seconds: 1.5, numbers: { "train/loss": -1e-9 } },
  ]);
  assert.equal(text, '{"_step":0,"eval/average":0.25}\n{"_step":1,"_runtime":1.5,"train/loss":-1e-9}\n');
});

Deno.test("run.json holds arguments of wandb.init: seeds of a label are a group", () => {
  const identity = { algorithm: { name: "grpo" }, task: { name: "gsm8k" }, seed: 3 };
  const run = JSON.parse(runText("quick", "with KL", { id: "0123456789abcdef", identity } as unknown as Cell));
  assert.deepEqual(run, {
    project: "quick",
    group: "with KL",
    job_type: "gsm8k",
    name: "gsm8k with KL seed 3",
    id: "0123456789abcdef",
    tags: ["gsm8k", "grpo"],
    config: identity,
  });
});
