/**
 * Which files an ONNX file keeps weights in beside itself, read from the file: without them it can't be opened, what the
 * policy is depends on their bytes, and of a repository only they are fetched.
 *
 * A walk through the protocol buffers that passes over everything else unread, so that two gigabytes of weights take no
 * longer than two kilobytes.
 *
 * @module
 */
import { reasonOf } from "../reason.ts";

/** The messages of onnx.proto on the way to a tensor, with the fields that hold further ones. */
const MESSAGES = {
  model: { 7: "graph", 25: "function" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  function: { 7: "node" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: { 13: "entry" },
  entry: {},
} as const;

type Message = keyof typeof MESSAGES;

/** Bytes that are read at a time. */
const BLOCK = 1 << 16;

/**
 * Names of the files, relative to the folder of the ONNX file, in alphabetical order; none for most files.
 *
 * @throws {Error} one sentence naming the file, if it can't be read, is no ONNX file, or names a file elsewhere
 */
export function externalDataOf(path: string): string[] {
  const found = new Set<string>();
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true });
  } catch (error) {
    throw new Error(`${path}: cannot be read (${reasonOf(error)}).`, { cause: error });
  }
  using bytes = bytesOf(file, path);
  let graphs = 0;

  function walk(message: Message, end: number): void {
    let key = "", value = "";
    while (bytes.at < end) {
      const tag = bytes.varint(), field = Math.floor(tag / 8), kind = tag % 8;
      if (field < 1) bytes.refuse();
      if (kind === 0) bytes.varint();
      else if (kind === 1) bytes.skip(8);
      else if (kind === 5) bytes.skip(4);
      else if (kind === 2) {
        const length = bytes.varint(), inner = (MESSAGES[message] as Record<number, Message>)[field];
        if (bytes.at + length > end) bytes.refuse();
        if (message === "model" && inner === "graph") graphs++;
        if (message === "entry" && field === 1) key = bytes.text(length);
        else if (message === "entry" && field === 2) value = bytes.text(length);
        else if (inner) walk(inner, bytes.at + length);
        else bytes.skip(length);
      } else bytes.refuse();
    }
    if (bytes.at !== end) bytes.refuse();
    if (key === "location") found.add(value);
  }

  walk("model", bytes.size);
  if (graphs === 0) bytes.refuse();
  const elsewhere = [...found].find((name) => /^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)/i.test(name) || name === "");
  if (elsewhere !== undefined) {
    throw new Error(`${path}: it keeps weights in ${JSON.stringify(elsewhere)}, which is not beside it.`);
  }
  return [...found].sort();
}

/** The bytes of a file from any place on. */
function bytesOf(file: Deno.FsFile, path: string) {
  const size = file.statSync().size, block = new Uint8Array(BLOCK);
  let start = 0, filled = 0;
  const bytes = {
    size,
    at: 0,
    refuse(): never {
      throw new Error(`${path}: it is no ONNX file, or not all of it is there (${size} bytes); get it again.`);
    },
    byte(): number {
      if (bytes.at >= size) bytes.refuse();
      if (bytes.at < start || bytes.at >= start + filled) {
        file.seekSync(start = bytes.at, Deno.SeekMode.Start);
        filled = file.readSync(block) ?? bytes.refuse();
      }
      return block[bytes.at++ - start];
    },
    varint(): number {
      let value = 0;
      for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
        const byte = bytes.byte();
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
      return bytes.refuse();
    },
    skip(length: number): void {
      bytes.at += length;
      if (bytes.at > size) bytes.refuse();
    },
    text(length: number): string {
      if (length > 4096) bytes.refuse();
      return new TextDecoder().decode(Uint8Array.from({ length }, bytes.byte));
    },
    [Symbol.dispose]: () => file.close(),
  };
  return bytes;
}
