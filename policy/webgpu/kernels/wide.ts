/**
 * Integers for kernels: 64-bit sums and products as (low, high) words, and the random numbers of `random.ts`.
 *
 * Sums of integers do not depend on their order, so they need no fixed tree, and atomics may add them.
 *
 * @module
 */
import { ROTATIONS, UNIFORM_STREAM } from "../../random.ts";

/**
 * WGSL text: `wide_add`, `wide_subtract`, `wide_less`, `wide_product(a, b)` of two words and `wide_share(m, w)`,
 * which is `m · w / 2^24` and whether something was cut off, for m ≤ 2^24 and w < 2^56.
 */
export const WIDE = `
fn wide_add(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let low = a.x + b.x;
  return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x));
}
fn wide_subtract(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  return vec2<u32>(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x));
}
fn wide_less(a: vec2<u32>, b: vec2<u32>) -> bool { return a.y < b.y || (a.y == b.y && a.x < b.x); }
fn wide_product(a: u32, b: u32) -> vec2<u32> {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);
  return vec2<u32>(a * b, (a >> 16u) * (b >> 16u) + (cross >> 16u) + (other >> 16u));
}
struct Share { whole: vec2<u32>, cut: bool }
fn wide_share(m: u32, w: vec2<u32>) -> Share {
  let below = wide_product(m, w.x & 0xffffffu);
  let above = wide_product(m, (w.x >> 24u) | (w.y << 8u));
  let carried = vec2<u32>((below.x >> 24u) | (below.y << 8u), below.y >> 24u);
  return Share(wide_add(above, carried), (below.x & 0xffffffu) != 0u);
}
`;

/** WGSL text that adds the word `value` to the workgroup's 64-bit sum `low[at]`, `high[at]`, both arrays of atomics. */
export function addAtomically(low: string, high: string, at: string, value: string): string {
  return `
    {
      let added = ${value};
      let before = atomicAdd(&${low}[${at}], added);
      if (before + added < before) { atomicAdd(&${high}[${at}], 1u); }
    }`;
}

/** WGSL text: `noise(key, index)` is the odd number `uniform(key, index) · 2^24`. */
export const NOISE = `
fn rotated(x: u32, by: u32) -> u32 { return (x << by) | (x >> (32u - by)); }
fn noise(key: vec2<u32>, index: u32) -> u32 {
  let third = key.x ^ key.y ^ 0x1bd11bdau;
  var x = ${UNIFORM_STREAM}u + key.x;
  var y = index + key.y;
  ${
  Array.from({ length: 5 }, (_, group) => {
    const rounds = Array.from({ length: 4 }, (_, round) => `
  x = x + y;
  y = rotated(y, ${ROTATIONS[group % 2 * 4 + round]}u) ^ x;`);
    const schedule = ["key.x", "key.y", "third"];
    return `${rounds.join("")}
  x = x + ${schedule[(group + 1) % 3]};
  y = y + ${schedule[(group + 2) % 3]} + ${group + 1}u;`;
  }).join("")
}
  return 2u * (x >> 9u) + 1u;
}
`;
