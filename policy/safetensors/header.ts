/**
 * The header of a safetensors file: checked completely before any tensor is read, so that a truncated or damaged file is
 * refused with a sentence that names it.
 *
 * @module
 */

/** One tensor of an open file. */
export interface TensorInfo {
  /** Type as the file names it: "F32", "F16", "BF16", "I64" ... */
  dtype: string;
  /** Sizes of its dimensions, outermost first; empty for a scalar. */
  shape: readonly number[];
  /** Number of elements. */
  length: number;
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

/** A tensor and its bytes in the data of the file. */
export interface Entry extends TensorInfo {
  begin: number;
  end: number;
}

/** Bytes of a number, by type. */
export const ELEMENT_BYTES: Record<string, number> = {
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

/** What a file holds, checked, and where its data begin. */
export async function readHeader(file: Deno.FsFile, path: string) {
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
export function encodeHeader(
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

/** Numbers of a tensor of this shape. */
export function lengthOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Fills the bytes from where the file stands. */
// Synchronous, so that seek and read of one tensor cannot interleave with those of another.
export function fill(file: Deno.FsFile, bytes: Uint8Array<ArrayBuffer>, path: string): void {
  for (let filled = 0; filled < bytes.length;) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) throw new Error(`${path}: it ended ${bytes.length - filled} bytes too early.`);
    filled += count;
  }
}

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
