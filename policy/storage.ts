/**
 * Where a policy's numbers go: their digest, and the directory they are saved to. Apart from the back ends because a
 * browser, where one of them runs too, has neither.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type PolicyDirectory, writeDirectory } from "./directory.ts";
import { parameterCount } from "./model/config.ts";
import { type OptimizerState, readState, type TrainingState, writeState } from "./state.ts";

/** The means of a back end to name and keep what it trained. */
export interface Storage {
  /** SHA-256 (hex) of the weights and the optimizer state; the same for equal numbers, whatever computed them. */
  digest(state: Required<TrainingState>): string;
  /** Writes a policy's directory atomically; without optimizer state if there is none. */
  save(path: string, weights: Float32Array, optimizer?: OptimizerState): Promise<void>;
  /** Writes a state over what a file holds. */
  checkpoint(file: string, state: TrainingState): void;
  /** Reads a state that fits the policy; without optimizer state, one that starts anew. */
  restore(file: string): Promise<Required<TrainingState>>;
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
    checkpoint: writeState,
    async restore(file) {
      const count = parameterCount(config), { weights, optimizer } = await readState(file, count);
      const fresh = () => ({ firstMoment: new Float32Array(count), secondMoment: new Float32Array(count), step: 0 });
      return { weights, optimizer: optimizer ?? fresh() };
    },
  };
}
