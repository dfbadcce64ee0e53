/**
 * A policy on disk: a directory in the Hugging Face layout. Reading gives the weights as one flat float32 buffer, the
 * way the engine holds them; writing is atomic, so that a directory with that name is always a whole policy.
 *
 * @module
 */
import { exists, settled } from "./policy_place.ts";
import { reasonOf } from "./reason.ts";
import { type ModelConfig, parameterCount, type ParameterSlot, parameterSlots, parseConfig } from "./model/config.ts";
import { type BaseModel, baseModelOf } from "./peft.ts";
import { adaptersIn, type AdapterState } from "./resuming.ts";
import { openSafetensors, openSharded, type TensorReader } from "./safetensors.ts";
import { optimizerIn, type OptimizerState } from "./state.ts";
import { arrayOf, type WeightPiece, type WeightStream } from "./weights.ts";

export { ADAPTER_FOLDER, type AdaptersToWrite, type PolicyToWrite, writeDirectory } from "./directory_writing.ts";

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
  adapters?: Required<AdapterState<Float32Array>>;
  /** Fields of its `config.json` that nothing here depends on and other tools read: `bos_token_id`, `pad_token_id`. */
  tokenIds?: Readonly<Record<string, unknown>>;
  /** The model that adapters beside it belong to, as PEFT names it; absent for a policy that was made in memory. */
  base?: BaseModel;
}

/** A policy whose weights are on the disk still. Close it, by `using`, when they are taken. */
export interface OpenDirectory extends Omit<PolicyDirectory, "weights" | "optimizer" | "adapters">, Disposable {
  /** All weights in the order of `parameterShapes`, read when they are taken. */
  weights: WeightStream;
  /** The optimizer's state, read when it is taken. */
  optimizer?: OptimizerState<WeightStream>;
  /** Adapters, read when they are taken. */
  adapters?: AdapterState<WeightStream>;
  /** The same with the weights in memory. */
  read(): PolicyDirectory;
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
 * @param name What adapters beside it call it. Default: its name on the hub if it lies in the hub's cache, or else `path`.
 * @throws {Error} As {@linkcode readDirectory} does.
 */
export async function openDirectory(path: string, name?: string): Promise<OpenDirectory> {
  using opened = new DisposableStack();
  const folder = await settled(path);
  const configPath = `${folder}/config.json`;
  const json = await readJson(configPath);
  const config = parseConfig(json, configPath);
  const slots = parameterSlots(config), length = parameterCount(config);
  const reader = opened.use(await openWeights(folder));
  checkNames(folder, config, slots, reader);
  const stopTokens = await readStopTokens(folder, json, config);
  const companions = await readCompanions(folder);
  const beside = async <T>(file: string, read: (reader: TensorReader, path: string) => T) =>
    await exists(`${folder}/${file}`)
      ? read(opened.use(await openSafetensors(`${folder}/${file}`)), `${folder}/${file}`)
      : undefined;
  const optimizer = await beside("optimizer.safetensors", (reader, path) => optimizerIn(reader, path, length));
  const found = await beside("lora.safetensors", (other, path) => adaptersIn(other, path, config, reader));
  const files = {
    path,
    config,
    slots,
    stopTokens,
    companions,
    tokenIds: Object.fromEntries(Object.entries(json as object).filter(([name]) => /^(bos|pad)_token_id$/.test(name))),
    base: found?.base ?? (name === undefined ? baseModelOf(path) : { name }),
    weights: {
      length,
      pieces: () => piecesIn(reader, slots),
      into(all) {
        for (const { name, offset, length } of slots.values()) reader.read(name, all.subarray(offset, offset + length));
      },
    } as WeightStream,
    ...optimizer && { optimizer },
    ...found && { adapters: found.adapters },
  };
  return openedDirectory(files, opened.move());
}

/** What was found, with the means to read all of it; `opened` is what to close. */
export function openedDirectory(
  files: Omit<OpenDirectory, "read" | typeof Symbol.dispose>,
  opened: DisposableStack,
): OpenDirectory {
  const { weights, optimizer, adapters, ...rest } = files;
  const inMemory = ({ firstMoment, secondMoment, step }: OptimizerState<WeightStream>): OptimizerState => ({
    firstMoment: arrayOf(firstMoment),
    secondMoment: arrayOf(secondMoment),
    step,
  });
  return {
    ...files,
    read: () => ({
      ...rest,
      weights: arrayOf(weights),
      ...optimizer && { optimizer: inMemory(optimizer) },
      ...adapters?.optimizer && {
        adapters: { ...adapters, weights: arrayOf(adapters.weights), optimizer: inMemory(adapters.optimizer) },
      },
    }),
    [Symbol.dispose]: () => opened.dispose(),
  };
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

function listed(names: readonly string[]): string {
  return names.length <= 2 ? names.join(" and ") : `${names[0]} and ${names.length - 1} other tensors`;
}
