/**
 * Whether what is trained on is what is tested: training problems are compared with evaluation problems by exact text
 * and by shared windows of ten words, as DeepSeekMath did for its corpus (arXiv 2402.03300 §2.1).
 *
 * Exact text is the text itself, whatever its white space. Words stand between white space, in lower case and without
 * punctuation; what makes mathematics (`+ - * / = < > ^`) is kept, so that x+5 is not x-5. An evaluation problem of three to
 * nine words is a window of its own, found anywhere in a training problem; one of one or two words counts by exact text
 * alone.
 *
 * A generator writes all its problems with a few sentences, so windows are shared by construction and say nothing:
 * where one side is generated, exact text decides.
 *
 * @module
 */

import { sha256 } from "./sha256.ts";
import type { Problem, Problems } from "./task.ts";

/** Words in a window. */
const WINDOW = 10;
/** The shortest evaluation text that is looked for inside training texts. */
const SHORTEST = 3;

/** What was compared. */
export type LeakageRule = "exact text and 10-word windows" | "exact text";

/** What two lists of problems share. */
export interface Leakage {
  /** How texts were compared. */
  readonly rule: LeakageRule;
  /** Training problems that were compared. */
  readonly train: number;
  /** Evaluation problems that were compared. */
  readonly test: number;
  /** Training problems whose text is that of an evaluation problem. */
  readonly exact: number;
  /** Training problems that share a window with one, or its text. */
  readonly shared: number;
  /** Evaluation problems whose text or a window of it is in a training problem. */
  readonly testShared: number;
  /** Positions of the training problems counted in `shared`. */
  readonly indices: readonly number[];
}

/** The words of a text, for comparison. */
export function wordsOf(text: string): string[] {
  return text.normalize("NFKC").toLowerCase().replaceAll(/[^\p{L}\p{N}\s+\-*/=<>^]/gu, "").match(/\S+/g) ?? [];
}

/** A text for exact comparison. */
function exactly(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}

/** Windows of a text: all runs of ten words; of a shorter text the whole, if it is long enough to say anything. */
function windowsOf(words: readonly string[]): string[] {
  if (words.length < WINDOW) return words.length >= SHORTEST ? [words.join(" ")] : [];
  return Array.from({ length: words.length - WINDOW + 1 }, (_, at) => words.slice(at, at + WINDOW).join(" "));
}

/** Compares the texts of training problems with those of evaluation problems. */
export function leakageOf(
  train: readonly string[],
  test: readonly string[],
  rule: LeakageRule = "exact text and 10-word windows",
): Leakage {
  // Evaluation problems by their whole text, and by their windows; the length of a window is part of it, as a short
  // text is looked for among as many words as it has.
  const texts = new Map<string, number[]>(), windows = new Map<string, number[]>(), lengths = new Set<number>();
  // Most places of a training text begin no window; their first three words are enough to know.
  const beginnings = new Set<string>();
  const add = (map: Map<string, number[]>, key: string, index: number) => {
    const there = map.get(key);
    if (!there) map.set(key, [index]);
    else if (there[there.length - 1] !== index) there.push(index);
  };
  for (const [index, text] of test.entries()) {
    add(texts, exactly(text), index);
    if (rule === "exact text") continue;
    const words = wordsOf(text);
    for (const window of windowsOf(words)) {
      add(windows, window, index);
      beginnings.add(window.split(" ", SHORTEST).join(" "));
      lengths.add(Math.min(WINDOW, words.length));
    }
  }
  const indices: number[] = [], hit = new Set<number>();
  let exact = 0;
  for (const [index, text] of train.entries()) {
    const words = lengths.size > 0 ? wordsOf(text) : [];
    const same = texts.get(exactly(text));
    const found = [...same ?? []];
    for (let at = 0; at + SHORTEST <= words.length; at++) {
      if (!beginnings.has(words.slice(at, at + SHORTEST).join(" "))) continue;
      for (const length of lengths) {
        if (at + length > words.length) continue;
        const tests = windows.get(words.slice(at, at + length).join(" "));
        if (tests) found.push(...tests);
      }
    }
    if (same) exact++;
    if (found.length > 0) indices.push(index);
    for (const one of found) hit.add(one);
  }
  return { rule, train: train.length, test: test.length, exact, shared: indices.length, testShared: hit.size, indices };
}

/** Whether a source is a task's own generator. */
export function isGenerated(source: string): boolean {
  return /^embedded(?:\?|$)/.test(source);
}

/** The rule for two sources. */
export function leakageRule(...sources: readonly Problems[]): LeakageRule {
  return sources.some(({ source }) => isGenerated(source)) ? "exact text" : "exact text and 10-word windows";
}

/** A list without the problems at `indices`; its digest says what it was cleaned of. */
export async function without(problems: Problems, indices: readonly number[], test: Problems): Promise<Problems> {
  if (indices.length === 0) return problems;
  const dropped = new Set(indices);
  const kept = Array.from({ length: problems.length }, (_, index) => index).filter((index) => !dropped.has(index));
  return {
    length: kept.length,
    source: problems.source,
    digest: await sha256(`${problems.digest} without what it shares with ${test.digest}: ${indices.join(",")}`),
    at(index: number): Problem {
      if (kept[index] === undefined) {
        throw new Error(
          `${problems.source}: there is no problem ${index}; ${kept.length} are left of ${problems.length}.`,
        );
      }
      return problems.at(kept[index]);
    },
  };
}
