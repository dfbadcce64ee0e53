/**
 * Safetensors files: read f32, f16 and bf16 tensors one at a time as float32, write float32 and integers.
 *
 * A file is 8 bytes of header length, a JSON header with each tensor's type, shape and byte range, and the bytes. The
 * header is checked completely before any tensor is read, so that a truncated or damaged file is refused with a
 * sentence that names it.
 *
 * @module
 */
import { reasonOf } from "./reason.ts";

/** One tensor of an open file. */
export interface TensorInfo {
  /** Type as the file names it: "F32", "F16", "BF16", "I64" ... */
  dtype: string;
  /** Sizes of its dimensions, outermost first; empty for a scalar. */
  shape: readonly number[];
  /** Number of elements. */
  length: number;
}

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

/** A tensor to write: the array's type decides the file's (F32, U32, I64). */
export interface TensorToWrite {
  /** Unique in the file. */
  name: string;
  /** Sizes of its dimensions, outermost first. */
  shape: readonly number[];
  /** Elements in row-major order. */
  data: Float32Array | Uint32Array | BigInt64Array;
}

/** A tensor whose numbers come later. */
export interface TensorToCome {
  /** Unique in the file. */
  name: string;
  /** Type of its elements. */
  dtype: "F32" | "U32" | "I64";
  /** Sizes of its dimensions, outermost first. */
  shape: readonly number[];
}

/** Elements of tensors one after another, cut anywhere; a part holds until the next one is asked for. */
export type Data = Iterable<TensorToWrite["data"]> | AsyncIterable<TensorToWrite["data"]>;

interface Entry extends TensorInfo {
  begin: number;
  end: number;
}

const ELEMENT_BYTES: Record<string, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
};

/** The format's own limit on the header, so that a damaged length does not allocate gigabytes. */
const LONGEST_HEADER = 100_000_000;

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

/**
 * Opens the shards that a `model.safetensors.index.json` names, as one reader.
 *
 * @throws {Error} One sentence naming the file, if the index or a shard is missing or damaged, or a tensor is not in
 * the shard the index says.
 */
export async function openSharded(indexPath: string): Promise<TensorReader> {
  const weightMap = await readWeightMap(indexPath);
  const folder = indexPath.replace(/[^/\\]*$/, "");
  const shards = new Map<string, TensorReader>();
  const owners = new Map<string, TensorReader>();
  const tensors = new Map<string, TensorInfo>();
  try {
    for (const [name, fileName] of weightMap) {
      const shard = shards.get(fileName) ?? await openSafetensors(folder + fileName);
      shards.set(fileName, shard);
      const info = shard.tensors.get(name);
      if (!info) throw new Error(`${indexPath}: it says that ${fileName} holds ${name}, which is not in that file.`);
      owners.set(name, shard);
      tensors.set(name, info);
    }
  } catch (error) {
    for (const shard of shards.values()) shard.close();
    throw error;
  }
  const owner = (name: string) => owners.get(name) ?? missing(indexPath, name);
  const close = () => shards.forEach((shard) => shard.close());
  return {
    tensors,
    metadata: {},
    read: (name, target) => owner(name).read(name, target),
    pieces: (name) => owner(name).pieces(name),
    readIntegers: (name) => owner(name).readIntegers(name),
    close,
    [Symbol.dispose]: close,
  };
}

/**
 * Names of the shards that a parsed `model.safetensors.index.json` names, each once.
 *
 * @param source How error messages call it.
 * @throws {Error} One sentence, if it is no index, or names a file outside its folder.
 */
export function shardsOf(index: unknown, source: string): string[] {
  return [...new Set(weightMapOf(index, source).map(([, fileName]) => fileName))];
}

/** Bytes that are gathered for one write: a system call per small tensor would cost more than the tensor. */
const GATHERED = 1 << 24;

/** The parts one after another, small ones joined. */
async function* gathered(parts: Data, length: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const joined = new Uint8Array(Math.min(GATHERED, length));
  let filled = 0;
  for await (const part of parts) {
    const bytes = bytesOf(part);
    if (filled + bytes.length > joined.length) {
      yield joined.subarray(0, filled);
      filled = 0;
    }
    if (bytes.length > joined.length) yield bytes;
    else {
      joined.set(bytes, filled);
      filled += bytes.length;
    }
  }
  yield joined.subarray(0, filled);
}

/**
 * Writes a safetensors file atomically: to a temporary file beside it, which is then renamed. A killed process leaves
 * the old file or the new one. It is not forced to the disk, which takes longer than a training step of a small model:
 * after a power cut a reader may find it damaged, and says so.
 *
 * @throws {Error} If a name occurs twice or a shape does not match its data, or the file cannot be written.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  await streamSafetensors(
    path,
    tensors.map((tensor) => headOf(path, tensor)),
    tensors.map(({ data }) => data),
    metadata,
  );
}

/**
 * The same for tensors that are never in memory all at once.
 *
 * @param data The elements of all tensors, in their order.
 * @throws {Error} As {@linkcode writeSafetensors} does, and what taking the data throws.
 */
export async function streamSafetensors(
  path: string,
  tensors: readonly TensorToCome[],
  data: Data,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): Promise<void> {
  const { header, length } = encodeHeader(path, tensors, metadata);
  const temporary = `${path}.partial`;
  try {
    using file = await Deno.open(temporary, { write: true, create: true, truncate: true });
    await writeAll(file, header);
    for await (const part of gathered(counted(data, length), length)) await writeAll(file, part);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw new Error(`${path}: cannot be written (${reasonOf(error)}).`, { cause: error });
  }
}

/**
 * Writes a safetensors file over what is there, in place. Unlike {@linkcode streamSafetensors} it makes no new file and
 * gives none back to the disk; a killed process leaves a mixture of old and new.
 *
 * @throws {Error} As {@linkcode streamSafetensors} does.
 */
export async function overwriteSafetensors(
  path: string,
  tensors: readonly TensorToCome[],
  data: Data,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): Promise<void> {
  const { header, length } = encodeHeader(path, tensors, metadata);
  try {
    using file = await Deno.open(path, { write: true, create: true });
    // Synchronous: for an asynchronous write the bytes are copied first, which takes longer than to write them.
    const write = (part: Uint8Array) => {
      for (let written = 0; written < part.length;) written += file.writeSync(part.subarray(written));
    };
    write(header);
    for await (const part of counted(data, length)) write(bytesOf(part));
    file.truncateSync(header.length + length);
  } catch (error) {
    throw new Error(`${path}: cannot be written (${reasonOf(error)}).`, { cause: error });
  }
}

/** The data, if they have as many bytes as the header says. */
async function* counted(data: Data, length: number): AsyncGenerator<TensorToWrite["data"]> {
  let bytes = 0;
  for await (const part of data) {
    bytes += part.byteLength;
    if (bytes > length) break;
    yield part;
  }
  if (bytes !== length) {
    throw new Error(
      `the data have ${bytes > length ? "more than " : ""}${Math.min(bytes, length)} bytes, the tensors ${length}`,
    );
  }
}

function headOf(path: string, { name, shape, data }: TensorToWrite): TensorToCome {
  if (lengthOf(shape) !== data.length) {
    throw new Error(`${path}: ${name} has ${data.length} elements, which do not fill the shape [${shape}].`);
  }
  return { name, shape, dtype: data instanceof Float32Array ? "F32" : data instanceof Uint32Array ? "U32" : "I64" };
}

function lengthOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function bytesOf(data: TensorToWrite["data"]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
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

async function readHeader(file: Deno.FsFile, path: string) {
  const fail = (reason: string): never => {
    throw new Error(`${path}: ${reason}.`);
  };
  const { size } = await file.stat();
  if (size < 8) fail(`it is not a safetensors file, or truncated: it has ${size} bytes`);
  const prefix = new Uint8Array(8);
  fill(file, prefix, path);
  const headerLength = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (headerLength < 2 || headerLength > LONGEST_HEADER) {
    fail(`it is not a safetensors file: its header would have ${headerLength} bytes`);
  }
  if (8 + headerLength > size) fail(`it is truncated: its header has ${headerLength} bytes, the file ${size}`);
  const bytes = new Uint8Array(headerLength);
  fill(file, bytes, path);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    fail("it is not a safetensors file: its header is not JSON");
  }
  if (!isRecord(header)) return fail("its header is not a JSON object");

  const { __metadata__: metadata = {}, ...described } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    fail("the __metadata__ of its header must hold strings only");
  }
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(described)) entries.set(name, parseEntry(name, value, fail));
  checkRanges(entries, size - 8 - headerLength, fail);
  return { entries, metadata: metadata as Record<string, string>, dataStart: 8 + headerLength };
}

function parseEntry(name: string, value: unknown, fail: (reason: string) => never): Entry {
  if (!isRecord(value)) return fail(`the header's entry of ${name} is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    return fail(`${name} has the unknown type ${JSON.stringify(dtype)}`);
  }
  if (!isCounts(shape)) return fail(`${name} has the wrong shape ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    return fail(`${name} has the wrong byte range ${JSON.stringify(offsets)}`);
  }
  const length = shape.reduce((product, size) => product * size, 1);
  const [begin, end] = offsets;
  if (end - begin !== length * ELEMENT_BYTES[dtype]) {
    return fail(`${name} of type ${dtype} and shape [${shape}] does not fit its range of ${end - begin} bytes`);
  }
  return { dtype, shape, length, begin, end };
}

/** The ranges must fill the data exactly: no overlap, no gap, nothing missing, nothing left over. */
function checkRanges(entries: Map<string, Entry>, dataLength: number, fail: (reason: string) => never): void {
  let previous = "", end = 0;
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin < end) fail(`the byte ranges of ${previous} and ${name} overlap`);
    if (entry.begin > end) fail(`there is a gap of ${entry.begin - end} bytes before ${name}`);
    if (entry.end > dataLength) {
      fail(`it is truncated: ${name} ends at byte ${entry.end} of the data, which has ${dataLength} bytes`);
    }
    [previous, end] = [name, entry.end];
  }
  if (end < dataLength) fail(`there are ${dataLength - end} bytes after its last tensor`);
}

/** The beginning of the file, and how many bytes of data follow. */
function encodeHeader(
  path: string,
  tensors: readonly TensorToCome[],
  metadata: Readonly<Record<string, string>>,
): { header: Uint8Array<ArrayBuffer>; length: number } {
  const described: Record<string, unknown> = { __metadata__: metadata };
  let begin = 0;
  for (const { name, dtype, shape } of tensors) {
    if (Object.hasOwn(described, name)) throw new Error(`${path}: ${name} is to be written twice.`);
    const end = begin + lengthOf(shape) * ELEMENT_BYTES[dtype];
    described[name] = { dtype, shape, data_offsets: [begin, end] };
    begin = end;
  }
  let text = JSON.stringify(described);
  const encoder = new TextEncoder();
  // Spaces so that the data start at a multiple of 8 bytes, as readers that map the file expect.
  text += " ".repeat((8 - encoder.encode(text).length % 8) % 8);
  const json = encoder.encode(text);
  const header = new Uint8Array(8 + json.length);
  new DataView(header.buffer).setBigUint64(0, BigInt(json.length), true);
  header.set(json, 8);
  return { header, length: begin };
}

async function readWeightMap(indexPath: string): Promise<[name: string, fileName: string][]> {
  let json: unknown;
  try {
    json = JSON.parse(await Deno.readTextFile(indexPath));
  } catch (error) {
    throw new Error(`${indexPath}: cannot be read (${reasonOf(error)}).`, { cause: error });
  }
  return weightMapOf(json, indexPath);
}

/** Which file holds which tensor, from the parsed index. */
function weightMapOf(json: unknown, source: string): [name: string, fileName: string][] {
  const map = isRecord(json) ? json.weight_map : undefined;
  if (!isRecord(map)) throw new Error(`${source}: it has no weight_map.`);
  return Object.entries(map).map(([name, fileName]) => {
    // A plain name only: an index from elsewhere must not open files outside its folder.
    if (typeof fileName !== "string" || !/^[^/\\]+\.safetensors$/.test(fileName)) {
      throw new Error(`${source}: it names the file ${JSON.stringify(fileName)} for ${name}.`);
    }
    return [name, fileName];
  });
}

async function open(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw new Error(`${path}: cannot be opened (${reasonOf(error)}).`, { cause: error });
  }
}

// Synchronous, so that seek and read of one tensor cannot interleave with those of another.
function fill(file: Deno.FsFile, bytes: Uint8Array<ArrayBuffer>, path: string): void {
  for (let filled = 0; filled < bytes.length;) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) throw new Error(`${path}: it ended ${bytes.length - filled} bytes too early.`);
    filled += count;
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

function missing(path: string, name: string): never {
  throw new Error(`${path}: it has no tensor ${name}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
