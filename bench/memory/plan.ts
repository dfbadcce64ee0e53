/**
 * The memory of a GPU that the cells of a suite take, planned before anything is opened; how much is computed at once is
 * chosen so that each algorithm fits into the limit of the suite.
 *
 * The choice depends on the suite, the policy's configuration and the longest prompt alone, and is part of every cell's
 * record. Smaller runs of training change the last bits of gradients, so they are part of a cell's identity; how many
 * sequences are decoded together changes nothing.
 *
 * @module
 */
import type { ModelConfig } from "../../policy/model/config.ts";
import type { Room, RunSizes } from "../../policy/webgpu/sizes.ts";
import type { MemoryOptions } from "../../policy/webgpu/memory_plan.ts";
import { fitMemory, type FittedPlan } from "../../policy/webgpu/memory_choice.ts";
import { configure } from "../context/family.ts";
import { Refusal } from "../outcomes.ts";
import type { Suite } from "../suite.ts";
import type { Task } from "../../tasks/task.ts";
import { adviceOf } from "./advice.ts";
import { gigabytes } from "./table.ts";
import { memoryOptionsOf } from "./work.ts";

/** The plan of an algorithm. */
export interface AlgorithmMemory {
  /** Row of the leaderboard. */
  label: string;
  /** What its cells take. */
  plan: FittedPlan;
}

/** The plans of a suite. */
export interface SuiteMemory {
  /** Bytes that may be taken; absent: no limit is known. */
  limit?: number;
  /** Tokens of the longest prompt. */
  promptTokens: number;
  /** One per algorithm, in the order of the suite. */
  algorithms: AlgorithmMemory[];
}

/** What a cell keeps of its plan: what was chosen, and the bytes that come of it. */
export interface CellMemory {
  /** Bytes of the plan. */
  bytes: number;
  /** Sizes that are smaller than they could be, of which no number depends; see `policy.runs` for the others. */
  sizes: Partial<Pick<RunSizes, "cacheRows" | "sequences">>;
  /** What is made room for from the start. */
  room: Room;
}

/** What of a plan decides numbers, for the identity of a cell; empty where nothing had to be smaller. */
export function runsOf({ reduced: { tokens, scored } }: FittedPlan): { runs?: { tokens: number; scored: number } } {
  return tokens === undefined || scored === undefined ? {} : { runs: { tokens, scored } };
}

/** What of a plan decides no number. */
export function cellMemoryOf({ total, room, reduced: { cacheRows, sequences } }: FittedPlan): CellMemory {
  return {
    bytes: total,
    sizes: { ...cacheRows !== undefined && { cacheRows }, ...sequences !== undefined && { sequences } },
    room,
  };
}

/**
 * Plans all algorithms of a suite.
 *
 * @throws {Refusal} if one can't fit: what it needs at least, and what helps.
 */
export async function planSuiteMemory(
  suite: Suite,
  task: Task,
  config: ModelConfig,
  promptTokens: number,
): Promise<SuiteMemory> {
  const limit = suite.memory === undefined ? undefined : suite.memory * 1e9;
  if (promptTokens >= config.maxPositions) {
    throw new Refusal(
      `policy ${suite.policy}: is made for ${config.maxPositions} tokens, and a prompt of ${task.name} has ` +
        `${promptTokens}; use another policy.`,
    );
  }
  const known = new Map<string, Promise<FittedPlan | { least: number }>>(), algorithms: AlgorithmMemory[] = [];
  for (const entry of suite.algorithms) {
    const { label = entry.name } = entry,
      algorithm = configure(entry),
      training = { ...suite.training, ...entry.training };
    const setting = { suite, training, task, promptTokens, contextLength: config.maxPositions };
    const options = memoryOptionsOf(algorithm, setting), key = JSON.stringify(options);
    // Most algorithms ask for the same.
    const plan = await (known.get(key) ?? fitted(known, key, config, options, limit));
    if ("least" in plan) {
      const advice = await adviceOf(config, algorithm, setting, limit!);
      throw new Refusal(
        `${label} on ${task.name} needs at least ${gigabytes(plan.least)} of the GPU's memory, and ` +
          `${gigabytes(limit!)} may be taken; ${advice}.`,
      );
    }
    algorithms.push({ label, plan });
  }
  return { ...limit !== undefined && { limit }, promptTokens, algorithms };
}

function fitted(
  known: Map<string, Promise<FittedPlan | { least: number }>>,
  key: string,
  config: ModelConfig,
  options: Omit<MemoryOptions, "sizes">,
  limit?: number,
) {
  const plan = fitMemory(config, options, limit);
  known.set(key, plan);
  return plan;
}
