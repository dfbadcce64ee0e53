/**
 * Operations that move rows: nothing is rounded, except in the embedding's gradient, which sums equal tokens' rows.
 *
 * @module
 */
import type { Exact } from "./exact.ts";
import { sumInOrder } from "./sums.ts";

/** Of `embed`: the rows of equal tokens are summed in the order of the stream, from 0. */
export const exactEmbed: Exact<{ width: number }> = {
  forward: ([tokens, table], { width }) =>
    Float32Array.from(
      { length: tokens.data.length * width },
      (_, i) => table.data[tokens.data[Math.floor(i / width)] * width + i % width],
    ),
  backward([tokens, table], gradient, { width }) {
    const rowsOf = Map.groupBy(tokens.data.keys(), (row) => tokens.data[row]);
    const dtable = table.data.map((_, at) => {
      const rows = rowsOf.get(Math.floor(at / width)) ?? [];
      return sumInOrder(rows.length, (n) => gradient[rows[n] * width + at % width]);
    });
    return [null, dtable];
  },
};

/** Of `tail`. */
export const exactTail: Exact<Record<string, never>> = {
  forward: ([x, rows]) => x.data.slice(x.data.length - rows.shape[0] * x.shape[1]),
  backward([x], gradient) {
    const dx = new Float32Array(x.data.length);
    dx.set(gradient, dx.length - gradient.length);
    return [dx];
  },
};

/** Of `write_rows`. */
export const exactWriteRows: Exact<Record<string, never>> = {
  forward([x, slots, cache]) {
    const width = x.shape[1], out = cache.data.slice();
    slots.data.forEach((slot, row) => out.set(x.data.subarray(row * width, (row + 1) * width), slot * width));
    return out;
  },
};
