/**
 * How many rows of a graph may be run together without any of them noticing.
 *
 * A graph that someone else made promises nothing. In most, rows of a matrix product are independent to the last bit; where
 * activations are quantised dynamically one scale serves all rows, and a row's numbers depend on its company. Which it is
 * shows when the graph is opened, by trying: the same rows among copies of themselves, and among others, in every size
 * that will be used.
 *
 * @module
 */
import { integer, keyOf } from "../random.ts";
import { type Cache, type Decoder, emptyCache, gather } from "./decoder.ts";

/** Sizes in which rows are run together. Never a single one: it takes another matrix kernel, and has other last bits. */
export const SIZES: readonly number[] = [2, 4, 8, 16];

/** A decoder, and what was found out about it. */
export interface ProbedDecoder extends Decoder {
  /**
   * The largest size in which rows are bit for bit what they are among copies of themselves; 1 if there is none, and
   * each row is run alone.
   */
  readonly together: number;
}

/** Finds out how many rows of a decoder may be run together. */
export async function probed(decoder: Decoder): Promise<ProbedDecoder> {
  return { ...decoder, together: await largestSize(decoder) };
}

async function largestSize({ signature: { slots, vocabularySize: width }, run, feed }: Decoder): Promise<number> {
  const contexts = [0, 1, 2].map((row) =>
    [0, 1, 2, 3].map((place) => integer(keyOf(0, "company", row), place, Math.min(width, 2 ** 23)))
  );
  const before: Cache[] = [];
  for (const context of contexts) before.push(await feed([context.slice(0, 3)], emptyCache(slots)));
  const rowsOf = async (members: readonly number[]): Promise<ArrayLike<number>[][]> => {
    const cache = gather(slots, members.map((member) => ({ cache: before[member], row: 0 })));
    const { logits, cache: after } = await run(members.map((member) => [contexts[member][3]]), cache);
    return members.map((_, row) => [
      logits.subarray(row * width, (row + 1) * width),
      ...gather(slots, [{ cache: after, row }]).parts,
    ]);
  };
  const alone: ArrayLike<number>[][] = [];
  for (const member of [0, 1, 2]) alone.push((await rowsOf([member, member]))[0]);
  let largest = 1;
  for (const size of SIZES) {
    // Of two rows every pair is tried, of more one order that has all of them at both ends.
    const orders = size === 2 ? [[0, 1], [1, 2], [2, 0]] : [Array.from({ length: size }, (_, row) => row % 3)];
    for (const members of orders) {
      const rows = await rowsOf(members);
      if (!rows.every((row, i) => row.every((numbers, part) => same(numbers, alone[members[i]][part])))) return largest;
    }
    largest = size;
  }
  return largest;
}

function same(left: ArrayLike<number>, right: ArrayLike<number>): boolean {
  for (let i = 0; i < left.length; i++) if (!Object.is(left[i], right[i])) return false;
  return left.length === right.length;
}
