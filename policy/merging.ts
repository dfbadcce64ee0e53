/**
 * What the weights of a model come to when adapters are merged into them: `W + scale · B · A`.
 *
 * @module
 */
import { type ModelConfig, parameterCount, parameterSlots } from "./model/config.ts";
import { adapterOf, type Lora, scaleOf } from "./model/lora.ts";
import { arrayOf, firstOf, piecesOf, putInto, type Weights, type WeightStream } from "./weights.ts";

/** Shape of a model with adapters. */
export type AdaptedConfig = ModelConfig & { lora: Lora };

/**
 * A function that adds, to numbers of the model's own weights from the one numbered `offset` on, what the adapters add
 * there. Each entry's sum is taken in float64 and does not depend on how the weights are cut.
 *
 * @param added The adapters' numbers alone, in the order of `parameterShapes`.
 */
export function merger(
  config: AdaptedConfig,
  added: Float32Array,
): (numbers: Float32Array, offset: number) => void {
  const { lora: { rank }, lora } = config, slots = parameterSlots(config), scale = scaleOf(lora);
  const own = parameterCount({ ...config, lora: undefined });
  const read = (name: string) => {
    const { offset, length } = slots.get(name)!;
    return added.subarray(offset - own, offset - own + length);
  };
  const adapted = [...slots.values()].flatMap(({ name, shape: [, inputs], offset, length }) => {
    const adapter = adapterOf(lora, name);
    return adapter ? [{ inputs, offset, length, a: read(adapter.a), b: read(adapter.b) }] : [];
  });
  return (numbers, first) => {
    for (const { inputs, offset, length, a, b } of adapted) {
      const low = Math.max(offset, first), high = Math.min(offset + length, first + numbers.length);
      const sums = new Float64Array(low < high ? inputs : 0);
      for (let o = Math.floor((low - offset) / inputs), row; (row = offset + o * inputs) < high; o++) {
        sums.fill(0);
        for (let r = 0; r < rank; r++) {
          const factor = b[o * rank + r];
          for (let i = 0; i < inputs; i++) sums[i] += factor * a[r * inputs + i];
        }
        const end = Math.min(row + inputs, high);
        for (let i = Math.max(row, low); i < end; i++) numbers[i - first] += scale * sums[i - row];
      }
    }
  };
}

/** The weights of the model alone with its adapters merged, computed when they are taken. */
export function mergedStream(config: AdaptedConfig, own: Weights, added: Float32Array): WeightStream {
  const merge = merger(config, added);
  return {
    length: own.length,
    *pieces() {
      for (const { offset, numbers } of piecesOf(own)) {
        const copy = numbers.slice();
        merge(copy, offset);
        yield { offset, numbers: copy };
      }
    },
    into(all) {
      putInto(all, own);
      merge(all, 0);
    },
  };
}

/** The same in one array, from the model's own weights followed by those of the adapters. */
export function mergedWeights(config: AdaptedConfig, weights: Float32Array): Float32Array {
  const own = parameterCount({ ...config, lora: undefined });
  return arrayOf(mergedStream(config, firstOf(weights, own), weights.subarray(own)));
}
