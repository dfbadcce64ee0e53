/**
 * Adapters on disk in PEFT's layout: `adapter_config.json` and `adapter_model.safetensors`, which hold an adapter alone
 * and name the model that it belongs to.
 *
 * What an adapter's configuration says and Podium does not compute is refused by its name: a model that loads is a model
 * whose log-probs are right. Fields that are not known yet count as off if they are null, false or empty.
 *
 * @module
 */
import { type ModelConfig, parameterCount, parameterSlots } from "./model/config.ts";
import { isTrained, type Lora, LORA_TARGETS } from "./model/lora.ts";
import { reasonOf } from "./reason.ts";
import { openSafetensors, writeSafetensors } from "./safetensors.ts";

/** Names of the two files. */
export const ADAPTER_FILES = { config: "adapter_config.json", weights: "adapter_model.safetensors" } as const;

/** The model that an adapter belongs to, as PEFT names it. */
export interface BaseModel {
  /** A directory, or `OWNER/NAME` on the hub; null: not said. */
  name: string | null;
  /** Branch, tag or commit on the hub. */
  revision?: string;
}

/** What an `adapter_config.json` says; the files of the weights say which matrices have an adapter. */
export interface AdapterConfig {
  lora: Omit<Lora, "targets">;
  base: BaseModel;
}

/** Fields that change nothing that is computed here, or are read below. */
const KNOWN = new Set([
  "auto_mapping",
  "base_model_name_or_path",
  "eva_config", // how A started
  "exclude_modules", // the weights say it
  "inference_mode",
  "init_lora_weights",
  "lora_alpha",
  "lora_dropout", // a matter of training, where Podium has none
  "megatron_core", // the name of a package
  "peft_type",
  "peft_version",
  "qalora_group_size", // of use_qalora
  "r",
  "revision",
  "target_modules", // the weights say it
  "task_type",
  "use_rslora",
]);

/** How adapters may have started; the other ways change the model's own weights too. */
const STARTS: readonly unknown[] = [true, false, "gaussian", "orthogonal", "eva", undefined];

/** The parsed `adapter_config.json`. */
export function parseAdapterConfig(json: unknown, source: string = ADAPTER_FILES.config): AdapterConfig {
  const refuse = (reason: string): never => {
    throw new Error(`${source}: ${reason}.`);
  };
  if (typeof json !== "object" || json === null || Array.isArray(json)) return refuse("it must hold a JSON object");
  const fields = json as Record<string, unknown>;
  if (fields.peft_type !== "LORA") refuse(`peft_type ${show(fields.peft_type)} is not supported, only "LORA"`);
  if (fields.task_type != null && fields.task_type !== "CAUSAL_LM") {
    refuse(`task_type ${show(fields.task_type)} is not supported, only "CAUSAL_LM"`);
  }
  if (!STARTS.includes(fields.init_lora_weights)) {
    refuse(
      `init_lora_weights ${show(fields.init_lora_weights)} changes the model's own weights, which is not supported`,
    );
  }
  for (const [name, value] of Object.entries(fields)) {
    if (!KNOWN.has(name) && !isOff(value)) refuse(`${name} ${show(value)} is not supported`);
  }
  const { r: rank, lora_alpha: alpha, use_rslora: rslora, base_model_name_or_path: name, revision } = fields;
  if (!Number.isSafeInteger(rank) || (rank as number) < 1) refuse(`r must be a positive integer, not ${show(rank)}`);
  if (!(typeof alpha === "number" && alpha > 0 && alpha < Infinity)) {
    refuse(`lora_alpha must be a positive number, not ${show(alpha)}`);
  }
  if (name != null && typeof name !== "string") refuse(`base_model_name_or_path must be a string, not ${show(name)}`);
  return {
    lora: { rank: rank as number, alpha: alpha as number, ...rslora === true && { rslora } },
    base: { name: name as string || null, ...typeof revision === "string" && revision && { revision } },
  };
}

/** What an adapter's directory says; undefined if the directory is not one, or holds a whole model beside it. */
export async function readAdapterConfig(folder: string): Promise<AdapterConfig | undefined> {
  const path = `${folder}/${ADAPTER_FILES.config}`;
  if (await isThere(`${folder}/config.json`) || !await isThere(path)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new Error(`${path}: cannot be read (${reasonOf(error)}).`, { cause: error });
  }
  return parseAdapterConfig(json, path);
}

/**
 * Reads the adapters' numbers, in the order of `parameterShapes`, and which matrices have one.
 *
 * @throws {Error} One sentence naming the file, if they do not fit the model.
 */
export async function readAdapterWeights(
  folder: string,
  { lora: shape }: AdapterConfig,
  config: ModelConfig,
): Promise<{ lora: Lora; weights: Float32Array }> {
  const path = `${folder}/${ADAPTER_FILES.weights}`;
  using reader = await openSafetensors(path);
  const names = [...reader.tensors.keys()];
  const targets = LORA_TARGETS.filter((target) => names.some((name) => name.includes(`.${target}.lora_`)));
  if (targets.length === 0) throw new Error(`${path}: it holds no adapter for any of ${LORA_TARGETS.join(", ")}.`);
  const lora: Lora = { ...shape, targets }, adapted = { ...config, lora };
  const own = parameterCount(config), weights = new Float32Array(parameterCount(adapted) - own);
  const slots = new Map([...parameterSlots(adapted)].filter(([name]) => isTrained(adapted, name)));
  const other = names.find((name) => !slots.has(name));
  if (other !== undefined) {
    throw new Error(`${path}: it holds ${other}, which stands beside no matrix that may have an adapter.`);
  }
  for (const { name, shape, offset, length } of slots.values()) {
    const found = reader.tensors.get(name)?.shape;
    if (!found) throw new Error(`${path}: it lacks ${name}; adapters must stand beside a matrix in every layer.`);
    if (found.join() !== shape.join()) {
      throw new Error(`${path}: ${name} has the shape [${found}], but model and rank ask for [${shape}].`);
    }
    reader.read(name, weights.subarray(offset - own, offset - own + length));
  }
  return { lora, weights };
}

/** An adapter to write. */
export interface AdapterToWrite {
  /** Shape of the model, adapters included. */
  config: ModelConfig & { lora: Lora };
  /** The adapters' numbers, in the order of `parameterShapes`. */
  weights: Float32Array;
  /** The model that it belongs to. */
  base: BaseModel;
}

/** Writes both files into a new directory, as PEFT writes them. */
export async function writeAdapter(folder: string, { config, weights, base }: AdapterToWrite): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const own = parameterCount({ ...config, lora: undefined });
  const tensors = [...parameterSlots(config).values()].filter(({ name }) => isTrained(config, name))
    .map(({ name, shape, offset, length }) => ({
      name,
      shape,
      data: weights.subarray(offset - own, offset - own + length),
    }));
  const text = JSON.stringify(adapterConfigToJson(config.lora, base), null, 2) + "\n";
  await Deno.writeTextFile(`${folder}/${ADAPTER_FILES.config}`, text);
  await writeSafetensors(`${folder}/${ADAPTER_FILES.weights}`, tensors);
}

/** The `adapter_config.json` of adapters; fields that it leaves out have PEFT's defaults. */
export function adapterConfigToJson(lora: Lora, { name, revision }: BaseModel): Record<string, unknown> {
  return {
    alpha_pattern: {},
    auto_mapping: null,
    base_model_name_or_path: name,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: lora.alpha,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: "LORA",
    r: lora.rank,
    rank_pattern: {},
    revision: revision ?? null,
    target_modules: [...lora.targets],
    task_type: "CAUSAL_LM",
    use_dora: false,
    use_rslora: lora.rslora ?? false,
  };
}

/**
 * How PEFT names a model that was read from a directory: one in the cache of the hub by its name there and its commit.
 */
export function baseModelOf(path: string): BaseModel {
  const [, owner, name, revision] =
    /(?:^|[/\\])models--(.+?)--([^/\\]+)[/\\]snapshots[/\\]([0-9a-f]{40})[/\\]?$/.exec(path) ?? [];
  return owner ? { name: `${owner}/${name}`, revision } : { name: path };
}

function isOff(value: unknown): boolean {
  if (value == null || value === false || value === 0 || value === "none") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
