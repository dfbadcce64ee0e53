/**
 * Writes a policy to the disk, in the Hugging Face layout.
 *
 * @module
 */
import { configToJson, type ModelConfig, parameterCount, parameterSlots } from "./model/config.ts";
import type { Lora } from "./model/lora.ts";
import { type BaseModel, writeAdapter } from "./peft.ts";
import { refuseForeign, split, takeName } from "./policy_place.ts";
import { reasonOf } from "./reason.ts";
import { writeAdapters, writeOptimizer } from "./resuming.ts";
import { streamSafetensors } from "./safetensors.ts";
import type { OptimizerState, Written } from "./state.ts";
import { flowOf } from "./weights.ts";

/** What {@linkcode writeDirectory} writes. */
export interface PolicyToWrite {
  /** Shape of the model. */
  config: ModelConfig;
  /** All weights in the order of `parameterShapes`, adapters merged. */
  weights: Written;
  /** Ids that end a response; a `generation_config.json` among the files has the last word. */
  stopTokens?: readonly number[];
  /** {@linkcode PolicyDirectory.tokenIds}. */
  tokenIds?: Readonly<Record<string, unknown>>;
  /** Text of more files by name: {@linkcode PolicyDirectory.companions}, `README.md`. */
  files?: Readonly<Record<string, string>>;
  /** Added as `optimizer.safetensors`. */
  optimizer?: OptimizerState<Written>;
  /** Added in PEFT's layout, in a directory of their own: beside a whole model PEFT would add them a second time. */
  adapters?: AdaptersToWrite;
}

/** Adapters that {@linkcode writeDirectory} writes. */
export interface AdaptersToWrite {
  /** What adapters there are. */
  lora: Lora;
  /** Their numbers alone, in the order of `parameterShapes`. */
  weights: Float32Array;
  /** The model that they belong to. */
  base: BaseModel;
  /** Added as `lora.safetensors`: the model's own weights followed by the adapters', and the adapters' optimizer. */
  resume?: { weights: Written; optimizer: OptimizerState<Written> };
}

/** Where the adapters of a policy stand in its directory. */
export const ADAPTER_FOLDER = "adapter";

/**
 * Writes a policy: into a new directory beside `path`, which then takes its name. A policy that was there is replaced
 * (a kill between the two renames leaves it under `.NAME.replaced`, where {@linkcode readDirectory} finds it);
 * any other directory is not touched.
 *
 * @throws {Error} One sentence, if `path` is something else than a policy or cannot be written.
 */
export async function writeDirectory(path: string, policy: PolicyToWrite): Promise<void> {
  const { config, stopTokens = [], optimizer, adapters } = policy, weights = flowOf(policy.weights);
  if (weights.length !== parameterCount(config)) {
    throw new Error(`${path}: ${weights.length} weights do not fill a model of ${parameterCount(config)}.`);
  }
  const files: Record<string, string> = {
    "config.json": pretty({ ...configToJson(config, stopTokens), ...policy.tokenIds }),
  };
  if (stopTokens.length > 0) files["generation_config.json"] = pretty({ eos_token_id: plain(stopTokens) });
  Object.assign(files, policy.files);
  const tensors = [...parameterSlots(config).values()].map(({ name, shape }) => ({
    name,
    shape,
    dtype: "F32" as const,
  }));

  const { parent, name } = split(path);
  await refuseForeign(path);
  let temporary: string | undefined;
  try {
    await Deno.mkdir(parent, { recursive: true });
    temporary = await Deno.makeTempDir({ dir: parent, prefix: `.${name}.`, suffix: ".partial" });
    const folder = temporary;
    for (const [file, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${file}`, text);
    await streamSafetensors(`${folder}/model.safetensors`, tensors, weights.parts);
    if (optimizer) await writeOptimizer(`${folder}/optimizer.safetensors`, optimizer);
    if (adapters) {
      const { lora, weights, base, resume } = adapters, adapted = { ...config, lora };
      await writeAdapter(`${folder}/${ADAPTER_FOLDER}`, { config: adapted, weights, base });
      if (resume) {
        const more = { config: adapted, weights: flowOf(resume.weights), optimizer: resume.optimizer, base };
        await writeAdapters(`${folder}/lora.safetensors`, more);
      }
    }
    await Deno.chmod(temporary, 0o755); // makeTempDir's directories are private
    await takeName(temporary, path);
  } catch (error) {
    if (temporary) await Deno.remove(temporary, { recursive: true }).catch(() => {});
    const reason = reasonOf((error as Error).cause ?? error); // of a file's error that of the system alone
    throw new Error(`${path}: the policy cannot be written (${reason}).`, { cause: error });
  }
}

function pretty(json: unknown): string {
  return JSON.stringify(json, null, 2) + "\n";
}

function plain(ids: readonly number[]): number | readonly number[] {
  return ids.length === 1 ? ids[0] : ids;
}
