import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { arrayOf, firstOf, followedBy, piecesOf, type WeightStream } from "./weights.ts";

const NUMBERS = Float32Array.from({ length: 10 }, (_, index) => index);

/** The numbers in pieces, which share an array as those of a file do. */
function cut(size: number): WeightStream {
  const buffer = new Float32Array(size);
  return {
    length: NUMBERS.length,
    *pieces() {
      for (let offset = 0; offset < NUMBERS.length; offset += size) {
        const part = NUMBERS.subarray(offset, offset + size);
        buffer.set(part);
        yield { offset, numbers: buffer.subarray(0, part.length) };
      }
    },
  };
}

Deno.test("weights in pieces are the weights, cut and followed by others anywhere", () => {
  const more = Float32Array.of(-1, -2);
  for (const weights of [NUMBERS, cut(1), cut(3), cut(10)]) {
    deepStrictEqual(arrayOf(weights), NUMBERS);
    for (const length of [0, 1, 3, 7, 10]) {
      const first = firstOf(weights, length), all = followedBy(first, more);
      deepStrictEqual(arrayOf(first), NUMBERS.slice(0, length));
      strictEqual(all.length, length + 2);
      deepStrictEqual(arrayOf(all), Float32Array.of(...NUMBERS.slice(0, length), ...more));
      const taken = [...piecesOf(first)].reduce((sum, { numbers }) => sum + numbers.length, 0);
      strictEqual(taken, length, "no piece is handed over that is not asked for");
    }
  }
  strictEqual(arrayOf(NUMBERS), NUMBERS, "an array is not copied");
});
