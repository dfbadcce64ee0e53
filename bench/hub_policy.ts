/**
 * Policies of the Hugging Face hub: `hub:OWNER/NAME[@REVISION]`, or `hub:OWNER/NAME[@REVISION]#FILE` for one of the ONNX
 * files that a repository ships.
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
import { externalDataOf } from "../policy/onnx/external_data.ts";
import { parseOnnxConfig } from "../policy/onnx/files.ts";
import { shardsOf } from "../policy/safetensors.ts";
import { Refusal } from "./outcomes.ts";

/** A policy of the hub, in the cache. */
export interface HubPolicy {
  /** The directory that holds its files. */
  directory: string;
  /** The name with its commit. */
  pinned: string;
  /** Path of the ONNX file in the directory, if one was named. */
  file?: string;
}

/** Whether a source names a policy of the hub. */
export const isHub = (source: string): boolean => source.startsWith("hub:");

/** `OWNER/NAME` of a policy of the hub, its revision (absent: the main branch), and the ONNX file that is named. */
export function parseHubPolicy(source: string): { name: string; revision?: string; file?: string } {
  const [, name, revision, file] = /^hub:([\w.-]+\/[\w.-]+)(?:@([^:@\s#]+))?(?:#([^\s#]+))?$/.exec(source) ?? [];
  if (!name || `${name}/${revision ?? ""}`.split("/").some((part) => /^\.+$/.test(part))) {
    throw new Refusal(
      `${source}: a policy on the hub is named hub:OWNER/NAME[@REVISION], one of its ONNX files with #FILE behind.`,
    );
  }
  return { name, ...revision && { revision }, ...file && { file } };
}

/**
 * Fetches a policy: configuration and tokenizer first, so that what can't be read is refused before its weights come. Of
 * ONNX files the one that is named, with the files in which it keeps weights.
 *
 * @throws {HubError} one sentence, if it can't be had
 * @throws {Refusal} if it is no policy
 */
export async function fetchPolicy(
  source: string,
  connection: Connection = connectionOfEnvironment(),
): Promise<HubPolicy> {
  return await fetched(source, connection, { weights: true });
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
  return await fetched(source, connection, { weights: false });
}

async function fetched(
  source: string,
  connection: Connection,
  { weights }: { weights: boolean },
): Promise<HubPolicy> {
  const { name, revision = "main", file } = parseHubPolicy(source), repository: Repository = { kind: "model", name };
  return await withCache(repository, connection, async () => {
    const snapshot = await snapshotOf(repository, revision, connection);
    const fileOf = (path: string) => snapshot.files.find((file) => file.path === path);
    const config = fileOf("config.json");
    if (!config) throw new Refusal(`hub:${name}: it has no config.json, so it is no policy that can be read.`);
    const parse = file === undefined ? parseConfig : parseOnnxConfig;
    parse(await jsonOf(snapshot, config, connection), `hub:${name}/config.json`);
    const companions = COMPANIONS.map(fileOf).filter((file) => file !== undefined);
    const graph = file === undefined ? undefined : graphOf(snapshot, file);
    const description = await folderOf(snapshot, [config, ...companions], connection);
    if (!weights) return { directory: description, pinned: `hub:${name}@${snapshot.commit}` };
    if (graph) {
      const directory = await folderOf(snapshot, [graph], connection);
      await folderOf(snapshot, weightsBeside(snapshot, graph, directory), connection);
      return { directory, pinned: `hub:${name}@${snapshot.commit}#${graph.path}`, file: graph.path };
    }
    const directory = await folderOf(snapshot, await weightsOf(snapshot, fileOf, connection), connection);
    return { directory, pinned: `hub:${name}@${snapshot.commit}` };
  });
}

const onnxIn = ({ files }: Snapshot) => files.filter(({ path }) => path.endsWith(".onnx"));

/** The ONNX file of a name, with or without its folder `onnx/`. */
function graphOf(snapshot: Snapshot, file: string): HubFile {
  const graphs = onnxIn(snapshot), found = graphs.find(({ path }) => path === file || path === `onnx/${file}`);
  if (found) return found;
  const there = graphs.length > 0 ? `there: ${graphs.map(({ path }) => path).join(", ")}` : "it has no ONNX files";
  throw new Refusal(`hub:${snapshot.repository.name}: it has no ${file} (${there}).`);
}

/** The files that a graph keeps weights in. */
function weightsBeside({ files, repository }: Snapshot, graph: HubFile, directory: string): HubFile[] {
  const folder = graph.path.slice(0, graph.path.lastIndexOf("/") + 1);
  return externalDataOf(`${directory}/${graph.path}`).map((name) => {
    const file = files.find(({ path }) => path === folder + name);
    if (file) return file;
    throw new Refusal(
      `hub:${repository.name}/${graph.path}: it keeps weights in ${folder}${name}, which the repository lacks.`,
    );
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
    const [graph] = onnxIn(snapshot);
    const frozen = graph ? `; to use its ONNX files, frozen, name one, as hub:${name}#${graph.path}` : "";
    throw new Refusal(
      `hub:${name}: it has neither model.safetensors nor model.safetensors.index.json${there}${frozen}.`,
    );
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
