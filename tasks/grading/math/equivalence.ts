/**
 * Whether two mathematical answers mean the same: `spelling.ts` gives both one spelling, `read.ts` makes answers of
 * them, `compare.ts` compares these by kind, and `same_value.ts` compares numbers and formulas. Pure and deterministic.
 *
 * @module
 */

import { conventions, type EquivalenceOptions, type Verdict } from "../verdict.ts";
import { bareAnswer } from "./bare_answer.ts";
import { compareWith, equal, unparsed } from "./compare.ts";
import { beyondLimits, LONGEST_TEXT } from "./limits.ts";
import { read } from "./read.ts";
import { respell } from "./spelling.ts";

/** Compares two answers. It never throws; `../math.ts` calls it in a thread that can be stopped. */
export function equivalent(gold: string, prediction: string, options: EquivalenceOptions = {}): Verdict {
  if (gold === prediction && gold.trim() !== "") return equal("same text");
  try {
    const answers = [gold, prediction].map((text) => {
      if (text.trim() === "") return { reason: "empty" };
      if (text.length > LONGEST_TEXT) return { reason: `longer than ${LONGEST_TEXT} characters` };
      const bare = bareAnswer(text);
      const reason = beyondLimits(bare);
      return reason ? { reason } : { answer: read(respell(bare)) };
    });
    const [a, b] = answers;
    if (!a.answer) return unparsed(`gold answer, ${a.reason}`);
    if (!b.answer) return unparsed(b.reason!);
    return compareWith({ ...conventions, ...options })(a.answer, b.answer);
  } catch (error) {
    // A stack overflow or a parser's bug must not end a training run; the reason keeps it visible.
    return unparsed(`internal error (${String((error as Error)?.message ?? error).split("\n", 1)[0].slice(0, 120)})`);
  }
}
