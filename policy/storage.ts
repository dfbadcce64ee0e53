/**
 * Where a policy's numbers go: their digest, and the directory they are saved to. Apart from the back ends because a
 * browser, where one of them runs too, has neither.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type PolicyDirectory, writeDirectory } from "./directory.ts";
import type { AdapterState } from "./resuming.ts";
import { type OptimizerState, readState, type StateSize, type TrainingState, writeState } from "./state.ts";

/** What resuming needs beside the weights: the optimizer's state, or adapters, whose sum is then in the weights. */
export type Resume = { optimizer: OptimizerState } | { adapters: AdapterState };

/** The means of a back end to name and keep what it trained. */
export interface Storage {
  /**
   * SHA-256 (hex) of the weights, both moments and the number of steps; the same for equal numbers, whatever computed them
   * and however they are cut into parts.
   */
  digest(numbers: Iterable<Float32Array> | AsyncIterable<Float32Array>, step: number): Promise<string>;
  /** Writes a policy's directory atomically. */
  save(path: string, weights: Float32Array, resume?: Resume): Promise<void>;
  /** Writes a state over what a file holds. */
  checkpoint(file: string, state: TrainingState): void;
  /** Reads a state of some size; without optimizer state, one that starts anew. */
  restore(file: string, size: StateSize): Promise<Required<TrainingState>>;
}

/** Storage for a policy that came from a directory: what goes with the weights stays with them. */
export function storageOf(
  { config, stopTokens, companions }: Pick<PolicyDirectory, "config" | "stopTokens" | "companions">,
): Storage {
  return {
    async digest(numbers, step) {
      const hash = createHash("sha256");
      for await (const part of numbers) {
        hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      }
      return hash.update(`${step}`).digest("hex");
    },
    save: (path, weights, resume) =>
      writeDirectory(path, { config, weights, stopTokens, files: companions, ...resume }),
    checkpoint: writeState,
    async restore(file, size) {
      const { weights, optimizer } = await readState(file, size), zeros = () => new Float32Array(size.trained);
      return { weights, optimizer: optimizer ?? { firstMoment: zeros(), secondMoment: zeros(), step: 0 } };
    },
  };
}
