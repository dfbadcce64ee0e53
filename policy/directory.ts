/**
 * A policy on disk: a directory in the Hugging Face layout. Reading gives the weights as one flat float32 buffer, the
 * way the engine holds them; writing is atomic, so that a directory with that name is always a whole policy.
 *
 * @module
 */
import { reasonOf } from "./reason.ts";
import {
  configToJson,
  type ModelConfig,
  parameterCount,
  type ParameterSlot,
  parameterSlots,
  parseConfig,
} from "./model/config.ts";
import { type AdapterState, readAdapters, readOptimizer, writeAdapters, writeOptimizer } from "./resuming.ts";
import { openSafetensors, openSharded, type TensorReader, writeSafetensors } from "./safetensors.ts";
import type { OptimizerState } from "./state.ts";
import type { WeightPiece, WeightStream } from "./weights.ts";

/** What {@linkcode readDirectory} finds. */
export interface PolicyDirectory {
  /** Where it was read from. */
  path: string;
  /** Shape of the model. */
  config: ModelConfig;
  /** All weights in the order of `parameterShapes`. */
  weights: Float32Array;
  /** Each weight's place in `weights`, by its Hugging Face name. */
  slots: Map<string, ParameterSlot>;
  /** Ids that end a response, from `generation_config.json` or else `config.json`; empty if neither names one. */
  stopTokens: number[];
  /** Text of the tokenizer files and `generation_config.json`, by name; absent for a policy that was made in memory. */
  companions?: Readonly<Record<string, string>>;
  /** The optimizer's state, if the directory holds one. */
  optimizer?: OptimizerState;
  /** Adapters in training, if the directory holds some; their sum is in `weights`. */
  adapters?: AdapterState;
}

/** A policy whose weights are on the disk still. Close it, by `using`, when they are taken. */
export interface OpenDirectory extends Omit<PolicyDirectory, "weights">, Disposable {
  /** All weights in the order of `parameterShapes`, read when they are taken. */
  weights: WeightStream;
  /** The same with the weights in memory. */
  read(): PolicyDirectory;
}

/** What {@linkcode writeDirectory} writes. */
export interface PolicyToWrite {
  /** Shape of the model. */
  config: ModelConfig;
  /** All weights in the order of `parameterShapes`. */
  weights: Float32Array;
  /** Ids that end a response; a `generation_config.json` among the files has the last word. */
  stopTokens?: readonly number[];
  /** Text of more files by name: {@linkcode PolicyDirectory.companions}, `README.md`. */
  files?: Readonly<Record<string, string>>;
  /** Added as `optimizer.safetensors`. */
  optimizer?: OptimizerState;
  /** Added as `lora.safetensors`. */
  adapters?: AdapterState;
}

/** Files that are not the model and go with it when it is saved. */
export const COMPANIONS: readonly string[] = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
];

/** Buffers, not weights: old Llama checkpoints store them, the engine computes them. */
const IGNORED = /\.rotary_emb\.inv_freq$/;

/**
 * Reads a policy.
 *
 * @throws {Error} One sentence naming the file, if something is missing, damaged, not supported, or does not fit the
 * configuration.
 */
export async function readDirectory(path: string): Promise<PolicyDirectory> {
  using directory = await openDirectory(path);
  return directory.read();
}

/**
 * Opens a policy, to read its weights later: once into memory, or piece by piece to where they are needed.
 *
 * @throws {Error} As {@linkcode readDirectory} does.
 */
export async function openDirectory(path: string): Promise<OpenDirectory> {
  const folder = await settled(path);
  const configPath = `${folder}/config.json`;
  const json = await readJson(configPath);
  const config = parseConfig(json, configPath);
  const slots = parameterSlots(config), length = parameterCount(config);
  const reader = await openWeights(folder);
  try {
    checkNames(folder, config, slots, reader);
    const weights = { length, pieces: () => piecesIn(reader, slots) };
    const stopTokens = await readStopTokens(folder, json, config);
    const companions = await readCompanions(folder);
    const optimizerPath = `${folder}/optimizer.safetensors`, adaptersPath = `${folder}/lora.safetensors`;
    const optimizer = await exists(optimizerPath) && await readOptimizer(optimizerPath, length);
    const adapters = await exists(adaptersPath) && await readAdapters(adaptersPath, config, weights);
    const rest = { path, config, slots, stopTokens, companions };
    const files = { ...rest, ...optimizer && { optimizer }, ...adapters && { adapters } };
    return {
      ...files,
      weights,
      read() {
        const all = new Float32Array(length);
        for (const { name, offset, length } of slots.values()) reader.read(name, all.subarray(offset, offset + length));
        return { ...files, weights: all };
      },
      [Symbol.dispose]: () => reader.close(),
    };
  } catch (error) {
    reader.close();
    throw error;
  }
}

/**
 * Reads the shape of a policy, and nothing else.
 *
 * @throws {Error} One sentence naming the file, if it is missing or not supported.
 */
export async function readConfig(path: string): Promise<ModelConfig> {
  const configPath = `${await settled(path)}/config.json`;
  return parseConfig(await readJson(configPath), configPath);
}

function* piecesIn(reader: TensorReader, slots: ReadonlyMap<string, ParameterSlot>): Generator<WeightPiece> {
  for (const { name, offset } of slots.values()) {
    let at = offset;
    for (const numbers of reader.pieces(name)) {
      yield { offset: at, numbers };
      at += numbers.length;
    }
  }
}

/**
 * Writes a policy: into a new directory beside `path`, which then takes its name. A policy that was there is replaced
 * (a kill between the two renames leaves it under `.NAME.replaced`, where {@linkcode readDirectory} finds it);
 * any other directory is not touched.
 *
 * @throws {Error} One sentence, if `path` is something else than a policy or cannot be written.
 */
export async function writeDirectory(path: string, policy: PolicyToWrite): Promise<void> {
  const { config, weights, stopTokens = [], optimizer, adapters } = policy;
  if (weights.length !== parameterCount(config)) {
    throw new Error(`${path}: ${weights.length} weights do not fill a model of ${parameterCount(config)}.`);
  }
  const files: Record<string, string> = { "config.json": pretty(configToJson(config, stopTokens)) };
  if (stopTokens.length > 0) files["generation_config.json"] = pretty({ eos_token_id: plain(stopTokens) });
  Object.assign(files, policy.files);
  const tensors = [...parameterSlots(config).values()].map(({ name, shape, offset, length }) => ({
    name,
    shape,
    data: weights.subarray(offset, offset + length),
  }));

  const { parent, name } = split(path);
  await refuseForeign(path);
  let temporary: string | undefined;
  try {
    await Deno.mkdir(parent, { recursive: true });
    temporary = await Deno.makeTempDir({ dir: parent, prefix: `.${name}.`, suffix: ".partial" });
    const folder = temporary;
    // All at once, and all to their end: nothing may still be written when the folder is removed after a failure.
    const written = await Promise.allSettled([
      ...Object.entries(files).map(([file, text]) => Deno.writeTextFile(`${folder}/${file}`, text)),
      writeSafetensors(`${folder}/model.safetensors`, tensors),
      ...optimizer ? [writeOptimizer(`${folder}/optimizer.safetensors`, optimizer)] : [],
      ...adapters ? [writeAdapters(`${folder}/lora.safetensors`, config, adapters)] : [],
    ]);
    const failed = written.find(({ status }) => status === "rejected");
    if (failed) throw (failed as PromiseRejectedResult).reason;
    await Deno.chmod(temporary, 0o755); // makeTempDir's directories are private
    await takeName(temporary, path);
  } catch (error) {
    if (temporary) await Deno.remove(temporary, { recursive: true }).catch(() => {});
    throw new Error(`${path}: the policy cannot be written (${reasonOf(error)}).`, { cause: error });
  }
}

/** Renames `temporary` to `path`, moving a policy that is there out of the way first and deleting it afterwards. */
async function takeName(temporary: string, path: string): Promise<void> {
  const replaced = replacedName(path);
  if (await exists(path)) {
    await Deno.remove(replaced, { recursive: true }).catch(() => {});
    await Deno.rename(path, replaced);
  }
  await Deno.rename(temporary, path);
  await Deno.remove(replaced, { recursive: true }).catch(() => {});
}

/** The directory itself, or the one that a killed {@linkcode writeDirectory} had moved out of the way. */
async function settled(path: string): Promise<string> {
  if (await exists(path)) return path;
  const replaced = replacedName(path);
  if (await exists(replaced)) return replaced;
  throw new Error(`${path}: there is no such policy directory.`);
}

function replacedName(path: string): string {
  const { parent, name } = split(path);
  return `${parent}/.${name}.replaced`;
}

function split(path: string): { parent: string; name: string } {
  const trimmed = path.replace(/[/\\]+$/, "");
  const cut = Math.max(trimmed.lastIndexOf("/"), trimmed.lastIndexOf("\\"));
  return { parent: cut < 0 ? "." : trimmed.slice(0, cut) || "/", name: trimmed.slice(cut + 1) };
}

async function refuseForeign(path: string): Promise<void> {
  if (!await exists(path)) return;
  const { isDirectory } = await Deno.stat(path);
  if (!isDirectory) throw new Error(`${path}: it is a file; a policy is written as a directory.`);
  for await (const _ of Deno.readDir(path)) {
    const weights = await exists(`${path}/model.safetensors`) || await exists(`${path}/model.safetensors.index.json`);
    if (weights && await exists(`${path}/config.json`)) return;
    throw new Error(`${path}: it holds files that are no policy; name a new or empty directory.`);
  }
}

async function openWeights(folder: string): Promise<TensorReader> {
  const single = `${folder}/model.safetensors`, index = `${single}.index.json`;
  if (await exists(single)) return openSafetensors(single);
  if (await exists(index)) return openSharded(index);
  throw new Error(`${folder}: it has neither model.safetensors nor model.safetensors.index.json.`);
}

function checkNames(
  folder: string,
  config: ModelConfig,
  slots: ReadonlyMap<string, ParameterSlot>,
  reader: TensorReader,
): void {
  const absent = [...slots.keys()].filter((name) => !reader.tensors.has(name));
  if (absent.length > 0) {
    throw new Error(`${folder}: the weights lack ${listed(absent)}, which config.json asks for.`);
  }
  const extra = [...reader.tensors.keys()].filter((name) =>
    !slots.has(name) && !IGNORED.test(name) && !(config.tiedEmbeddings && name === "lm_head.weight")
  );
  if (extra.length > 0) {
    throw new Error(`${folder}: the weights hold ${listed(extra)}, which config.json does not ask for.`);
  }
  for (const { name, shape } of slots.values()) {
    const found = reader.tensors.get(name)!.shape;
    if (found.length !== shape.length || found.some((size, i) => size !== shape[i])) {
      throw new Error(`${folder}: ${name} has the shape [${found}], but config.json asks for [${shape}].`);
    }
  }
}

/** Ids that end a response: what `generation_config.json` says, or else the parsed `config.json`. */
export async function readStopTokens(
  folder: string,
  config: unknown,
  { vocabularySize }: Pick<ModelConfig, "vocabularySize">,
): Promise<number[]> {
  const path = `${folder}/generation_config.json`;
  const generation = await exists(path) ? await readJson(path) : {};
  const eos = (json: unknown) => (json as { eos_token_id?: unknown } | null)?.eos_token_id;
  const [value, source] = eos(generation) != null ? [eos(generation), path] : [eos(config), `${folder}/config.json`];
  if (value == null) return [];
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  for (const id of ids) {
    if (!Number.isSafeInteger(id) || (id as number) < 0 || (id as number) >= vocabularySize) {
      throw new Error(`${source}: eos_token_id ${JSON.stringify(id)} is not a token id below ${vocabularySize}.`);
    }
  }
  return ids as number[];
}

/**
 * Text of the files in a policy's directory that are not the model and go with it when it is saved. They are kept in
 * memory, so that a policy can be saved when the directory it came from is gone.
 */
export async function readCompanions(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of COMPANIONS) {
    const path = `${folder}/${name}`;
    if (await exists(path)) files[name] = await Deno.readTextFile(path);
  }
  return files;
}

/** What a JSON file holds. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new Error(`${path}: cannot be read (${reasonOf(error)}).`, { cause: error });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw new Error(`${path}: cannot be read (${reasonOf(error)}).`, { cause: error });
  }
}

function pretty(json: unknown): string {
  return JSON.stringify(json, null, 2) + "\n";
}

function plain(ids: readonly number[]): number | readonly number[] {
  return ids.length === 1 ? ids[0] : ids;
}

function listed(names: readonly string[]): string {
  return names.length <= 2 ? names.join(" and ") : `${names[0]} and ${names.length - 1} other tensors`;
}
