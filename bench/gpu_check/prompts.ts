/**
 * Prompts for a model that has no tokenizer: GSM8K's questions, cut into about as many tokens as Qwen's tokenizer makes of
 * them.
 *
 * @module
 */
import type { Tokenizer } from "../../policy/policy.ts";
import { fold } from "../../policy/random.ts";
import { embeddedProblems } from "../../tasks/gsm8k/embedded.ts";
import { problemsOfFile } from "../../tasks/gsm8k/file.ts";
import type { Problems } from "../../tasks/task.ts";

/** GSM8K's problems from a file with the columns `question` and `answer`; without one those of the generator. */
export function problemsOf(data?: string): Promise<Problems> {
  return data === undefined ? embeddedProblems("train", 0) : problemsOfFile(data);
}

/** One token for each word, digit and sign; its id is a hash. What is sampled is shown as numbers. */
export function wordTokenizer(vocabularySize: number): Tokenizer {
  return {
    vocabularySize,
    encode: (text) =>
      (text.match(/\p{L}+|\p{N}|[^\s\p{L}\p{N}]/gu) ?? []).map((word) => fold([0, 0], word)[1] % vocabularySize),
    decode: (ids) => ids.join(" "),
  };
}
