/**
 * Part of a source, by level and subject, written behind it as in a web address: `embedded?level=1-3`,
 * `train.jsonl?level=4,5&subject=algebra,number theory`.
 *
 * A subject may be in lower case and with underscores, and `counting` is enough for `Counting & Probability`: any
 * beginning that fits one subject alone (`algebra` is Algebra, not Intermediate Algebra).
 *
 * @module
 */

import { sha256 } from "../sha256.ts";
import { DataError } from "../source/data_error.ts";
import type { Problem, Problems } from "../task.ts";
import { HARDEST, SUBJECTS } from "./subjects.ts";

/** Which problems of a source are wanted; absent: all. */
export interface Filter {
  readonly levels?: readonly number[];
  readonly subjects?: readonly string[];
}

/** The source in front of the `?`, and what stands behind it. */
export function parseSource(text: string): { source: string; filter: Filter } {
  const at = text.indexOf("?");
  if (at < 0) return { source: text, filter: {} };
  let filter: Filter = {};
  for (const part of text.slice(at + 1).split("&")) {
    const [name, value = ""] = part.split(/=(.*)/s);
    if (name === "level") filter = { ...filter, levels: levelsOf(text, value) };
    else if (name === "subject") filter = { ...filter, subjects: value.split(",").map((one) => subjectOf(text, one)) };
    else {throw new DataError(
        `${text}: "${name}" is no filter; behind the ? stand level=1-3 and subject=algebra, with & between.`,
      );}
  }
  return { source: text.slice(0, at), filter };
}

function levelsOf(text: string, value: string): number[] {
  return value.split(",").flatMap((part) => {
    const match = /^([1-5])(?:-([1-5]))?$/.exec(part.trim());
    const first = Number(match?.[1]), last = Number(match?.[2] ?? match?.[1]);
    if (!match || last < first) {
      throw new DataError(`${text}: level=${value} is none; use levels from 1 to ${HARDEST}, such as 1-3 or 4,5.`);
    }
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

function subjectOf(text: string, value: string): string {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]+/g, " ").replaceAll(" and ", " ").trim();
  const wanted = plain(decodeURIComponent(value));
  const fitting = SUBJECTS.filter((subject) => plain(subject) === wanted);
  const found = fitting.length === 1 ? fitting : SUBJECTS.filter((subject) => plain(subject).startsWith(wanted));
  if (wanted === "" || found.length !== 1) {
    throw new DataError(`${text}: subject=${value} names no subject; there are ${SUBJECTS.join(", ")}.`);
  }
  return found[0];
}

/** Whether a problem is wanted. */
export function matches({ meta }: Pick<Problem, "meta">, { levels, subjects }: Filter): boolean {
  return (levels?.includes(meta?.level as number) ?? true) && (subjects?.includes(meta?.subject as string) ?? true);
}

/** The problems of a list that are wanted, in its order. */
export async function filtered(problems: Problems, filter: Filter, source: string): Promise<Problems> {
  if (!filter.levels && !filter.subjects) return problems;
  const wanted: number[] = [];
  for (let index = 0; index < problems.length; index++) if (matches(problems.at(index), filter)) wanted.push(index);
  if (wanted.length === 0) throw new DataError(`${source}: no problem has that level and subject.`);
  return {
    length: wanted.length,
    source,
    digest: await filteredDigest(problems.digest, filter),
    at(index) {
      if (wanted[index] === undefined) {
        throw new Error(`${source}: there is no problem ${index}; it has ${wanted.length}.`);
      }
      return problems.at(wanted[index]);
    },
  };
}

/** Digest of a source of which a part is used. */
export function filteredDigest(digest: string, { levels, subjects }: Filter): Promise<string> {
  const sorted = (values?: readonly (string | number)[]) => values ? [...new Set(values)].sort() : null;
  return sha256(JSON.stringify([digest, sorted(levels), sorted(subjects)]));
}
