/**
 * The embedded source: generated word problems in two endless lists that share no question.
 *
 * @module
 */

import { fold, keyOf } from "../../policy/random.ts";
import { sha256 } from "../sha256.ts";
import type { Problem, Problems } from "../task.ts";
import { GENERATOR_VERSION, type WordProblem, wordProblem } from "./word_problems.ts";

/** One question in this many belongs to the test split. */
const TEST_SHARE = 16;

/**
 * Which split a question belongs to: a hash of its text. Not the seed: two seeds draw the same question now and then,
 * and what is tested must never have been trained on.
 */
export function splitOf(question: string): "train" | "test" {
  return fold([0, 0], question)[1] % TEST_SHARE === 0 ? "test" : "train";
}

/** The list of a split. `at(index)` draws until a question falls into the split, so any index can be had directly. */
export async function embeddedProblems(split: "train" | "test", seed: number): Promise<Problems> {
  return {
    length: Infinity,
    source: "embedded",
    digest: await sha256(`podium word problems ${GENERATOR_VERSION} ${split} ${seed}`),
    at(index: number): Problem {
      if (!Number.isSafeInteger(index) || index < 0) {
        throw new Error(`There is no problem ${index}: an index is an integer from 0.`);
      }
      const { question, answer, steps } = draw(split, seed, index);
      const gold = String(steps[steps.length - 1].result);
      return {
        id: `embedded/${split}/${seed}/${index}`,
        question,
        gold,
        meta: { solution: answer, steps, strict: true },
      };
    },
  };
}

function draw(split: "train" | "test", seed: number, index: number): WordProblem {
  for (let attempt = 0;; attempt++) {
    const problem = wordProblem(keyOf(seed, "gsm8k", index, attempt));
    if (splitOf(problem.question) === split) return problem;
  }
}
