/**
 * Grade-school mathematics: GSM8K (Cobbe et al. 2021, arXiv 2110.14168) and generated word problems of its form.
 *
 * Q: Tom has 34 apples. He buys 36 more. He keeps one of 5 equal parts. How many apples does he have?
 * A: first 34+36=70 apples.
 *    then 70/5=14 apples.
 *    #### 14
 *
 * The source is `embedded` (the generator, the default) or data in the data set's own columns, `question` and
 * `answer`: a file, or `hub:openai/gsm8k`.
 *
 * Grading compares numbers (`grading/number.ts`). Embedded problems are graded strictly, because the demonstrations
 * teach `####` and a fallback would pay for leaving it out; responses to a file's problems may use the fallback, which
 * the reason flags. The channel `format` tells the two apart in every record. Steps are graded line by line, by whether
 * their equations are true (`gsm8k/steps.ts`).
 *
 * @module
 */

import type { Grade, Task } from "./task.ts";
import { embeddedProblems } from "./gsm8k/embedded.ts";
import { promptOf } from "./gsm8k/prompt.ts";
import { problemsOfFile } from "./gsm8k/file.ts";
import { gradeSteps } from "./gsm8k/steps.ts";
import { strategicGrams } from "./gsm8k/strategic_grams.ts";
import { gradeNumber } from "./grading/number.ts";

/** The GSM8K task. */
export const gsm8k: Task<Grade> = {
  name: "gsm8k",
  summary: "grade-school word problems with a number as the answer; embedded generator, or the GSM8K data",
  problems({ split, source = "embedded", seed = 0 }) {
    return source === "embedded" ? embeddedProblems(split, seed) : problemsOfFile(source, { split });
  },
  prompt: promptOf,
  grade(problem, response, options) {
    const strict = options?.strict ?? problem.meta?.strict === true;
    return gradeNumber(problem.gold, response, { strict });
  },
  gradeSteps,
  strategicGrams,
};
