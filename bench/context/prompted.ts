/**
 * What stands around a problem, as the embedded policies read it: sentences of advice in one line, worked examples, then
 * the task's own prompt.
 *
 * @module
 */
import type { Context } from "../../algorithms/mod.ts";
import type { Task } from "../../tasks/task.ts";

/** The prompt of a problem in a context: instructions and experiences in their order, a line; examples; the problem. */
export function contextPrompt({ instructions, experiences, demonstrations }: Context, prompt: string): string {
  const advice = [...Object.values(instructions), ...experiences.map(({ text }) => text)].filter((text) => text !== "");
  return [
    ...advice.length === 0 ? [] : [advice.join(" ")],
    ...demonstrations.map(({ question, response }) => question + response),
    prompt,
  ].join("\n");
}

/** The task with a context in every prompt. */
export function promptedTask(task: Task, context: Context): Task {
  return { ...task, prompt: (problem) => contextPrompt(context, task.prompt(problem)) };
}
