/**
 * What an algorithm that changes the prompt learns from in a cell: the first problems of the training order, which the
 * algorithms that change weights begin with too, and as many responses as they sample.
 *
 * @module
 */
import type { Context, ContextAlgorithm, ContextProblem, Setting } from "../../algorithms/mod.ts";
import type { Problem, Problems, Task } from "../../tasks/task.ts";
import type { CellIdentity } from "../cell.ts";
import { Refusal } from "../outcomes.ts";
import { reflectorName, type ReflectorSource } from "./reflector.ts";
import { trainingIndices } from "../problem_order.ts";
import type { Training } from "../suite.ts";

/** Most training problems: what Training-Free GRPO learns from in its paper (arXiv 2510.08191 §3.1). */
export const MOST_PROBLEMS = 100;

/** The prompt before anything is learned: two modules without text, so that two lines have something to merge. */
export const EMPTY_CONTEXT: Context = { instructions: { plan: "", form: "" }, experiences: [], demonstrations: [] };

/** What decides the numbers of a cell that learns a prompt, beside its settings. */
export function contextIdentity(
  trainingProblems: number,
  reflector?: ReflectorSource,
): NonNullable<CellIdentity["context"]> {
  return {
    reflector: reflectorName(reflector),
    problems: Math.min(MOST_PROBLEMS, trainingProblems),
    prompt: "advice 1",
  };
}

/** Sampled responses of a cell: what every algorithm gets. */
export function budgetOf({ steps, promptsPerStep, groupSize }: Training): number {
  return steps * promptsPerStep * groupSize;
}

/** The training problems of a cell. */
export function problemsFor(train: Problems, seed: number): Problem[] {
  const count = Math.min(MOST_PROBLEMS, train.length);
  return trainingIndices(train, seed, 0, count).map((index) => train.at(index));
}

/** The setting of a cell. */
export function settingOf(
  task: Task,
  problems: readonly Problem[],
  { training, seed }: Pick<CellIdentity, "training" | "seed">,
): Setting {
  const asProblem = (problem: Problem): ContextProblem => {
    const solution = problem.meta?.solution;
    return {
      question: task.prompt(problem),
      gold: problem.gold,
      ...typeof solution === "string" && { solution },
    };
  };
  return { problems: problems.map(asProblem), initial: EMPTY_CONTEXT, budget: budgetOf(training), seed };
}

/**
 * Refuses an algorithm that can't start with these settings.
 *
 * @throws {Refusal} one sentence that says what to do about it.
 */
export function requireLearnable(algorithm: ContextAlgorithm, training: Training, problems: number): void {
  const { name, needs } = algorithm, count = Math.min(MOST_PROBLEMS, problems);
  if (typeof training.temperature !== "number" || training.temperature <= 0) {
    throw new Refusal(`${name} samples at one temperature greater than 0; set training.temperature to a number.`);
  }
  if (count < needs.problems) {
    throw new Refusal(`${name} needs at least ${needs.problems} training problems, not ${count}; give more.`);
  }
  const least = needs.budget(count), budget = budgetOf(training);
  if (budget < least) {
    throw new Refusal(
      `${name} needs at least ${least} responses to learn from ${count} problems, and steps × promptsPerStep × ` +
        `groupSize is ${budget}; raise one of them.`,
    );
  }
}
