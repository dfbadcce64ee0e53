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

/** Ids of all passages of an index that {@linkcode buildIndex} wrote. */
export function idsOf(database: DatabaseSync): Set<string> {
  return new Set(database.prepare("SELECT id FROM passages").all().map(({ id }) => id as string));
}

/** The query as an FTS5 expression: its words in quotes, so that none of them is taken for an operator. */
function matchAny(query: string): string {
  const words = [...new Set(query.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu))];
  const telling = words.filter((word) => !COMMON_WORDS.has(word));
  return (telling.length > 0 ? telling : words).slice(0, MOST_WORDS).map((word) => `"${word}"`).join(" OR ");
}
