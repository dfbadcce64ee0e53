/**
 * A corpus file and its index. The file is rows of passages: `id`, `title` and `text`, or as Search-R1 has them, `id` and
 * `contents` with the title in quotes on the first line. The index is built at the first use and kept under the hash of
 * the file, so that a changed corpus never meets an old index.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { cacheDirectory } from "../source/cache_directory.ts";
import { DataError } from "../source/data_error.ts";
import { sha256 } from "../sha256.ts";
import { readRows } from "../source/rows.ts";
import { buildIndex, INDEX_VERSION, searchIndex } from "./full_text.ts";
import type { Passage, Search } from "./search.ts";

/** A corpus that can be searched. */
export interface Corpus {
  readonly search: Search;
  /** SHA-256 of the file. */
  readonly digest: string;
  /** Closes the index. */
  close(): void;
}

/**
 * Opens a corpus file. Its index is kept in `folder`, by default in the cache; deleting it costs time alone.
 *
 * @throws {DataError} if it is missing or malformed, or two passages have the same id.
 */
export async function openCorpus(
  path: string,
  { folder = cacheDirectory("search") }: { folder?: string } = {},
): Promise<Corpus> {
  const digest = await digestOf(path);
  const index = `${folder}/${digest}.v${INDEX_VERSION}.sqlite`;
  const database = await openIndex(index) ?? await keepIndex(index, folder, await readPassages(path));
  return { search: searchIndex(database), digest, close: () => database.close() };
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

async function openIndex(path: string): Promise<DatabaseSync | null> {
  try {
    await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  return new DatabaseSync(path, { readOnly: true });
}

/** Builds under a name of its own and renames, so that whoever finds the index finds all of it. */
async function keepIndex(path: string, folder: string, passages: readonly Passage[]): Promise<DatabaseSync> {
  await Deno.mkdir(folder, { recursive: true });
  const unfinished = await Deno.makeTempFile({ dir: folder, prefix: "unfinished-", suffix: ".sqlite" });
  try {
    buildIndex(passages, unfinished).close();
    await Deno.rename(unfinished, path);
  } catch (error) {
    await Deno.remove(unfinished).catch(() => {});
    throw error;
  }
  return new DatabaseSync(path, { readOnly: true });
}
