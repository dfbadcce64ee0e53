/**
 * Counter-based random numbers (threefry-2x32, 20 rounds; Salmon et al., SC'11). Nothing draws from a shared
 * sequence: every number is a pure function of a seed and its coordinates, so a sample does not depend on batch order,
 * batch size, thread count or which algorithm runs. Additions, rotations and xors only, so that a WGSL kernel gives
 * the same bits.
 *
 * @example
 * ```ts
 * import { keyOf, uniform } from "@podium/rl/policy";
 * const key = keyOf(7, "rollout", 3, 12, 5); // seed, stream, step, prompt, sample
 * uniform(key, 0) === uniform(key, 0); // the first token's noise, always the same
 * ```
 *
 * @module
 */

const encoder = new TextEncoder();

/** 64 bits of key material. */
export type Key = readonly [high: number, low: number];

/** Rotations of the rounds. */
export const ROTATIONS: readonly number[] = [13, 15, 26, 6, 17, 29, 16, 24];

/** First counter word of uniform numbers. */
export const UNIFORM_STREAM = 0x554e4946;

/** One threefry-2x32 block of 20 rounds: two 32-bit words from a key and a counter. */
export function threefry(key: Key, counter0: number, counter1: number): [number, number] {
  // The schedule turns in three variables: an array for every block costs more than its rounds.
  let first = key[0] | 0, second = key[1] | 0, third = first ^ second ^ 0x1bd11bda;
  let x0 = (counter0 + first) | 0, x1 = (counter1 + second) | 0;
  for (let group = 0; group < 5; group++) {
    for (let round = 0; round < 4; round++) {
      const rotation = ROTATIONS[(group & 1) * 4 + round];
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    }
    const turned = first;
    first = second;
    second = third;
    third = turned;
    x0 = (x0 + first) | 0;
    x1 = (x1 + second + group + 1) | 0;
  }
  return [x0 >>> 0, x1 >>> 0];
}

/** A key from a seed and coordinates; integers and names of streams mix freely. Different paths give unrelated keys. */
export function keyOf(seed: number, ...coordinates: (number | string)[]): Key {
  let key: Key = [Math.floor(seed / 2 ** 32) | 0, seed | 0];
  for (const coordinate of coordinates) key = fold(key, coordinate);
  return key;
}

/** The key one coordinate further down the path. */
export function fold(key: Key, coordinate: number | string): Key {
  if (typeof coordinate === "number") return threefry(key, Math.floor(coordinate / 2 ** 32) | 0, coordinate | 0);
  const bytes = encoder.encode(coordinate);
  for (let index = 0; index < bytes.length; index++) key = threefry(key, 0x5354524d, bytes[index]);
  return key;
}

/** Uniform in the open interval (0, 1), a multiple of 2^-24 and therefore exact in float32. */
export function uniform(key: Key, index: number): number {
  return ((threefry(key, UNIFORM_STREAM, index)[0] >>> 9) + 0.5) * 2 ** -23;
}

/** Uniform integer in [0, bound). `bound` must be at most 2^23. */
export function integer(key: Key, index: number, bound: number): number {
  return Math.floor(uniform(key, index) * bound);
}
