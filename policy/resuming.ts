/**
 * What a policy's directory holds beside the model, so that training can go on: `optimizer.safetensors`, or with adapters
 * `lora.safetensors`.
 *
 * @module
 */
import { type ModelConfig, parameterCount, type ParameterSlot, parameterSlots } from "./model/config.ts";
import { adapterOf, baseLayerName, isTrained, type Lora, LORA_TARGETS } from "./model/lora.ts";
import { openSafetensors, type TensorToWrite, writeSafetensors } from "./safetensors.ts";
import { optimizerIn, type OptimizerState, optimizerTensors } from "./state.ts";
import { piecesOf, type Weights } from "./weights.ts";

/** Adapters in training, as resuming needs them. */
export interface AdapterState {
  /** What adapters there are. */
  lora: Lora;
  /** The model's own weights, before anything is merged into them, then the adapters', in the order of `parameterShapes`. */
  weights: Float32Array;
  /** AdamW's state, of the adapters alone. */
  optimizer: OptimizerState;
}

/** Reads AdamW's state of `count` weights. */
export async function readOptimizer(path: string, count: number): Promise<OptimizerState> {
  using reader = await openSafetensors(path);
  return optimizerIn(reader, path, count);
}

/** Writes AdamW's state. */
export async function writeOptimizer(path: string, optimizer: OptimizerState): Promise<void> {
  await writeSafetensors(path, optimizerTensors(optimizer));
}

/** Where each tensor of `lora.safetensors` lies in the weights with adapters: the adapters, and what they stand beside. */
function adapterSlots(config: ModelConfig, lora: Lora): Map<string, ParameterSlot> {
  return new Map([...parameterSlots({ ...config, lora }).values()].flatMap((slot) => {
    if (isTrained({ lora }, slot.name)) return [[slot.name, slot]];
    return adapterOf(lora, slot.name) ? [[baseLayerName(slot.name), slot]] : [];
  }));
}

/** Reads adapters in training; `merged` are the weights of the model beside them. */
export async function readAdapters(path: string, config: ModelConfig, merged: Weights): Promise<AdapterState> {
  using reader = await openSafetensors(path);
  const { rank, alpha, targets } = reader.metadata;
  const lora: Lora = {
    rank: Number(rank),
    alpha: Number(alpha),
    targets: LORA_TARGETS.filter((target) => targets?.split(",").includes(target)),
  };
  if (!(Number.isSafeInteger(lora.rank) && lora.rank > 0 && lora.alpha > 0 && lora.targets.length > 0)) {
    throw new Error(`${path}: it does not say which adapters it holds; delete it to go on with the merged weights.`);
  }
  const weights = new Float32Array(parameterCount({ ...config, lora }));
  for (const { offset, numbers } of piecesOf(merged)) weights.set(numbers, offset);
  for (const [name, { shape, offset, length }] of adapterSlots(config, lora)) {
    const found = reader.tensors.get(name)?.shape;
    if (found && found.join() !== shape.join()) {
      throw new Error(`${path}: ${name} has the shape [${found}], not [${shape}].`);
    }
    reader.read(name, weights.subarray(offset, offset + length));
  }
  return { lora, weights, optimizer: optimizerIn(reader, path, weights.length - merged.length) };
}

/** Adapters by PEFT's names; what rounding keeps one from getting back from the merged weights; the optimizer's state. */
export async function writeAdapters(
  path: string,
  config: ModelConfig,
  { lora: { rank, alpha, targets }, lora, weights, optimizer }: AdapterState,
): Promise<void> {
  const tensors = [...adapterSlots(config, lora)].map(([name, { shape, offset, length }]): TensorToWrite => ({
    name,
    shape,
    data: weights.subarray(offset, offset + length),
  }));
  const metadata = { format: "pt", rank: `${rank}`, alpha: `${alpha}`, targets: targets.join(",") };
  await writeSafetensors(path, [...tensors, ...optimizerTensors(optimizer)], metadata);
}
