/**
 * Competition mathematics: MATH (Hendrycks et al. 2021, arXiv 2103.03874) and generated problems of its form, with
 * levels from 1 to 5 and subjects.
 *
 * Q: Solve $3x+4=19$ for $x$.
 * A: First $3x=19-4=15$.
 *    Then $x=15/3=5$.
 *    The answer is $\boxed{5}$.
 *
 * The source is `embedded` (the generator, the default) or data in the columns of hendrycks_math or MATH-500
 * (`math/file.ts`); `?level=1-3&subject=algebra` behind it takes a part (`math/filter.ts`).
 *
 * The answer is what stands in the last box (`math/boxed.ts`), compared by what it means (`grading/math.ts`).
 * Embedded problems are graded strictly, because the demonstrations teach the box and a fallback would pay for leaving
 * it out; responses to other problems may use the fallback (`math/answer.ts`), which the reason flags. Channels:
 *
 * - `accuracy`: 1 if the answer equals the gold answer;
 * - `format`: 1 if the response has an answer in a box;
 * - `parsed`: 1 if the comparison could read both answers, 0 if not, null without an answer. Unparsed is not wrong;
 *   accuracy counts it as 0, and this channel says how often that was so.
 *
 * @module
 */

import { gradeMath } from "./grading/math.ts";
import { answerOf } from "./math/answer.ts";
import { embeddedProblems } from "./math/embedded.ts";
import { problemsOfFile } from "./math/file.ts";
import { filtered, parseSource } from "./math/filter.ts";
import { promptOf } from "./math/prompt.ts";
import { strategicGrams } from "./math/strategic_grams.ts";
import type { Grade, Task } from "./task.ts";

/** The MATH task. */
export const math: Task<Promise<Grade>> = {
  name: "math",
  summary: "competition mathematics with the answer in a box; embedded generator, or the MATH files; " +
    "?level=1-3&subject=algebra behind a source takes a part",
  async problems({ split, source = "embedded", seed = 0 }) {
    const { source: name, filter } = parseSource(source);
    if (name === "embedded") return await embeddedProblems(split, seed, filter, source);
    const problems = await problemsOfFile(name, { split });
    return await filtered(problems, filter, problems.source + source.slice(name.length));
  },
  prompt: promptOf,
  equivalent: gradeMath,
  async grade(problem, response, options) {
    const strict = options?.strict ?? problem.meta?.strict === true;
    const { text, from } = answerOf(response, { strict });
    const format = from === "box" ? 1 : 0;
    if (text === null) {
      const reason = from === "not closed" ? "the last \\boxed{ never closes" : "no \\boxed in the response";
      return { rewards: { accuracy: 0, format, parsed: null }, answer: null, reason };
    }
    const { verdict, reason } = await gradeMath(problem.gold, text);
    return {
      rewards: { accuracy: verdict === "equal" ? 1 : 0, format, parsed: verdict === "unparsed" ? 0 : 1 },
      answer: text,
      reason: from === "box" ? reason : `${reason} (fallback: no \\boxed, ${from})`,
    };
  },
  strategicGrams,
};
