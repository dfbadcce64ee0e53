/**
 * Record and replay: every query and what was found, as JSON lines, so that a run over the live web can be repeated to
 * the last bit.
 *
 *     {"query":"founder of Belplex","limit":3,"passages":[{"id":"https://…","title":"…","text":"…"}]}
 *
 * The recording is what a run saw: a query that is in it is never asked again, not by the same run, not by another
 * process that records into the same file, and not by a run that goes on after a kill.
 *
 * @module
 */

import { type LineFormat, openJournal, readEntries } from "../../policy/journal.ts";
import { DataError } from "../source/data_error.ts";
import { type Passage, type Search, SearchError } from "./search.ts";

/** A line of a recording. */
interface Answer {
  readonly query: string;
  readonly limit: number;
  readonly passages: Passage[];
}

const keyOf = (query: string, limit: number) => JSON.stringify([query, limit]);

const formatOf = (path: string): LineFormat<Answer> => ({
  begins: '{"query":',
  key: ({ query, limit }) => keyOf(query, limit),
  parse: parseLine,
  refuse: (shown) => {
    throw new DataError(`${path}: not a line of a recording: ${shown}`);
  },
});

/** Searches with `search` and records every answer in a file, which is made if it is not there. */
export function record(search: Search, path: string): Search {
  const journal = openJournal(path, formatOf(path));
  const asked = new Map<string, Promise<Passage[]>>();
  return (query, { limit }) => {
    const key = keyOf(query, limit);
    const ask = async () => {
      const answer = await journal.find(key) ??
        await journal.add({ query, limit, passages: await search(query, { limit }) });
      return answer.passages;
    };
    let answer = asked.get(key);
    if (!answer) {
      answer = ask();
      asked.set(key, answer);
      answer.catch(() => asked.delete(key)); // A failure is no answer: the next one may ask again.
    }
    return answer;
  };
}

/**
 * Searches in a recording alone.
 *
 * @throws {DataError} if the file is missing or malformed; the search throws a {@linkcode SearchError} for a query that
 * is not in it.
 */
export async function replay(path: string): Promise<Search> {
  let answers: Map<string, Answer>;
  try {
    answers = await readEntries(path, formatOf(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DataError(`${path}: there is no such recording.`, { cause: error });
  }
  return (query, { limit }) => {
    const found = answers.get(keyOf(query, limit));
    if (found) return Promise.resolve(found.passages);
    const message = `${path}: the query ${JSON.stringify(query)} (limit ${limit}) was not recorded; ` +
      "only the run that was recorded can be replayed.";
    return Promise.reject(new SearchError(message));
  };
}

function parseLine(line: string): Answer | undefined {
  const isPassage = (passage: Partial<Passage> | null) =>
    [passage?.id, passage?.title, passage?.text].every((value) => typeof value === "string");
  try {
    const value = JSON.parse(line);
    const good = typeof value.query === "string" && typeof value.limit === "number" && value.passages.every(isPassage);
    return good ? value : undefined;
  } catch {
    return undefined;
  }
}
