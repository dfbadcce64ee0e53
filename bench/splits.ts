/**
 * The problems of a suite: those that are trained on, and those that are held out.
 *
 * @module
 */
import { tasks } from "../tasks/mod.ts";
import type { Problems, Task } from "../tasks/task.ts";
import { decontaminated } from "./leakage.ts";
import { unknown } from "./nearest.ts";
import { Refusal } from "./outcomes.ts";
import type { Suite } from "./suite.ts";

/** The task called `name`. */
export function findTask(name: string): Task {
  if (Object.hasOwn(tasks, name)) return tasks[name];
  throw new Refusal(unknown("task", name, Object.keys(tasks)));
}

/** Problems of a split, refused if there are none. */
async function problemsOf(task: Task, split: "train" | "test", source?: string): Promise<Problems> {
  const problems = await task.problems({ split, ...source !== undefined && { source } });
  if (problems.length === 0) throw new Refusal(`${source ?? task.name}: holds no problems; give a file with some.`);
  return problems;
}

/** Both lists of problems; of the training problems those that may be trained on. */
export async function splitsOf(
  task: Task,
  { train: trainSource, test: testSource, decontaminate }: Suite["data"],
): Promise<{ all: Problems; train: Problems; test: Problems }> {
  const [all, test] = await Promise.all([problemsOf(task, "train", trainSource), problemsOf(task, "test", testSource)]);
  return { all, train: decontaminate ? await decontaminated(all, test) : all, test };
}
