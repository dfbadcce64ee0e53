/**
 * Data sets of the Hugging Face hub: `hub:OWNER/NAME[@REVISION][:CONFIG/SPLIT]`.
 *
 * A revision is pinned to the commit it is now, and the commit is part of the name that goes into the record: read by
 * that name, the data are the same ones for ever, and need no network once they are in the cache. What is read:
 *
 * - `HF_TOKEN`: a token, for private and gated data sets; `HF_ENDPOINT`: another hub or a mirror;
 * - `HF_HUB_OFFLINE=1`: only what is in the cache; `HF_HUB_CACHE` or `HF_HOME`: where that is, as for the Python tools.
 *
 * The steps: name (`hub/name.ts`), which files (`hub/layout.ts`); commit, list of files and their content are the matter
 * of `hub/` at the top.
 *
 * @module
 */

import { withCache } from "../../hub/cache.ts";
import { type Connection, connectionOfEnvironment } from "../../hub/connection.ts";
import { contentOf } from "../../hub/download.ts";
import { HubError } from "../../hub/error.ts";
import type { Repository } from "../../hub/repository.ts";
import { NoSuchRevision, type Snapshot, snapshotOf } from "../../hub/snapshot.ts";
import { DataError } from "./data_error.ts";
import { type Config, configsOf } from "./hub/layout.ts";
import { type HubName, parseHubName } from "./hub/name.ts";
import type { DataFile } from "./row.ts";
import { READABLE } from "./readable.ts";

/** Where the hub keeps its own conversion of a data set to Parquet. */
const CONVERTED = "refs/convert/parquet";

/** The files of a split. */
export interface HubFiles {
  /** In the data set's order. */
  readonly files: readonly DataFile[];
  /** The name with its commit, config and split. */
  readonly pinned: string;
}

/**
 * Fetches the files of a split.
 *
 * @param wanted the split, if the name has none: `test` falls back on `validation`
 * @throws {DataError} one sentence that says what is missing and what there is
 */
export async function openHub(
  source: string,
  wanted: "train" | "test",
  connection: Connection = connectionOfEnvironment(),
): Promise<HubFiles> {
  const name = parseHubName(source);
  try {
    return await withCache(repositoryOf(name), connection, () => open(name, wanted, connection));
  } catch (error) {
    throw error instanceof HubError ? new DataError(error.message, { cause: error }) : error;
  }
}

const repositoryOf = ({ repository }: HubName): Repository => ({ kind: "dataset", name: repository });

async function open(name: HubName, wanted: "train" | "test", connection: Connection): Promise<HubFiles> {
  const { snapshot, configs } = await openRepository(name, connection);
  const chosen = chooseConfigs(name, configs);
  const split = chooseSplit(name, chosen, wanted);
  const paths = chosen.flatMap(({ splits }) => splits.get(split) ?? []);
  const files: DataFile[] = [];
  for (const file of paths.map((path) => snapshot.files.find((file) => file.path === path)!)) {
    const bytes = await contentOf(snapshot, file, connection);
    files.push({ name: file.path, path: `hub:${name.repository}/${file.path}`, bytes });
  }
  const config = name.config === "*" ? "*" : chosen[0].name;
  return { files, pinned: `hub:${name.repository}@${snapshot.commit}:${config}/${split}` };
}

/** The data set at the revision that is named; one without files that can be read, as the hub has converted it. */
async function openRepository(
  name: HubName,
  connection: Connection,
): Promise<{ snapshot: Snapshot; configs: Config[] }> {
  const { revision } = name, repository = repositoryOf(name);
  const original = await configured(await snapshotOf(repository, revision ?? "main", connection), connection);
  if (original.configs.length > 0) return original;
  const unreadable = new DataError(
    `hub:${name.repository}: there is no .jsonl, .csv or .parquet file in it${revision ? ` at "${revision}"` : ""}.`,
  );
  if (revision) throw unreadable;
  try {
    const converted = await configured(await snapshotOf(repository, CONVERTED, connection), connection);
    if (converted.configs.length > 0) return converted;
  } catch (error) {
    if (!(error instanceof NoSuchRevision)) throw error;
  }
  throw unreadable;
}

async function configured(snapshot: Snapshot, connection: Connection) {
  const paths = snapshot.files.map(({ path }) => path);
  const readme = snapshot.files.find(({ path }) => path === "README.md");
  const text = readme && {
    path: `hub:${snapshot.repository.name}/README.md`,
    text: new TextDecoder().decode(await contentOf(snapshot, readme, connection)),
  };
  return { snapshot, configs: configsOf(paths.filter((path) => READABLE.test(path)), text) };
}

function chooseConfigs({ repository, config }: HubName, configs: readonly Config[]): Config[] {
  if (config === "*") return [...configs];
  const there = configs.map(({ name }) => name).join(", ");
  const found = config === undefined
    ? configs.length === 1 ? configs[0] : configs.find(({ preferred }) => preferred)
    : configs.find(({ name }) => name === config);
  if (found) return [found];
  throw new DataError(
    config === undefined
      ? `hub:${repository}: it has several configs (${there}); name one as hub:${repository}:CONFIG/SPLIT, or * for all.`
      : `hub:${repository}: there is no config "${config}" (there: ${there}).`,
  );
}

function chooseSplit({ repository, split }: HubName, configs: readonly Config[], wanted: "train" | "test"): string {
  const there = [...new Set(configs.flatMap(({ splits }) => [...splits.keys()]))];
  const candidates = split !== undefined ? [split] : wanted === "test" ? ["test", "validation"] : ["train"];
  const found = candidates.find((candidate) => there.includes(candidate));
  if (found !== undefined) return found;
  throw new DataError(
    `hub:${repository}: the config "${configs.map(({ name }) => name).join(", ")}" has no split "${candidates[0]}" ` +
      `(there: ${there.join(", ")}).`,
  );
}
