/**
 * A corpus file and its index. The file is JSON lines of passages, `id`, `title` and `text`; the index is built at the
 * first use and kept under the hash of the file, so that a changed corpus never meets an old index.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { DataError } from "../source/data_error.ts";
import { readRows } from "../source/rows.ts";
import { buildIndex, INDEX_VERSION, searchIndex } from "./full_text.ts";
import type { Passage, Search } from "./search.ts";

/** Where indices are kept, from the working directory; deleting it costs time alone. */
export const INDEX_FOLDER = "runs/.search";

/** A corpus that can be searched. */
export interface Corpus {
  readonly search: Search;
  /** SHA-256 of the file. */
  readonly digest: string;
  /** Closes the index. */
  close(): void;
}

/**
 * Opens a corpus file.
 *
 * @throws {DataError} if it is missing or malformed, or two passages have the same id.
 */
export async function openCorpus(path: string, { folder = INDEX_FOLDER }: { folder?: string } = {}): Promise<Corpus> {
  const { rows, digest } = await readRows(path, { id: "string", title: "string", text: "string" });
  const index = `${folder}/${digest}.v${INDEX_VERSION}.sqlite`;
  const database = await openIndex(index) ?? await keepIndex(index, folder, () => {
    const ids = new Set<string>();
    return rows.map(({ values, where }) => {
      const { id, title, text } = values as unknown as Passage;
      if (ids.has(id)) throw new DataError(`${where}: the id ${JSON.stringify(id)} is there twice.`);
      ids.add(id);
      return { id, title, text };
    });
  });
  return { search: searchIndex(database), digest, close: () => database.close() };
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
async function keepIndex(path: string, folder: string, passages: () => Passage[]): Promise<DatabaseSync> {
  const all = passages();
  await Deno.mkdir(folder, { recursive: true });
  const unfinished = await Deno.makeTempFile({ dir: folder, prefix: "unfinished-", suffix: ".sqlite" });
  try {
    buildIndex(all, unfinished).close();
    await Deno.rename(unfinished, path);
  } catch (error) {
    await Deno.remove(unfinished).catch(() => {});
    throw error;
  }
  return new DatabaseSync(path, { readOnly: true });
}
