/**
 * The memory that a GPU needs for a suite, from its problems and the shape of its policy.
 *
 * @module
 */
import { promptTokens } from "../../policy/chat_template.ts";
import type { ModelConfig } from "../../policy/model/config.ts";
import type { Tokenizer } from "../../policy/policy.ts";
import type { Problems, Task } from "../../tasks/task.ts";
import { tokenizerOf } from "../policies.ts";
import { findTask, splitsOf } from "../splits.ts";
import type { Suite } from "../suite.ts";
import { planSuiteMemory, type SuiteMemory } from "./plan.ts";

/** Problems of a generator, which are alike and have no end, among which the longest prompt is looked for. */
const generated = 128;

/** Tokens of the longest prompt: of the problems whose prompts have the most characters. Others of a generator may be longer by a quarter. */
function longestPrompt(task: Task, lists: readonly Problems[], tokenizer: Tokenizer): number {
  const prompts = lists.flatMap((list) => {
    const endless = list.length === Infinity, length = endless ? generated : list.length;
    return Array.from({ length }, (_, index) => ({ text: task.prompt(list.at(index)), endless }));
  });
  const longest = prompts.toSorted((a, b) => b.text.length - a.text.length).slice(0, 64);
  return Math.max(...longest.map(({ text, endless }) => {
    const { length } = promptTokens(tokenizer, text, task.environment?.tools);
    return endless ? Math.ceil(1.25 * length) : length;
  }));
}

/** The memory that a GPU needs for a suite whose policy has this shape; its problems are read unless they are given. */
export async function memoryOf(
  suite: Suite,
  config: ModelConfig,
  lists?: Pick<Awaited<ReturnType<typeof splitsOf>>, "train" | "test">,
): Promise<SuiteMemory> {
  const task = findTask(suite.task), { train, test } = lists ?? await splitsOf(task, suite.data);
  const promptTokens = longestPrompt(task, [train, test], await tokenizerOf(suite.policy));
  return await planSuiteMemory(suite, task, config, promptTokens);
}
