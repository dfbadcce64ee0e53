/**
 * Runs a decoder with a cache: tokens go in behind what the cache holds, logits and the longer cache come out.
 *
 * All rows of a run are equally long and no token is padding: the mask is all ones. So nothing depends on how a graph
 * treats padding, which exporters disagree about (some want it on the left, some on the right).
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { ids, sessionOptions } from "../cpu/session.ts";
import type { OnnxFiles } from "./files.ts";
import { type CacheSlot, type Signature, signatureOf } from "./signature.ts";

/** Keys and values of some rows that are equally long. */
export interface Cache {
  /** Number of rows. */
  readonly rows: number;
  /** Tokens that each of them has. */
  readonly length: number;
  /** One for each slot of the signature: [rows, heads, length, size]; float16 as its 16 bits. */
  readonly parts: readonly (Float32Array | Uint16Array)[];
}

/** Errors are thrown, and need no red line beside. */
const SILENT = { logSeverityLevel: 4 } as const;

/** A decoder. */
export interface Decoder {
  readonly signature: Signature;
  /**
   * Feeds the same number of tokens to each row of a cache.
   *
   * @returns The logits behind each of them [rows, tokens, V], and the longer cache.
   */
  run(tokens: readonly (readonly number[])[], past: Cache): Promise<{ logits: Float32Array; cache: Cache }>;
  /** The same where only the cache is wanted. */
  feed(tokens: readonly (readonly number[])[], past: Cache): Promise<Cache>;
  dispose(): Promise<void>;
}

/**
 * Opens a graph.
 *
 * @throws {Error} one sentence, if onnxruntime can't, or the graph is not understood
 */
export async function openDecoder(files: OnnxFiles, threads: number): Promise<Decoder> {
  const { path, config } = files;
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(path, { ...sessionOptions(threads), ...SILENT });
  } catch (error) {
    throw new Error(`${path}: onnxruntime can't open it (${said(error)}).`, { cause: error });
  }
  try {
    const signature = signatureOf(path, session.inputMetadata, session.outputMetadata, config);
    const run = runner(session, signature, path);
    return {
      signature,
      async run(tokens, past) {
        const { logits, cache } = await run(tokens, past, true);
        return { logits: logits!, cache };
      },
      feed: async (tokens, past) => (await run(tokens, past, false)).cache,
      dispose: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** What onnxruntime says of an error, in one line. */
const said = (error: unknown) => (error as Error).message.replace(/\s+/g, " ").replace(/\.$/, "");

function runner(session: ort.InferenceSession, signature: Signature, path: string) {
  const { slots, positions, keepsLast, vocabularySize } = signature, presents = slots.map(({ present }) => present);
  return async (tokens: readonly (readonly number[])[], past: Cache, wanted: boolean) => {
    const rows = tokens.length, fed = tokens[0].length, length = past.length + fed;
    const places = tokens.flatMap((row) => row.map((_, i) => past.length + i));
    const feeds: Record<string, object> = {
      input_ids: { ...ids(tokens.flat()), dims: [rows, fed] },
      attention_mask: { ...ids(new Int32Array(rows * length).fill(1)), dims: [rows, length] },
      ...positions && { position_ids: { ...ids(places), dims: [rows, fed] } },
      ...keepsLast && { num_logits_to_keep: { ...ids([wanted ? 0 : 1]), dims: [] } },
    };
    slots.forEach(({ past: name, type, heads, size }, i) => {
      feeds[name] = { type, data: past.parts[i], dims: [rows, heads, past.length, size], location: "cpu" };
    });
    const outputs = await session.run(
      feeds as Record<string, ort.Tensor>,
      wanted ? ["logits", ...presents] : presents,
      SILENT,
    ).catch((error) => {
      throw new Error(`${path}: onnxruntime can't run it (${said(error)}).`, { cause: error });
    });
    const numbers = (name: string, due: readonly number[]) => {
      const { dims, data } = outputs[name];
      if (dims.length === due.length && due.every((size, i) => size === dims[i])) return data;
      throw new Error(`${path}: its output ${name} is [${dims}] where [${due}] is due; choose another file.`);
    };
    return {
      logits: wanted ? float32(numbers("logits", [rows, fed, vocabularySize])) : undefined,
      cache: {
        rows,
        length,
        parts: slots.map(({ present, heads, size }) => bitsOf(numbers(present, [rows, heads, length, size]))),
      },
    };
  };
}

function float32(data: ort.Tensor["data"]): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data as unknown as ArrayLike<number>);
}

/** Numbers as the binding takes them: it gives float16 as Float16Array, and takes it as its bits alone. */
function bitsOf(data: ort.Tensor["data"]): Float32Array | Uint16Array {
  if (data instanceof Float32Array) return data;
  const { buffer, byteOffset, length } = data as Uint16Array;
  return new Uint16Array(buffer, byteOffset, length);
}

/** A row that has no tokens yet. */
export function emptyCache(slots: readonly CacheSlot[]): Cache {
  return { rows: 1, length: 0, parts: slots.map((slot) => empty(slot, 0)) };
}

/** A cache of rows of others that are equally long, in this order. */
export function gather(slots: readonly CacheSlot[], rows: readonly { cache: Cache; row: number }[]): Cache {
  const { length } = rows[0].cache;
  const parts = slots.map((slot, part) => {
    const size = slot.heads * length * slot.size, out = empty(slot, rows.length * size);
    rows.forEach(({ cache, row }, b) => out.set(cache.parts[part].subarray(row * size, (row + 1) * size), b * size));
    return out;
  });
  return { rows: rows.length, length, parts };
}

function empty({ type }: CacheSlot, length: number): Float32Array | Uint16Array {
  return type === "float32" ? new Float32Array(length) : new Uint16Array(length);
}
