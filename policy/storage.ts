/**
 * Where a policy's numbers go: their digest, and the directory they are saved to. Apart from the back ends because a
 * browser, where one of them runs too, has neither.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type AdaptersToWrite, type PolicyDirectory, writeDirectory } from "./directory.ts";
import {
  openState,
  type OptimizerState,
  type StateSize,
  type TrainingState,
  writeState,
  type Written,
} from "./state.ts";
import type { WeightStream } from "./weights.ts";

/** What goes beside the weights: the optimizer's state, with which training can go on; adapters, whose sum is in them. */
export interface Beside {
  optimizer?: OptimizerState<Written>;
  adapters?: Omit<AdaptersToWrite, "base">;
}

/** What a policy's directory held beside its numbers. */
export type Origin = Pick<PolicyDirectory, "config" | "stopTokens" | "tokenIds" | "companions" | "base">;

/** The means of a back end to name and keep what it trained. */
export interface Storage {
  /**
   * SHA-256 (hex) of the weights, both moments and the number of steps; the same for equal numbers, whatever computed them
   * and however they are cut into parts.
   */
  digest(numbers: Iterable<Float32Array> | AsyncIterable<Float32Array>, step: number): Promise<string>;
  /** Writes a policy's directory atomically. */
  save(path: string, weights: Written, beside?: Beside): Promise<void>;
  /** Writes a state over what a file holds. */
  checkpoint(file: string, state: TrainingState<Written>): Promise<void>;
  /** Opens a state of some size. */
  restore(file: string, size: StateSize): Promise<TrainingState<WeightStream> & Disposable>;
}

/** Storage for a policy that came from a directory: what goes with the weights stays with them. */
export function storageOf({ config, stopTokens, tokenIds, companions, base = { name: null } }: Origin): Storage {
  return {
    async digest(numbers, step) {
      const hash = createHash("sha256");
      for await (const part of numbers) {
        hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      }
      return hash.update(`${step}`).digest("hex");
    },
    save: (path, weights, { optimizer, adapters } = {}) =>
      writeDirectory(path, {
        config,
        weights,
        stopTokens,
        tokenIds,
        files: companions,
        optimizer,
        ...adapters && { adapters: { ...adapters, base } },
      }),
    checkpoint: writeState,
    restore: openState,
  };
}
