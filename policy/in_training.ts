/**
 * What weights in training can do, whatever computes them: the part that a policy and a critic of every back end share.
 *
 * @module
 */
import type { StepOptions } from "./policy.ts";

/** See `Policy` for what each does. */
export interface InTraining {
  /** Runs work after what was asked for before: buffers and gradient are shared. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  discardGradient(): void;
  step(options: StepOptions): Promise<{ norm: number }>;
  digest(): Promise<string>;
  save(path: string, options?: { optimizer?: boolean }): Promise<void>;
  checkpoint(file: string, options?: { optimizer?: boolean }): Promise<void>;
  restore(file: string): Promise<void>;
  dispose(): Promise<void>;
}
