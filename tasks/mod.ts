/**
 * Tasks: where problems come from, how a prompt is written, how an answer is graded.
 *
 * @example
 * ```ts
 * import { gsm8k } from "@podium/rl/tasks";
 * const problems = await gsm8k.problems({ split: "test" });
 * const problem = problems.at(0);
 * gsm8k.grade(problem, `#### ${problem.gold}`).rewards.accuracy; // 1
 * ```
 *
 * @module
 */

import type { Task } from "./task.ts";
import { gsm8k } from "./gsm8k.ts";
import { math } from "./math.ts";
import { webSearch, webSearchR1Searcher, webSearchToolCall } from "./web_search.ts";

export type { Environment, Grade, GradeOptions, Problem, Problems, ProblemsOptions, StepReward, Task } from "./task.ts";
export { type Leakage, leakageOf, type LeakageRule } from "./leakage.ts";
export { type EquivalenceOptions, gradeMath, type MathGradingOptions, type Verdict } from "./grading/math.ts";
export { DataError } from "./source/data_error.ts";
export { gsm8k, math, webSearch };

/** Every task by its name. A new one is a file and a line here. */
export const tasks: Readonly<Record<string, Task>> = {
  gsm8k,
  math,
  web_search: webSearch,
  web_search_r1_searcher: webSearchR1Searcher,
  web_search_tool_call: webSearchToolCall,
};
