/**
 * Short answers to questions, graded as SQuAD does (Rajpurkar et al. 2016) and HotpotQA after it: exact match and F1 of
 * words, after lower case, without punctuation and without the articles a, an, the. A question may have several right
 * answers; the best one counts.
 *
 * | gold | answer | exact match | F1 |
 * |---|---|---|---|
 * | `The Hague` | `hague` | 1 | 1 |
 * | `Chief of Protocol` | `the US chief of protocol` | 0 | 0.857 |
 * | `yes` | `yes, it is` | 0 | 0: yes and no are right or wrong, there is no half |
 *
 * @module
 */

/** How well an answer fits. */
export interface AnswerScore {
  /** 1 if the answer equals one of the right ones, else 0. */
  readonly exactMatch: number;
  /** Harmonic mean of precision and recall of words, in [0, 1]. */
  readonly f1: number;
}

/** Answers without a half: HotpotQA's own list. */
const WHOLE = ["yes", "no", "noanswer"];
/** ASCII punctuation, as SQuAD's script has it: other marks stay. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/** An answer in the form that is compared. */
export function normaliseAnswer(answer: string): string {
  return answer.toLowerCase().replace(PUNCTUATION, "").replace(ARTICLES, " ").split(/\s+/).filter(Boolean).join(" ");
}

/** Whole words alone; letters of every alphabet count as such, which JavaScript's `\b` does not know. */
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** Scores an answer against every right one. */
export function scoreAnswer(right: readonly string[], answer: string): AnswerScore {
  const given = normaliseAnswer(answer);
  let exactMatch = 0, f1 = 0;
  for (const one of right) {
    const gold = normaliseAnswer(one);
    exactMatch = Math.max(exactMatch, given === gold ? 1 : 0);
    f1 = Math.max(f1, overlap(gold, given));
  }
  return { exactMatch, f1 };
}

function overlap(gold: string, given: string): number {
  if (gold === given) return 1;
  if (WHOLE.includes(gold) || WHOLE.includes(given)) return 0;
  const wanted = gold.split(" ").filter(Boolean), words = given.split(" ").filter(Boolean);
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of words) {
    const count = left.get(word) ?? 0;
    if (count > 0) common++, left.set(word, count - 1);
  }
  return common === 0 ? 0 : 2 * common / (wanted.length + words.length);
}
