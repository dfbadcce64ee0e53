/**
 * Cards that the documentation of one GPU speaks of. Figures are those of the makers' data sheets.
 *
 * @module
 */

/** A card. */
export interface Card {
  name: string;
  /** Its memory in gigabytes, as it is sold. */
  memory: number;
  /** Float32 operations per second, in units of 10^12, without tensor cores, which WebGPU has not. */
  teraflops: number;
  /** Bytes per second from and to its memory, in units of 10^9. */
  bandwidth: number;
}

/** One card of each size. */
export const CARDS: readonly Card[] = [
  { name: "GeForce RTX 4060", memory: 8, teraflops: 15.1, bandwidth: 272 },
  { name: "GeForce RTX 4060 Ti", memory: 16, teraflops: 22.1, bandwidth: 288 },
  { name: "GeForce RTX 4090", memory: 24, teraflops: 82.6, bandwidth: 1008 },
  { name: "H100 SXM", memory: 80, teraflops: 66.9, bandwidth: 3350 },
];
