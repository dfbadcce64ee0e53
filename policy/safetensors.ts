/**
 * Safetensors files: read f32, f16 and bf16 tensors one at a time as float32, write float32 and integers.
 *
 * A file is 8 bytes of header length, a JSON header with each tensor's type, shape and byte range, and the bytes. The
 * header is checked completely before any tensor is read, so that a truncated or damaged file is refused with a
 * sentence that names it.
 *
 * @module
 */
export type { TensorInfo, TensorToCome } from "./safetensors/header.ts";
export { openSafetensors, type TensorReader } from "./safetensors/reading.ts";
export { openSharded, shardsOf } from "./safetensors/shards.ts";
export {
  type Data,
  overwriteSafetensors,
  streamSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "./safetensors/writing.ts";
