/**
 * What a policy's directory holds beside the model, so that training can go on: `optimizer.safetensors`, or with adapters
 * `lora.safetensors`.
 *
 * @module
 */
import { type ModelConfig, type ParameterSlot, parameterSlots } from "./model/config.ts";
import { adapterOf, baseLayerName, isTrained, type Lora, LORA_TARGETS } from "./model/lora.ts";
import type { AdaptedConfig } from "./merging.ts";
import type { BaseModel } from "./peft.ts";
import { streamSafetensors, type TensorReader } from "./safetensors.ts";
import { optimizerIn, type OptimizerState, optimizerTensors, type Written } from "./state.ts";
import { type Flow, partsWithin, type Weights, type WeightStream } from "./weights.ts";

/** Adapters beside a model's own weights. */
export interface AdapterState<Numbers = Weights> {
  /** What adapters there are. */
  lora: Lora;
  /** The model's own weights, before anything is merged into them, then the adapters', in the order of `parameterShapes`. */
  weights: Numbers;
  /** AdamW's state, of the adapters alone. Absent: they are not in training, and what is opened has them merged. */
  optimizer?: OptimizerState<Numbers>;
}

/** Writes AdamW's state. */
export async function writeOptimizer(path: string, optimizer: OptimizerState<Written>): Promise<void> {
  const { tensors, data } = optimizerTensors(optimizer);
  await streamSafetensors(path, tensors, data());
}

/** Where each tensor of `lora.safetensors` lies in the weights with adapters: the adapters, and what they stand beside. */
function adapterSlots(config: AdaptedConfig): Map<string, ParameterSlot> {
  return new Map([...parameterSlots(config).values()].flatMap((slot) => {
    if (isTrained(config, slot.name)) return [[slot.name, slot]];
    return adapterOf(config.lora, slot.name) ? [[baseLayerName(slot.name), slot]] : [];
  }));
}

/**
 * Adapters in training from an open `lora.safetensors`, read when they are taken, and the model that they belong to.
 *
 * @param merged The open weights of the model beside them.
 */
export function adaptersIn(
  reader: TensorReader,
  path: string,
  config: ModelConfig,
  merged: TensorReader,
): { adapters: AdapterState<WeightStream>; base: BaseModel } {
  const { rank, alpha, rslora, targets, base, revision } = reader.metadata;
  const lora: Lora = {
    rank: Number(rank),
    alpha: Number(alpha),
    ...rslora === "true" && { rslora: true },
    targets: LORA_TARGETS.filter((target) => targets?.split(",").includes(target)),
  };
  if (!(Number.isSafeInteger(lora.rank) && lora.rank > 0 && lora.alpha > 0 && lora.targets.length > 0)) {
    throw new Error(`${path}: it does not say which adapters it holds; delete it to go on with the merged weights.`);
  }
  const adapted = { ...config, lora }, all = [...parameterSlots(adapted).values()];
  const names = new Map<ParameterSlot["name"], string>();
  for (const [name, slot] of adapterSlots(adapted)) {
    const found = reader.tensors.get(name)?.shape;
    if (!found) throw new Error(`${path}: it has no tensor ${name}.`);
    if (found.join() !== slot.shape.join()) {
      throw new Error(`${path}: ${name} has the shape [${found}], not [${slot.shape}].`);
    }
    names.set(slot.name, name);
  }
  const sum = (slots: readonly ParameterSlot[]) => slots.reduce((sum, { length }) => sum + length, 0);
  const weights = {
    length: sum(all),
    *pieces() {
      for (const { name, offset } of all) {
        const own = names.get(name);
        let at = offset;
        for (const numbers of own === undefined ? merged.pieces(name) : reader.pieces(own)) {
          yield { offset: at, numbers };
          at += numbers.length;
        }
      }
    },
  };
  const optimizer = optimizerIn(reader, path, sum(all.filter(({ name }) => isTrained(adapted, name))));
  return { adapters: { lora, weights, optimizer }, base: { name: base ?? null, ...revision && { revision } } };
}

/** What `lora.safetensors` is written from. */
export interface AdaptersToResume {
  /** Shape of the model, adapters included. */
  config: AdaptedConfig;
  /** The model's own weights, before anything is merged into them, then the adapters'. */
  weights: Flow;
  /** AdamW's state, of the adapters alone. */
  optimizer: OptimizerState<Written>;
  /** The model that they belong to. */
  base: BaseModel;
}

/** Adapters by PEFT's names; what rounding keeps one from getting back from the merged weights; the optimizer's state. */
export async function writeAdapters(
  path: string,
  { config, weights, optimizer, base: { name, revision } }: AdaptersToResume,
): Promise<void> {
  const slots = adapterSlots(config),
    { rank, alpha, rslora, targets } = config.lora,
    state = optimizerTensors(optimizer);
  const tensors = [...slots].map(([name, { shape }]) => ({ name, dtype: "F32" as const, shape }));
  const metadata = {
    format: "pt",
    rank: `${rank}`,
    alpha: `${alpha}`,
    targets: targets.join(","),
    ...rslora && { rslora: "true" },
    ...name !== null && { base: name },
    ...revision && { revision },
  };
  const data = async function* () {
    yield* partsWithin(weights.parts, [...slots.values()]);
    yield* state.data();
  };
  await streamSafetensors(path, [...tensors, ...state.tensors], data(), metadata);
}
