/**
 * Full-text search over a corpus: SQLite's FTS5 with Okapi BM25 and Porter stemming, title and text as columns.
 *
 * A passage matches if it has any word of the query; words that every passage has (the, of, which) are left out of a
 * query that has others, which makes it three times as fast and finds as much. The title weighs more than the text, because questions name what
 * they ask about. Equal scores are ordered by id, so that a query has one answer, whatever the order of the corpus.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import type { Passage, Search } from "./search.ts";

/** Part of an index's file name: raise it with any change of what is written into one. */
export const INDEX_VERSION = 1;
/** Weight of a word in the title; in the text it is 1. */
const TITLE_WEIGHT = 8;
/** Words of a query that count; a policy may write any number of them. */
const MOST_WORDS = 64;

/** English words that tell nothing about what a passage is about. */
const COMMON_WORDS = new Set(
  ("a an and are as at be but by did do does for from had has have he her his how if in is it its of on or s she " +
    "that the their there they this to was were what when where which who whom whose will with").split(" "),
);

/** Writes the index of a corpus into a new file, or into memory (`:memory:`), and leaves it open. */
export function buildIndex(passages: readonly Passage[], path = ":memory:"): DatabaseSync {
  const database = new DatabaseSync(path);
  // Rows are numbered in the order of ids, so that ordering ties by row number orders them by id.
  const ordered = [...passages].sort((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  database.exec(
    "CREATE VIRTUAL TABLE passages USING fts5(title, text, id UNINDEXED, tokenize = 'porter unicode61'); BEGIN",
  );
  const insert = database.prepare("INSERT INTO passages (title, text, id) VALUES (?, ?, ?)");
  for (const { id, title, text } of ordered) insert.run(title, text, id);
  database.exec("COMMIT; INSERT INTO passages (passages) VALUES ('optimize')");
  return database;
}

/** Searches an index that {@linkcode buildIndex} wrote. */
export function searchIndex(database: DatabaseSync): Search {
  const best = database.prepare(
    "SELECT id, title, text FROM passages " +
      `WHERE passages MATCH ? ORDER BY bm25(passages, ${TITLE_WEIGHT}, 1), rowid LIMIT ?`,
  );
  return (query, { limit }) => {
    const expression = matchAny(query);
    if (expression === "") return Promise.resolve([]);
    const rows = best.all(expression, limit) as unknown as Passage[];
    return Promise.resolve(rows.map(({ id, title, text }) => ({ id, title, text })));
  };
}

/** Words and answers that {@linkcode searchWords} keeps of each; then all are forgotten. */
const KEPT = 10_000;

/** A function that keeps its results. */
function kept<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= KEPT) known.clear();
    const result = compute(text);
    known.set(text, result);
    return result;
  };
}

/**
 * Answers as {@linkcode searchIndex} does, many times faster, for a corpus small enough to hold every word's passages in
 * memory. BM25 is a sum over the words of a query, and what a word adds to a passage does not depend on the others: so
 * SQLite is asked once per word, and a query adds up, in the order of its words, which gives the bits that it gives.
 */
export function searchWords(database: DatabaseSync): Search {
  const scored = database.prepare(
    `SELECT rowid, -bm25(passages, ${TITLE_WEIGHT}, 1) AS score FROM passages WHERE passages MATCH ?`,
  );
  const passage = database.prepare("SELECT id, title, text FROM passages WHERE rowid = ?");
  const { last } = database.prepare("SELECT max(rowid) AS last FROM passages").get() as { last: number | null };
  const sums = new Float64Array((last ?? 0) + 1);

  /** Rows that have a word, with what it adds to their score. */
  const scoresOf = kept((word) => {
    const found = scored.all(quoted(word)) as { rowid: number; score: number }[];
    return {
      rows: Uint32Array.from(found, ({ rowid }) => rowid),
      scores: Float64Array.from(found, ({ score }) => score),
    };
  });

  /** The best of the rows that have one of the words; equal ones by number. */
  const ranked = (words: readonly string[], limit: number) => {
    const found = words.map(scoresOf), best: { row: number; sum: number }[] = [];
    for (const { rows, scores } of found) rows.forEach((row, place) => sums[row] += scores[place]);
    for (const { rows } of found) {
      for (const row of rows) {
        const sum = sums[row];
        if (sum === 0) continue; // Taken already: what a word adds is positive.
        sums[row] = 0;
        let place = best.length;
        while (place > 0 && (best[place - 1].sum < sum || best[place - 1].sum === sum && best[place - 1].row > row)) {
          place--;
        }
        if (place < limit) best.splice(place, 0, { row, sum });
        if (best.length > limit) best.pop();
      }
    }
    return best.map(({ row }) => {
      const { id, title, text } = passage.get(row) as unknown as Passage;
      return { id, title, text };
    });
  };
  const answers = kept((asked) => {
    const [limit, ...words] = asked.split(" ");
    return ranked(words, Number(limit));
  });
  return (query, { limit }) => Promise.resolve([...answers([limit, ...tellingWords(query)].join(" "))]);
}

/** Ids of all passages of an index that {@linkcode buildIndex} wrote. */
export function idsOf(database: DatabaseSync): Set<string> {
  return new Set(database.prepare("SELECT id FROM passages").all().map(({ id }) => id as string));
}

/** The query as an FTS5 expression. */
function matchAny(query: string): string {
  return tellingWords(query).map(quoted).join(" OR ");
}

/** A word as an FTS5 expression: in quotes, so that it is not taken for an operator. */
const quoted = (word: string) => `"${word}"`;

/** The words of a query that passages are looked for by. */
function tellingWords(query: string): string[] {
  const words = [...new Set(query.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu))];
  const telling = words.filter((word) => !COMMON_WORDS.has(word));
  return (telling.length > 0 ? telling : words).slice(0, MOST_WORDS);
}
