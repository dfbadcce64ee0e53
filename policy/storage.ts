/**
 * Where a policy's numbers go: their digest, and the directory they are saved to. Apart from the back ends because a
 * browser, where one of them runs too, has neither.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type OptimizerState, type PolicyDirectory, writeDirectory } from "./directory.ts";

/** What is trained, in the order of `parameterSlots`. */
export interface TrainedState {
  weights: Float32Array;
  optimizer: OptimizerState;
}

/** The means of a back end to name and keep what it trained. */
export interface Storage {
  /** SHA-256 (hex) of the weights and the optimizer state; the same for equal numbers, whatever computed them. */
  digest(state: TrainedState): string;
  /** Writes a policy's directory atomically; without optimizer state if there is none. */
  save(path: string, weights: Float32Array, optimizer?: OptimizerState): Promise<void>;
}

/** Storage for a policy that came from a directory: what goes with the weights stays with them. */
export function storageOf({ config, stopTokens, companions }: PolicyDirectory): Storage {
  return {
    digest({ weights, optimizer: { firstMoment, secondMoment, step } }) {
      const hash = createHash("sha256");
      for (const part of [weights, firstMoment, secondMoment]) {
        hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      }
      return hash.update(`${step}`).digest("hex");
    },
    save: (path, weights, optimizer) =>
      writeDirectory(path, { config, weights, stopTokens, files: companions, optimizer }),
  };
}
