/**
 * Words as answers: names, choices, dates, yes and no, numbers in words.
 *
 * @module
 */

import type { Verdict } from "../verdict.ts";

const UNITS =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
    .split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const MONTHS = "january february march april may june july august september october november december".split(" ");

/** The letters and digits of a text, without `\text`, brackets, quotes and marks. */
export function plainWords(text: string): string {
  return text
    .replace(/\\text\s*(?=\{)/g, " ")
    .replace(/\\[a-zA-Z]+/g, (command) => ` ${command.slice(1)} `)
    .replace(/[{}$\\"'`*_~()[\].,:;!?]/g, (mark) => mark === "'" ? "" : " ")
    .replace(/\s+/g, " ")
    .trim();
}

/** Compares two answers in words. */
export function sameWords(gold: string, prediction: string): Verdict {
  const different: Verdict = { verdict: "different", reason: "different: words" };
  const [a, b] = [choice(gold), choice(prediction)];
  if (a && b) {
    return a.letter === b.letter
      ? { verdict: "equal", reason: "equal: choice" }
      : { ...different, reason: "different: choice" };
  }
  for (const [letter, other] of [[a, prediction], [b, gold]] as const) {
    if (letter?.words && fold(letter.words) === fold(other)) {
      return { verdict: "equal", reason: "equal: words of a choice" };
    }
  }
  if (fold(gold) !== "" && fold(gold) === fold(prediction)) return { verdict: "equal", reason: "equal: words" };
  const dates = [date(gold), date(prediction)];
  if (dates[0] && dates[0] === dates[1]) return { verdict: "equal", reason: "equal: date" };
  const counts = [numberInWords(gold), numberInWords(prediction)];
  if (counts[0] !== null && counts[0] === counts[1]) return { verdict: "equal", reason: "equal: number in words" };
  return different;
}

/** Letters that stand alone keep their case: d is not D. */
function fold(text: string): string {
  const words = plainWords(text).replace(/^(?:the|an?) (?=\w)/i, "");
  return words.length < 2 ? words : words.toLowerCase().replace(/ /g, "");
}

/** `C`, `(C)`, `\text{(C)}`, `C.`, `(C) Alina`, `C: Alina`. */
export function choice(text: string): { letter: string; words: string } | null {
  const bare = text.replace(/\\text\s*(?=\{)/g, "").replace(/[{}$]/g, "").trim();
  const match = /^(?:\(\s*([A-Z])\s*\)|([A-Z])(?=$|[.):](?:\s|$)))[.):]?\s*(.*)$/s.exec(bare);
  // A letter before a capitalised name: C Cecile.
  const described = /^([A-J]) ([A-Z][a-z]+\b.*)$/s.exec(bare);
  if (described) return { letter: described[1], words: described[2] };
  return match && !/^[\d(=+*/^-]/.test(match[3]) ? { letter: match[1] ?? match[2], words: match[3] } : null;
}

/** `twelve`, `twenty-one`, `one hundred`; null for other words. */
export function numberInWords(text: string): number | null {
  const words = plainWords(text.replaceAll("-", " ")).toLowerCase().split(" ").filter((word) => word !== "and");
  let total = 0, group = 0, read = false;
  for (const word of words) {
    if (UNITS.includes(word)) group += UNITS.indexOf(word);
    else if (TENS.includes(word)) group += 10 * (TENS.indexOf(word) + 2);
    else if (word === "hundred" && read) group *= 100;
    else if (word === "thousand" && read) total += group * 1000, group = 0;
    else return null;
    read = true;
  }
  return read ? total + group : null;
}

/** `October 30`, `30 October`, `October 30th, 2003` as `10-30-…`. */
function date(text: string): string | null {
  const words = plainWords(text).toLowerCase().replace(/\b(?:the|of)\b/g, "").split(" ").filter(Boolean);
  const month = words.findIndex((word) =>
    MONTHS.some((name) => name === word || (word.length >= 3 && name.slice(0, 3) === word))
  );
  if (month < 0 || words.length < 2 || words.length > 3) return null;
  const numbers = words.filter((_, index) => index !== month).map((word) =>
    /^(\d{1,4})(?:st|nd|rd|th)?$/.exec(word)?.[1]
  );
  if (numbers.some((number) => number === undefined)) return null;
  return `${MONTHS.findIndex((name) => name.startsWith(words[month].slice(0, 3)))} ${numbers.map(Number).join(" ")}`;
}
