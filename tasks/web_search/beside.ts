/**
 * What the questions of a file are searched in. In the same folder lies either `corpus.jsonl`, passages to index, or
 * `search.json`, an engine on the network and the recording of what it found; without either, the passages in the rows
 * themselves are the corpus.
 *
 *     {"engine": "searxng", "url": "http://localhost:8888", "recording": "recording.jsonl", "replay": false}
 *
 * With `"replay": true` the engine is never asked. The key of an engine that wants one comes from the environment,
 * `SEARCH_API_KEY`. The tasks of `deno.json` may reach engines on this machine and google.serper.dev; for another, run
 * `deno run` yourself with its host behind `--allow-net`.
 *
 * @module
 */

import { sha256 } from "../sha256.ts";
import { DataError } from "../source/data_error.ts";
import { openCorpus } from "./corpus.ts";
import { buildIndex, searchIndex } from "./full_text.ts";
import { type EngineName, engineNames, httpSearch } from "./http.ts";
import { record, replay } from "./recording.ts";
import type { QuestionsFile } from "./questions_file.ts";
import type { Search } from "./search.ts";

/** Name of a corpus in the folder of the questions. */
export const CORPUS_FILE = "corpus.jsonl";
/** Name of the file that says which engine to ask. */
export const ENGINE_FILE = "search.json";

/** Something to search in, and what it is. */
export interface SearchedSource {
  readonly search: Search;
  /** SHA-256 of the corpus or of what it comes from, or of engine and address: the same for a run and its replay. */
  readonly digest: string;
}

/** Contents of `search.json`. */
interface EngineFile {
  engine: EngineName;
  url: string;
  /** Path from the folder of the file. */
  recording: string;
  replay?: boolean;
}

/**
 * Opens what lies beside questions.
 *
 * @throws {DataError} if there is nothing to search in, or it can't be used.
 */
export async function searchBeside({ source, passages, digest }: QuestionsFile): Promise<SearchedSource> {
  const folder = source.startsWith("hub:") ? null : source.replace(/[^\\/]*$/, "");
  const [corpus, engine] = [CORPUS_FILE, ENGINE_FILE].map((name) => folder === null ? null : folder + name);
  const [hasCorpus, hasEngine] = await Promise.all([exists(corpus), exists(engine)]);
  if (hasCorpus && hasEngine) {
    throw new DataError(`${source}: both ${CORPUS_FILE} and ${ENGINE_FILE} lie beside it; leave one out.`);
  }
  if (hasCorpus) return await openCorpus(corpus!);
  if (hasEngine) return await openEngine(engine!, folder!);
  if (passages.length > 0) return { search: searchIndex(buildIndex(passages)), digest };
  const missing = folder === null ? "" : `no ${CORPUS_FILE} and no ${ENGINE_FILE} beside it, and `;
  throw new DataError(`${source}: there is nothing to search in: ${missing}no passages in its rows.`);
}

async function openEngine(path: string, folder: string): Promise<SearchedSource> {
  const { engine, url, recording, replay: only = false } = parse(path, await Deno.readTextFile(path));
  const digest = await sha256(JSON.stringify({ engine, url }));
  if (only) return { search: await replay(folder + recording), digest };
  const apiKey = engine === "serper" ? apiKeyOf(path) : undefined;
  return { search: record(httpSearch(engine, { url, apiKey }), folder + recording), digest };
}

function parse(path: string, text: string): EngineFile {
  let file: Partial<Record<keyof EngineFile, unknown>> | null;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new DataError(`${path}: not valid JSON.`, { cause: error });
  }
  const wrong = !engineNames.includes(file?.engine as EngineName)
    ? `"engine" must be one of ${engineNames.join(", ")}`
    : typeof file?.url !== "string" || !/^https?:\/\//.test(file.url)
    ? `"url" must be an address that begins with http:// or https://`
    : typeof file.recording !== "string" || file.recording === ""
    ? `"recording" must name a file; without one the run could not be repeated`
    : !["undefined", "boolean"].includes(typeof file.replay)
    ? `"replay" must be true or false`
    : null;
  if (wrong) throw new DataError(`${path}: ${wrong}.`);
  return file as EngineFile;
}

function apiKeyOf(path: string): string {
  let key: string | undefined;
  try {
    key = Deno.env.get("SEARCH_API_KEY");
  } catch (error) {
    throw new DataError(`${path}: the key can't be read; run deno with --allow-env=SEARCH_API_KEY.`, { cause: error });
  }
  if (!key) throw new DataError(`${path}: the environment variable SEARCH_API_KEY must hold the engine's key.`);
  return key;
}

async function exists(path: string | null): Promise<boolean> {
  if (path === null) return false;
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
