/**
 * A copy of the matrices in float16, two numbers to a word, for rollouts: half the memory traffic, which is what
 * decoding waits for. Products still sum in float32.
 *
 * Sampling then has other log-probs than scoring. Rounding is done in integers, to nearest and ties to even: what WGSL's
 * own conversion does is the adapter's choice.
 *
 * @module
 */
import { parameterSlots } from "../model/config.ts";
import { isTrained } from "../model/lora.ts";
import type { Engine } from "./engine.ts";
import { type Matrix, partsOf, Plan } from "./plan.ts";

/** The copy. */
export interface Halves {
  /** A matrix in float16; undefined for what stays as it is: vectors, adapters, matrices of an odd width. */
  get(name: string): Matrix | undefined;
  /** Rounds the weights as they are now. */
  refresh(): void;
  dispose(): void;
}

/** WGSL text: `half_of(x)`, the bits of a float32 rounded to float16. */
const HALF_OF = `
fn half_of(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let sign = (bits >> 16u) & 0x8000u;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return sign | 0x7e00u; }
  if (magnitude >= 0x47800000u) { return sign | 0x7c00u; }
  // Below 2^-14 the spacing is 2^-24: fewer bits of the mantissa are left, and none below 2^-25.
  if (magnitude < 0x33000000u) { return sign; }
  let exponent = magnitude >> 23u;
  let normal = exponent > 112u;
  let shift = select(126u - exponent, 13u, normal);
  let mantissa = select((magnitude & 0x7fffffu) | 0x800000u, magnitude - (112u << 23u), normal);
  let cut = mantissa & ((1u << shift) - 1u);
  let tie = 1u << (shift - 1u);
  var rounded = mantissa >> shift;
  if (cut > tie || (cut == tie && (rounded & 1u) == 1u)) { rounded = rounded + 1u; }
  return sign | rounded;
}`;

/** A copy of an engine's matrices; what is in it is undefined until it is refreshed. */
export function createHalves({ gpu, config, parameters }: Engine): Halves {
  const matrices = new Map<string, Matrix>(), plan = new Plan(gpu, {}), buffers: GPUBuffer[] = [];
  for (const { name, shape } of parameterSlots(config).values()) {
    const adapter = config.lora !== undefined && isTrained(config, name);
    if (shape.length < 2 || shape[1] % 2 !== 0 || adapter) continue;
    const parts = partsOf(plan, parameters.get("weights", name)).map(({ part, count }): Matrix => {
      const { width } = part, buffer = gpu.buffer(count * width * 2);
      const words: Matrix = { buffer, offset: 0, rows: count, width: width / 2, type: "u32" };
      buffers.push(buffer);
      plan.elementwise("round to float16", {
        read: { part },
        write: { words },
        declarations: HALF_OF,
        body: "words[i] = half_of(part[2u * i]) | (half_of(part[2u * i + 1u]) << 16u);",
      });
      return { ...words, width, type: "f16" };
    });
    matrices.set(name, parts.length === 1 ? parts[0] : { ...parts[0], rows: shape[0], parts });
  }
  return {
    get: (name) => matrices.get(name),
    refresh: () => plan.run({}),
    dispose() {
      plan.dispose();
      for (const buffer of buffers) gpu.free(buffer);
    },
  };
}
