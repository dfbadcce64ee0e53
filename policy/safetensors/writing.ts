/**
 * Writes safetensors files: whole, tensor by tensor, or over what a file holds.
 *
 * @module
 */
import { reasonOf } from "../reason.ts";
import { encodeHeader, lengthOf, type TensorToCome } from "./header.ts";

/** A tensor to write: the array's type decides the file's (F32, U32, I64). */
export interface TensorToWrite {
  /** Unique in the file. */
  name: string;
  /** Sizes of its dimensions, outermost first. */
  shape: readonly number[];
  /** Elements in row-major order. */
  data: Float32Array | Uint32Array | BigInt64Array;
}

/** Elements of tensors one after another, cut anywhere; a part holds until the next one is asked for. */
export type Data = Iterable<TensorToWrite["data"]> | AsyncIterable<TensorToWrite["data"]>;

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

function bytesOf(data: TensorToWrite["data"]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}
