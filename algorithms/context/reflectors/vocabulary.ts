/**
 * The advice that the embedded reflector can give, and how it sees whether a response followed it.
 *
 * The embedded policies read sentences of this vocabulary, and no others. What a topic is about must show in the text of
 * a response, because that is all that a reflector sees.
 *
 * @module
 */

/** Something that a response does or does not do, with the advice for and against it. */
export interface AdviceTopic {
  /** Name, for records. */
  readonly name: string;
  /** Advice to do it. */
  readonly advice: string;
  /** Advice not to; `null` where nobody would give it. */
  readonly opposite: string | null;
  /** Whether a response does it. */
  shows(response: string): boolean;
}

const says = (pattern: RegExp) => (response: string) => pattern.test(response);

/** Words of a response that is short. */
const FEW_WORDS = 12;

/** What the embedded reflector knows about. */
export const adviceVocabulary: readonly AdviceTopic[] = [
  {
    name: "steps",
    advice: "work step by step.",
    opposite: "answer at once.",
    shows: says(/\b(first|then|next)\b/i),
  },
  { name: "check", advice: "check the sum.", opposite: "do not check.", shows: says(/\bcheck\b/i) },
  {
    name: "search",
    advice: "search before you answer.",
    opposite: "answer without searching.",
    shows: says(/<search>/),
  },
  {
    name: "town",
    advice: "search for the town first.",
    opposite: null,
    shows: says(/^[^<]*<search>[^<]*\b(based|born|lives|set|town)\b/),
  },
  { name: "box", advice: "put the answer in a box.", opposite: null, shows: says(/\\boxed\b/) },
  {
    name: "short",
    advice: "keep it short.",
    opposite: null,
    shows: (response) => response.trim().split(/\s+/).length <= FEW_WORDS,
  },
];
