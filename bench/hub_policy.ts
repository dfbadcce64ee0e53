/**
 * Policies of the Hugging Face hub: `hub:OWNER/NAME[@REVISION]`.
 *
 * A revision is pinned to the commit it is now, and the commit is part of the name that a cell keeps: read by that
 * name, the policy is the same one for ever, and needs no network once it is in the cache. What is read from the
 * environment, data sets of the hub read too (`tasks/source/hub.ts`).
 *
 * @module
 */
import { withCache } from "../hub/cache.ts";
import { type Connection, connectionOfEnvironment } from "../hub/connection.ts";
import { contentOf } from "../hub/download.ts";
import { folderOf } from "../hub/folder.ts";
import type { Repository } from "../hub/repository.ts";
import { type HubFile, type Snapshot, snapshotOf } from "../hub/snapshot.ts";
import { COMPANIONS } from "../policy/directory.ts";
import { parseConfig } from "../policy/model/config.ts";
import { shardsOf } from "../policy/safetensors.ts";
import { Refusal } from "./outcomes.ts";

/** A policy of the hub, in the cache. */
export interface HubPolicy {
  /** The directory that holds its files. */
  directory: string;
  /** The name with its commit. */
  pinned: string;
}

/** Whether a source names a policy of the hub. */
export const isHub = (source: string): boolean => source.startsWith("hub:");

/** `OWNER/NAME` of a policy of the hub, and its revision; absent: the main branch. */
export function parseHubPolicy(source: string): { name: string; revision?: string } {
  const [, name, revision] = /^hub:([\w.-]+\/[\w.-]+)(?:@([^:@\s]+))?$/.exec(source) ?? [];
  if (!name || `${name}/${revision ?? ""}`.split("/").some((part) => /^\.+$/.test(part))) {
    throw new Refusal(`${source}: a policy on the hub is named hub:OWNER/NAME[@REVISION].`);
  }
  return { name, ...revision && { revision } };
}

/**
 * Fetches a policy: configuration and tokenizer first, so that what can't be read is refused before its weights come.
 *
 * @throws {HubError} one sentence, if it can't be had
 * @throws {Refusal} if it is no policy
 */
export async function fetchPolicy(
  source: string,
  connection: Connection = connectionOfEnvironment(),
): Promise<HubPolicy> {
  return await described(source, connection, async ({ pinned }, snapshot, fileOf) => {
    const directory = await folderOf(snapshot, await weightsOf(snapshot, fileOf, connection), connection);
    return { directory, pinned };
  });
}

/**
 * Fetches what describes a policy, without its weights: configuration and tokenizer.
 *
 * @throws as {@linkcode fetchPolicy} does
 */
export async function fetchDescription(
  source: string,
  connection: Connection = connectionOfEnvironment(),
): Promise<HubPolicy> {
  return await described(source, connection, (description) => Promise.resolve(description));
}

/** Fetches configuration and tokenizer, and goes on. */
async function described(
  source: string,
  connection: Connection,
  next: (
    description: HubPolicy,
    snapshot: Snapshot,
    fileOf: (path: string) => HubFile | undefined,
  ) => Promise<HubPolicy>,
): Promise<HubPolicy> {
  const { name, revision = "main" } = parseHubPolicy(source), repository: Repository = { kind: "model", name };
  return await withCache(repository, connection, async () => {
    const snapshot = await snapshotOf(repository, revision, connection);
    const fileOf = (path: string) => snapshot.files.find((file) => file.path === path);
    const config = fileOf("config.json");
    if (!config) throw new Refusal(`hub:${name}: it has no config.json, so it is no policy that can be read.`);
    parseConfig(await jsonOf(snapshot, config, connection), `hub:${name}/config.json`);
    const companions = COMPANIONS.map(fileOf).filter((file) => file !== undefined);
    const directory = await folderOf(snapshot, [config, ...companions], connection);
    return await next({ directory, pinned: `hub:${name}@${snapshot.commit}` }, snapshot, fileOf);
  });
}

/** The files of the weights: one, or the shards with their index. */
async function weightsOf(
  snapshot: Snapshot,
  fileOf: (path: string) => HubFile | undefined,
  connection: Connection,
): Promise<HubFile[]> {
  const single = fileOf("model.safetensors"), index = fileOf("model.safetensors.index.json");
  const { name } = snapshot.repository;
  if (single) return [single];
  if (!index) {
    const others = snapshot.files.map(({ path }) => path).filter((path) => /\.(safetensors|bin|gguf|pth?)$/.test(path));
    const there = others.length > 0 ? ` (there: ${others.slice(0, 3).join(", ")})` : "";
    throw new Refusal(`hub:${name}: it has neither model.safetensors nor model.safetensors.index.json${there}.`);
  }
  const label = `hub:${name}/${index.path}`, shards = shardsOf(await jsonOf(snapshot, index, connection), label);
  const files = shards.map((path) => {
    const file = fileOf(path);
    if (!file) throw new Refusal(`${label}: it names the file ${path}, which the repository lacks.`);
    return file;
  });
  return [index, ...files];
}

async function jsonOf(snapshot: Snapshot, file: HubFile, connection: Connection): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await contentOf(snapshot, file, connection)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Refusal(`hub:${snapshot.repository.name}/${file.path}: it is not JSON (${error.message}).`);
  }
}
