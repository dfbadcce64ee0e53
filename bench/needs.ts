/**
 * What algorithms declare that they need, against what the runner, the task and the settings give. Everything that
 * can't work is refused here, before anything runs.
 *
 * @module
 */
import type { Algorithm } from "../algorithms/algorithm.ts";
import { compileGrams, type GramMatcher } from "../algorithms/strategic_grams/matcher.ts";
import type { Task } from "../tasks/task.ts";
import { Refusal } from "./outcomes.ts";
import type { Training } from "./suite.ts";

/** Optimizer steps per rollout batch: those of the training settings, or more where the algorithm needs more. */
export function minibatchesOf({ needs }: Algorithm, training: Training): number {
  return Math.max(training.minibatches, needs.minibatches ?? 1);
}

const compiled = new WeakMap<readonly string[], GramMatcher>();

/** The task with the planning phrases of the settings, where they name some, in place of its own. */
export function taughtTask(task: Task, { strategicGrams }: Pick<Training, "strategicGrams">): Task {
  return strategicGrams ? { ...task, strategicGrams } : task;
}

/** The matcher of a task's strategic grams, made once. */
export function gramsOf({ name, strategicGrams }: Task): GramMatcher {
  if (!strategicGrams?.length) throw new Refusal(`task ${name} has no strategic grams.`);
  let matcher = compiled.get(strategicGrams);
  if (!matcher) compiled.set(strategicGrams, matcher = compileGrams(strategicGrams));
  return matcher;
}

const isCount = (value: number) => Number.isInteger(value) && value >= 1;

/**
 * Refuses an algorithm that needs what the runner, the task or the settings do not give.
 *
 * @throws {Refusal} one sentence that says what is missing and what to do about it.
 */
export function requireServed(algorithm: Algorithm, training: Training, task: Task): void {
  const { name, needs, select } = algorithm;
  const {
    groupSize,
    reference,
    refreshReferenceEvery,
    critic,
    planning,
    steps,
    channels = [],
    greedy: _served,
    minibatches = 1,
    refill,
    ...others
  } = needs;
  const refuse = (sentence: string) => {
    throw new Refusal(`${name} ${sentence}`);
  };
  const unserved = Object.entries(others).find(([, needed]) => needed);
  if (unserved) refuse(`needs ${unserved[0]}, which this runner does not serve; leave it out.`);
  if (training.groupSize < groupSize) {
    refuse(`needs at least ${groupSize} responses per prompt, not ${training.groupSize}; raise groupSize.`);
  }
  if (minibatches > training.promptsPerStep) {
    refuse(
      `needs at least ${minibatches} minibatches of whole groups, which can't be made of ${training.promptsPerStep} ` +
        "prompts; raise promptsPerStep.",
    );
  }
  const missing = channels.find((channel) => !training.rewards.includes(channel));
  if (missing !== undefined) refuse(`needs the reward channel "${missing}"; add it to rewards.`);
  if (refreshReferenceEvery !== undefined) {
    if (!reference) refuse("refreshes a reference policy but needs none; leave the refresh out.");
    if (!isCount(refreshReferenceEvery)) {
      refuse(`refreshes its reference policy every ${refreshReferenceEvery} steps; use a whole number from 1.`);
    }
  }
  if (critic && !(critic.learningRateFactor > 0 && Number.isFinite(critic.learningRateFactor))) {
    refuse(`gives its critic ${critic.learningRateFactor} times the learning rate; use a positive number.`);
  }
  if (refill) {
    if (!select) refuse("replaces groups that its selection drops but has no selection; leave refill out.");
    if (!(refill.rounds === 0 || isCount(refill.rounds))) {
      refuse(`samples further prompts at most ${refill.rounds} times; use a whole number from 0.`);
    }
  }
  if (planning && !taughtTask(task, training).strategicGrams?.length) {
    refuse(`needs strategic grams, but task ${task.name} has none; choose other algorithms, or a task that has some.`);
  }
  if (steps && !task.gradeSteps) {
    refuse(
      `needs rewards of single steps, but task ${task.name} grades only whole responses; choose a task that does.`,
    );
  }
}
