/**
 * A task that a policy without a network can learn: the answer is always the same digit. For tests of the runner.
 *
 * @module
 */
import type { Algorithm } from "../../algorithms/algorithm.ts";
import type { Problem, Problems, Task } from "../../tasks/task.ts";
import { type Cell, cellFormat, cellOf } from "../cell.ts";
import type { CellParts } from "../run_cell.ts";
import type { StepParts } from "../step.ts";
import { parseSuite, type Suite, type Training } from "../suite.ts";
import quick from "../suites/quick.json" with { type: "json" };
import { openTableCritic } from "./table_critic.ts";
import { openTablePolicy } from "./table_policy.ts";

/** Twenty problems; the answer to each is 7. */
export const digitProblems: Problems = {
  length: 20,
  at: (index): Problem => ({ id: `digit-${index}`, question: `${index}`, gold: "7" }),
  digest: "0".repeat(64),
  source: "test",
};

/** Right if the response ends in 7; `short` rewards short ones. A step ends behind each `#`; a 7 is planning. */
export const digitTask: Task = {
  name: "digit",
  summary: "say seven",
  problems: () => Promise.resolve(digitProblems),
  prompt: ({ question }) => question,
  grade: ({ gold }, response) => {
    const answer = /#### (\d)\d*$/.exec(response)?.[1] ?? null;
    const right = answer === gold;
    return {
      rewards: { accuracy: right ? 1 : 0, short: response.length < 8 ? 1 : null },
      answer,
      reason: right ? "equal" : "different",
    };
  },
  gradeSteps: (_, response) => [...response.matchAll(/#/g)].map(({ index }) => ({ end: index + 1, reward: index })),
  strategicGrams: ["7"],
};

/** A small suite on that task. */
export function digitSuite(change: (suite: Suite) => void = () => {}): Suite {
  const suite = parseSuite(quick, "quick");
  const sizes = { steps: 12, promptsPerStep: 6, groupSize: 4, minibatches: 1, maxTokens: 10 };
  Object.assign(suite.training, { ...sizes, learningRate: 0.1 });
  Object.assign(suite.evaluation, { interval: 5, problems: 8, samples: 4 });
  change(suite);
  return suite;
}

/** What a step on that task with the table policy is given. */
export async function digitStep(
  algorithm: Algorithm,
  change: Partial<StepParts> = {},
  training: Partial<Training> = {},
): Promise<StepParts> {
  const suite = digitSuite((suite) => Object.assign(suite.training, training));
  return {
    policy: await openTablePolicy(),
    task: digitTask,
    problems: digitProblems,
    algorithm,
    training: suite.training,
    gates: suite.gates,
    seed: 1,
    ...change,
  };
}

/** A cell of an algorithm on that task with the table policy, and its parts. */
export async function digitCell(
  algorithm: Algorithm,
  suite: Suite = digitSuite(),
  seed = 1,
): Promise<{ cell: Cell; parts: CellParts }> {
  const policy = await openTablePolicy();
  const cell = cellOf(
    {
      format: cellFormat,
      algorithm: { name: algorithm.name, options: algorithm.options },
      task: { name: digitTask.name, train: digitProblems.digest, test: digitProblems.digest, prompts: "" },
      policy: { digest: await policy.digest(), backend: policy.backend },
      seed,
      training: suite.training,
      evaluation: suite.evaluation,
      gates: suite.gates,
    },
    { algorithm: { name: algorithm.name, options: {} }, policy: "embedded:table" },
  );
  const parts: CellParts = {
    algorithm,
    task: digitTask,
    train: digitProblems,
    test: digitProblems,
    openPolicy: openTablePolicy,
    openCritic: openTableCritic,
  };
  return { cell, parts };
}
