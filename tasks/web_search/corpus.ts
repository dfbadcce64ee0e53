/**
 * A corpus file and its index. The file is rows of passages: `id`, `title` and `text`, or as Search-R1 has them, `id` and
 * `contents` with the title in quotes on the first line. The index is built at the first use and kept under the hash of
 * the file, so that a changed corpus never meets an old index.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { cacheDirectory } from "../../hub/cache_directory.ts";
import { DataError } from "../source/data_error.ts";
import { sha256 } from "../sha256.ts";
import { readRows } from "../source/rows.ts";
import { buildIndex, idsOf, INDEX_VERSION, searchIndex } from "./full_text.ts";
import type { Passage, Search } from "./search.ts";

/** A corpus that can be searched. */
export interface Corpus {
  readonly search: Search;
  /** SHA-256 of the file. */
  readonly digest: string;
  /** Ids of all passages. */
  ids(): ReadonlySet<string>;
  /** Closes the index. */
  close(): void;
}

/**
 * Opens a corpus file. Its index is kept in `folder`, by default in the cache; deleting it costs time alone.
 *
 * @throws {DataError} if it is missing or malformed, two passages have the same id, or the index can't be kept.
 */
export async function openCorpus(
  path: string,
  { folder = cacheDirectory("search") }: { folder?: string } = {},
): Promise<Corpus> {
  const digest = await digestOf(path);
  const index = `${folder}/${digest}.v${INDEX_VERSION}.sqlite`;
  const database = await openIndex(index) ?? await keepIndex(index, folder, await readPassages(path));
  return { search: searchIndex(database), digest, ids: () => idsOf(database), close: () => database.close() };
}

/** Digest of a file; of no file, if it can't be read: the reader of rows says why. */
async function digestOf(path: string): Promise<string> {
  return await sha256(await Deno.readFile(path).catch(() => ""));
}

async function readPassages(path: string): Promise<Passage[]> {
  const { rows } = await readRows(path, { id: "string" });
  const ids = new Set<string>();
  return rows.map(({ values, where }) => {
    const { id, contents } = values as { id: string; contents?: unknown };
    const { title, text } = typeof contents === "string" ? splitContents(contents) : values;
    if (typeof title !== "string" || typeof text !== "string") {
      throw new DataError(`${where}: a passage has the texts "title" and "text", or "contents".`);
    }
    if (ids.has(id)) throw new DataError(`${where}: the id ${JSON.stringify(id)} is there twice.`);
    ids.add(id);
    return { id, title, text };
  });
}

/** `"Title"`, a line break, the text. */
function splitContents(contents: string): { title: string; text: string } {
  const [, title = "", text = contents] = /^"(.*)"\r?\n([^]*)$/.exec(contents) ?? [];
  return { title, text };
}

/** The index at `path`; `null` if there is none, or a damaged one, which is built again. */
async function openIndex(path: string): Promise<DatabaseSync | null> {
  const file = await Deno.stat(path).catch(() => null);
  if (file === null) return null;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const { bytes } = database.prepare(
      "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
    ).get() as { bytes: number };
    searchIndex(database);
    if (bytes === file.size) return database;
  } catch {
    // Not a database, or not an index.
  }
  database?.close();
  return null;
}

/** Builds under a name of its own and renames, so that whoever finds the index finds all of it. */
async function keepIndex(path: string, folder: string, passages: readonly Passage[]): Promise<DatabaseSync> {
  let unfinished: string | undefined;
  try {
    await Deno.mkdir(folder, { recursive: true });
    unfinished = await Deno.makeTempFile({ dir: folder, prefix: "unfinished-", suffix: ".sqlite" });
    buildIndex(passages, unfinished).close();
    await Deno.rename(unfinished, path);
    return new DatabaseSync(path, { readOnly: true });
  } catch (cause) {
    if (unfinished !== undefined) await Deno.remove(unfinished).catch(() => {});
    const { message } = cause as Error;
    throw new DataError(
      `${folder}: the index of the corpus can't be kept there (${message}); set PODIUM_CACHE to another directory.`,
      { cause },
    );
  }
}
