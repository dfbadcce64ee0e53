/**
 * Weights, their gradient and AdamW's moments on the device.
 *
 * They lie in shards, buffers that a kernel can bind whole; each tensor starts at a multiple of 256 bytes. A matrix
 * larger than a shard is cut by rows. Matrices and vectors have shards of their own, since weight decay applies to
 * matrices only; so have weights that adapters stand beside, of which there is nothing but the weights. The cut depends on the shape of the model alone, never on the adapter: sums follow it.
 *
 * @module
 */
import { type ModelConfig, parameterCount, parameterSlots } from "../model/config.ts";
import { isTrained } from "../model/lora.ts";
import { type Gpu, MAX_BINDING, type Region } from "./device.ts";
import type { Matrix } from "./plan.ts";

/** The kinds of numbers. */
export const KINDS = ["weights", "gradient", "m", "v"] as const;

/** The numbers kept for each weight. */
export type Kind = typeof KINDS[number];

/** One buffer for each kind, as vectors [1, length]. */
export interface Shard extends Record<Kind, Matrix> {
  /** Whether weight decay applies. */
  decays: boolean;
}

/** A shard, or one of weights that are not trained. */
type Buffers = Pick<Shard, "weights" | "decays"> & Partial<Shard>;

/** All parameters of a model. */
export interface Parameters {
  /** Those that are trained. */
  readonly shards: readonly Shard[];
  /** How many numbers are trained. */
  readonly trained: number;
  /** Bytes of all numbers of a kind. */
  bytes(kind: Kind): number;
  /** A tensor, by its Hugging Face name; vectors are rows. */
  get(kind: Kind, name: string): Matrix;
  /**
   * Replaces numbers of a kind from the one numbered `first` (default 0) on, given in the order of `parameterSlots`: of all
   * weights, or of what there is per trained one.
   */
  write(kind: Kind, numbers: Float32Array, first?: number): void;
  /** All numbers of a kind, in that order, some at a time. */
  inOrder(kind: Kind): AsyncIterable<Float32Array>;
  /** All numbers of a kind, in that order. */
  read(kind: Kind): Promise<Float32Array>;
  /** Sets all numbers of a kind to 0. */
  clear(kind: Kind): void;
  /** Frees the buffers. */
  dispose(): void;
}

/** Where a run of whole rows of a tensor lies. Lengths and offsets are numbers of elements. */
interface Piece {
  name: string;
  rows: number;
  width: number;
  /** Place in the flat order, and in its shard. */
  from: number;
  shard: number;
  offset: number;
}

/** Elements between possible starts of tensors. */
const ALIGNMENT = 64;

/** Bytes that are copied out at once: what one wait costs should not show, nor should the copy in memory. */
const DOWNLOAD_SLICE = 2 ** 26;

/** How parameters are kept. */
export interface ParameterOptions {
  /** Largest shard in bytes; other than default for tests. */
  limit?: number;
  /** Nothing is trained: there is no gradient, and the moments are 0. Default false. */
  frozen?: boolean;
}

/** Allocates the parameters of a model, all 0. */
export function createParameters(
  gpu: Gpu,
  config: ModelConfig,
  { limit = MAX_BINDING, frozen = false }: ParameterOptions = {},
): Parameters {
  const { pieces, lengths } = place(config, limit / 4), own = parameterCount({ ...config, lora: undefined });
  const vector = (length: number): Matrix => ({
    buffer: gpu.buffer(length * 4),
    offset: 0,
    rows: 1,
    width: length,
    type: "f32",
  });
  const shards = lengths.map(({ length, decays, trained }): Buffers => ({
    decays,
    weights: vector(length),
    ...trained && !frozen && { gradient: vector(length), m: vector(length), v: vector(length) },
  }));
  const count = parameterCount(config), first = config.lora ? own : 0;
  /** Index of the first number of a kind, and the pieces there are of it. */
  const kept = (kind: Kind) => ({
    start: kind === "weights" ? 0 : first,
    own: pieces.filter(({ shard }) => shards[shard][kind]),
  });
  async function* inOrder(kind: Kind) {
    if (frozen && kind !== "weights") {
      for (const { rows, width, from } of pieces) if (from >= first) yield new Float32Array(rows * width);
      return;
    }
    let regions: Region[] = [], total = 0;
    for (const { rows, width, shard, offset } of kept(kind).own) {
      const size = rows * width * 4;
      if (total > 0 && total + size > DOWNLOAD_SLICE) {
        for (const copy of await gpu.download(regions)) yield new Float32Array(copy);
        [regions, total] = [[], 0];
      }
      regions.push({ buffer: shards[shard][kind]!.buffer, offset: offset * 4, size });
      total += size;
    }
    for (const copy of await gpu.download(regions)) yield new Float32Array(copy);
  }
  return {
    shards: shards.filter((shard): shard is Shard => shard.gradient !== undefined),
    trained: count - first,
    bytes: (kind) => shards.reduce((sum, { [kind]: matrix }) => sum + (matrix?.buffer.size ?? 0), 0),
    get(kind, name) {
      const parts = pieces.filter((piece) => piece.name === name).map(({ rows, width, shard, offset }): Matrix => ({
        buffer: shards[shard][kind]!.buffer,
        offset: offset * 4,
        rows,
        width,
        type: "f32",
      }));
      if (parts.length === 1) return parts[0];
      return { ...parts[0], rows: parts.reduce((sum, { rows }) => sum + (rows as number), 0), parts };
    },
    write(kind, numbers, first = 0) {
      const { start, own } = kept(kind), begin = start + first, end = begin + numbers.length;
      for (const { rows, width, from, shard, offset } of own) {
        const low = Math.max(from, begin), high = Math.min(from + rows * width, end);
        if (low >= high) continue;
        gpu.upload(shards[shard][kind]!.buffer, numbers.subarray(low - begin, high - begin), (offset + low - from) * 4);
      }
    },
    inOrder,
    async read(kind) {
      const numbers = new Float32Array(count - kept(kind).start);
      let at = 0;
      for await (const piece of inOrder(kind)) {
        numbers.set(piece, at);
        at += piece.length;
      }
      return numbers;
    },
    dispose() {
      for (const shard of shards) {
        for (const kind of KINDS) {
          const { buffer } = shard[kind] ?? {};
          if (buffer) gpu.free(buffer);
        }
      }
    },
    clear: (kind) =>
      gpu.submit((encoder) => shards.forEach(({ [kind]: matrix }) => matrix && encoder.clearBuffer(matrix.buffer))),
  };
}

function place(
  config: ModelConfig,
  limit: number,
): { pieces: Piece[]; lengths: { length: number; decays: boolean; trained: boolean }[] } {
  const pieces: Piece[] = [], lengths: { length: number; decays: boolean; trained: boolean }[] = [];
  for (const { name, shape, offset: from } of parameterSlots(config).values()) {
    const [height, width] = shape.length === 1 ? [1, shape[0]] : shape;
    const decays = shape.length > 1, trained = isTrained(config, name);
    // Every part must be able to start where a kernel can bind it.
    const most = Math.max(ALIGNMENT, Math.floor(limit / width / ALIGNMENT) * ALIGNMENT);
    for (let first = 0; first < height; first += most) {
      const rows = Math.min(most, height - first), length = Math.ceil(rows * width / ALIGNMENT) * ALIGNMENT;
      let shard = lengths.findLastIndex((other) => other.decays === decays && other.trained === trained);
      if (shard < 0 || lengths[shard].length + length > limit) {
        shard = lengths.push({ length: 0, decays, trained }) - 1;
      }
      pieces.push({ name, rows, width, from: from + first * width, shard, offset: lengths[shard].length });
      lengths[shard].length += length;
    }
  }
  return { pieces, lengths };
}
