/**
 * Reads the tensors of a safetensors file one at a time, or in pieces.
 *
 * @module
 */
import { reasonOf } from "../reason.ts";
import { ELEMENT_BYTES, type Entry, fill, readHeader, type TensorInfo } from "./header.ts";

/** An open checkpoint: one file, or the shards of an index. Close it with `close()` or `using`. */
export interface TensorReader extends Disposable {
  /** All tensors by name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Free text entries of the header (`__metadata__`). */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Reads an F32, F16 or BF16 tensor as float32.
   *
   * @param target Where to write it; its length must be the tensor's. Default: a new array.
   * @throws {Error} If there is no such tensor, its type is another one or the target's length is wrong.
   */
  read(name: string, target?: Float32Array): Float32Array;
  /**
   * Reads an F32, F16 or BF16 tensor as float32, some elements at a time, in order.
   *
   * @returns Parts of one array, which the next part overwrites.
   * @throws {Error} If there is no such tensor or its type is another one.
   */
  pieces(name: string): Iterable<Float32Array>;
  /**
   * Reads an I64, I32, U32 or U8 tensor.
   *
   * @throws {Error} If there is no such tensor or its type is another one.
   */
  readIntegers(name: string): number[];
  /** Closes the files. */
  close(): void;
}

/** Elements that are read, and converted, at once: what fits into a core's cache. */
const PIECE = 1 << 18;

/**
 * Opens a safetensors file and checks its header.
 *
 * @throws {Error} One sentence naming the file, if it cannot be opened or is not a whole safetensors file.
 */
export async function openSafetensors(path: string): Promise<TensorReader> {
  const file = await open(path);
  try {
    const { entries, metadata, dataStart } = await readHeader(file, path);
    return new FileReader(path, file, entries, metadata, dataStart);
  } catch (error) {
    file.close();
    throw error;
  }
}

class FileReader implements TensorReader {
  /** Halves that were just read; kept, because new memory costs more than what is done in it. */
  #words: Uint16Array<ArrayBuffer> | undefined;

  constructor(
    readonly path: string,
    readonly file: Deno.FsFile,
    readonly tensors: ReadonlyMap<string, Entry>,
    readonly metadata: Readonly<Record<string, string>>,
    readonly dataStart: number,
  ) {}

  read(name: string, target?: Float32Array): Float32Array {
    const { length } = this.#floats(name), output = target ?? new Float32Array(length);
    if (output.length !== length) {
      throw new Error(`${this.path}: ${name} has ${length} elements, the array for it ${output.length}.`);
    }
    this.#readFrom(name, 0, output);
    return output;
  }

  *pieces(name: string): Generator<Float32Array> {
    const { length } = this.#floats(name), buffer = new Float32Array(Math.min(PIECE, length));
    for (let start = 0; start < length; start += PIECE) {
      const piece = buffer.subarray(0, length - start);
      this.#readFrom(name, start, piece);
      yield piece;
    }
  }

  #floats(name: string): Entry {
    const entry = this.tensors.get(name) ?? missing(this.path, name), { dtype } = entry;
    if (dtype === "F32" || dtype === "F16" || dtype === "BF16") return entry;
    throw new Error(`${this.path}: ${name} has the type ${dtype}; only F32, F16 and BF16 are read.`);
  }

  /** Reads elements from the one numbered `start` on, as many as the output has. */
  #readFrom(name: string, first: number, output: Float32Array): void {
    const { dtype, begin } = this.#floats(name), { length } = output;
    this.file.seekSync(this.dataStart + begin + first * ELEMENT_BYTES[dtype], Deno.SeekMode.Start);
    if (dtype === "F32") {
      fill(
        this.file,
        new Uint8Array(output.buffer as ArrayBuffer, output.byteOffset, output.byteLength),
        this.path,
      );
    } else {
      const words = this.#words ??= new Uint16Array(PIECE);
      for (let start = 0; start < length; start += PIECE) {
        const piece = words.subarray(0, Math.min(PIECE, length - start));
        fill(this.file, new Uint8Array(piece.buffer, 0, piece.byteLength), this.path);
        widen(piece, dtype as "F16" | "BF16", output.subarray(start, start + piece.length));
      }
    }
  }

  readIntegers(name: string): number[] {
    const { dtype, begin, end } = this.tensors.get(name) ?? missing(this.path, name);
    const kind = { I64: BigInt64Array, I32: Int32Array, U32: Uint32Array, U8: Uint8Array }[dtype];
    if (!kind) throw new Error(`${this.path}: ${name} has the type ${dtype}; an integer is expected.`);
    const bytes = new Uint8Array(end - begin);
    this.file.seekSync(this.dataStart + begin, Deno.SeekMode.Start);
    fill(this.file, bytes, this.path);
    return Array.from<number | bigint, number>(new kind(bytes.buffer), Number);
  }

  close(): void {
    this.file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** float16 or bfloat16 bits to float32. */
function widen(words: Uint16Array<ArrayBuffer>, dtype: "F16" | "BF16", output: Float32Array): void {
  if (dtype === "F16") {
    output.set(new Float16Array(words.buffer, words.byteOffset, words.length));
  } else {
    // Two at once: half as many reads.
    const bits = new Int32Array(output.buffer, output.byteOffset, output.length), even = words.length & ~1;
    const pairs = new Uint32Array(words.buffer, words.byteOffset, even / 2);
    for (let i = 0; i < even; i += 2) {
      const pair = pairs[i >> 1];
      bits[i] = pair << 16;
      bits[i + 1] = pair & 0xffff0000;
    }
    if (even < words.length) bits[even] = words[even] << 16;
  }
}

async function open(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw new Error(`${path}: cannot be opened (${reasonOf(error)}).`, { cause: error });
  }
}

/** The error of a tensor that is asked for and not there. */
export function missing(path: string, name: string): never {
  throw new Error(`${path}: it has no tensor ${name}.`);
}
