/**
 * Puts rows into a cache: `cache[slots[i]] = x[i]`, in place. Keys and values of the tokens so far, in decoding.
 *
 * For the GPU only; on the CPU the cache is written from outside the graph.
 *
 * @module
 */
import type { Op } from "./op.ts";

/** Inputs: x [N, D], slots [N] (rows of the cache, all different), cache [S, D]. Output: the cache. */
export const writeRows: Op<Record<string, never>> = {
  name: "write_rows",
  shape: ([, , cache]) => cache,
  forward([x, slots, cache]) {
    const width = x.shape[1], out = { shape: cache.shape, data: cache.data.slice() };
    slots.data.forEach((slot, i) => out.data.set(x.data.subarray(i * width, (i + 1) * width), slot * width));
    return out;
  },
  wgsl(plan, [x, slots, cache]) {
    plan.elementwise("write rows", {
      read: { x, slots },
      write: { cache },
      domain: x,
      body: "cache[slots[row] * sizes.domainWidth + column] = x[i];",
    });
    return { output: cache };
  },
};
