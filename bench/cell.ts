/**
 * A cell: one algorithm with its options, one task and its data, one policy, one seed, one back end. Its id is the hash
 * of exactly that, so equal cells share a record wherever and whenever they run.
 *
 * @module
 */
import type { LoraOptions } from "../policy/mod.ts";
import { canonical, sha256 } from "./canonical.ts";
import type { ReflectorSource } from "./context/reflector.ts";
import type { CellMemory } from "./memory/plan.ts";
import type { Evaluation, Gates, SuiteAlgorithm, Training } from "./suite.ts";

/** Version of the meaning of a cell's fields, of a step and of its record; a change makes new cells. */
export const cellFormat = 4;

/** Everything that decides the numbers of a run. */
export interface CellIdentity {
  /** {@linkcode cellFormat}. */
  format: typeof cellFormat;
  /** Registry name and all options after defaults and presets. */
  algorithm: { name: string; options: Readonly<Record<string, unknown>> };
  /** The task, hashes of its data, and a hash of prompts as text and tokens. */
  task: { name: string; train: string; test: string; prompts: string };
  /**
   * Hash of the starting weights, what computes them, the adapters that are trained in their place, if any, whether
   * responses are drawn with rounded ones, and the most rows of a run of training where a limit of memory made them
   * fewer.
   */
  policy: {
    digest: string;
    backend: string;
    lora?: Required<LoraOptions>;
    rolloutWeights?: "f16";
    runs?: { tokens: number; scored: number };
  };
  /** Seed of problems and noise. */
  seed: number;
  /** Training settings. */
  training: Training;
  /** Evaluation settings. */
  evaluation: Evaluation;
  /** Limits. */
  gates: Gates;
  /** Where a prompt is learned: who reflects, from how many problems, and how a prompt is written. */
  context?: { reflector: string; problems: number; prompt: string };
}

/** Where the parts of a cell are read from; not part of its identity. */
export interface CellSources {
  /** The algorithm as the suite names it: only the options that were set. */
  algorithm: Pick<SuiteAlgorithm, "name" | "preset" | "options">;
  /** The suite's policy; one of the hub by its commit. */
  policy: string;
  /** Environment variable with the key of a policy behind an endpoint; absent: none is sent. */
  policyKey?: string;
  /** The task's training source; absent: embedded. */
  train?: string;
  /** The task's held-out source; absent: embedded. */
  test?: string;
  /** The model that reflects, where a prompt is learned; absent: the embedded rules. */
  reflector?: ReflectorSource;
  /** Whether training problems that share text with the held-out ones were dropped. */
  decontaminate?: boolean;
  /** Whether a GPU computes values twice to need less memory. */
  recompute?: boolean;
  /** On a GPU, the memory that was planned. */
  memory?: CellMemory;
}

/** A cell as written to `cell.json`. */
export interface Cell {
  /** 16 hex digits that name the cell and its directory. */
  id: string;
  /** What decides its numbers. */
  identity: CellIdentity;
  /** Where its parts are read from. */
  sources: CellSources;
}

/** The cell of an identity. */
export function cellOf(identity: CellIdentity, sources: CellSources): Cell {
  return { id: sha256(canonical(identity)).slice(0, 16), identity, sources };
}
