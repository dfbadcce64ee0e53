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

import { DataError } from "../source/data_error.ts";
import { type Passage, type Search, SearchError } from "./search.ts";

/** Answers by query and limit. */
type Answers = Map<string, Passage[]>;

/** How every line of a recording begins. */
const LINE_BEGINS = '{"query":';

const keyOf = (query: string, limit: number) => JSON.stringify([query, limit]);

/** Searches with `search` and records every answer in a file, which is made if it is not there. */
export function record(search: Search, path: string): Search {
  const answers: Answers = new Map();
  const asked = new Map<string, Promise<Passage[]>>();
  let read = 0;
  let turn: Promise<unknown> = Promise.resolve();

  /** Reads what other processes have added, and adds an answer unless one is there; one at a time. */
  function exchange(query: string, limit: number, found?: Passage[]): Promise<Passage[] | undefined> {
    // Within a process a queue: hundreds that wait for the lock would take the threads its owner needs.
    const mine = turn.then(() => exchangeLocked(query, limit, found));
    turn = mine.catch(() => {});
    return mine;
  }

  async function exchangeLocked(query: string, limit: number, found?: Passage[]): Promise<Passage[] | undefined> {
    using file = await Deno.open(path, { read: true, write: true, create: true });
    await file.lock(true);
    try {
      const bytes = await bytesFrom(file, read);
      const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
      readAnswers(path, new TextDecoder().decode(whole), answers);
      read += whole.length;
      const key = keyOf(query, limit);
      if (found && !answers.has(key)) {
        // A line that a kill cut short is written over; anything else that ends without a line break is not ours.
        const rest = new TextDecoder().decode(bytes.subarray(whole.length));
        if (!rest.startsWith(LINE_BEGINS) && !LINE_BEGINS.startsWith(rest)) refuse(path, rest);
        await file.truncate(read);
        await file.seek(read, Deno.SeekMode.Start);
        const line = new TextEncoder().encode(JSON.stringify({ query, limit, passages: found }) + "\n");
        for (let at = 0; at < line.length;) at += await file.write(line.subarray(at));
        read += line.length;
        answers.set(key, found);
      }
      return answers.get(key);
    } finally {
      await file.unlock();
    }
  }

  return (query, { limit }) => {
    const key = keyOf(query, limit);
    const ask = async () =>
      await exchange(query, limit) ?? await exchange(query, limit, await search(query, { limit })) ?? [];
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
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DataError(`${path}: there is no such recording.`, { cause: error });
  }
  const answers: Answers = new Map();
  readAnswers(path, text.slice(0, text.lastIndexOf("\n") + 1), answers);
  return (query, { limit }) => {
    const found = answers.get(keyOf(query, limit));
    if (found) return Promise.resolve(found);
    const message = `${path}: the query ${JSON.stringify(query)} (limit ${limit}) was not recorded; ` +
      "only the run that was recorded can be replayed.";
    return Promise.reject(new SearchError(message));
  };
}

function readAnswers(path: string, text: string, answers: Answers): void {
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const { query, limit, passages } = parseLine(path, line);
    const key = keyOf(query, limit);
    if (!answers.has(key)) answers.set(key, passages);
  }
}

function parseLine(path: string, line: string): { query: string; limit: number; passages: Passage[] } {
  const isPassage = (passage: Partial<Passage> | null) =>
    [passage?.id, passage?.title, passage?.text].every((value) => typeof value === "string");
  try {
    const value = JSON.parse(line);
    if (typeof value.query === "string" && typeof value.limit === "number" && value.passages.every(isPassage)) {
      return value;
    }
  } catch {
    // The sentence below says it.
  }
  return refuse(path, line);
}

function refuse(path: string, line: string): never {
  const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  throw new DataError(`${path}: not a line of a recording: ${shown}`);
}

async function bytesFrom(file: Deno.FsFile, offset: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(Math.max(0, size - offset));
  await file.seek(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
