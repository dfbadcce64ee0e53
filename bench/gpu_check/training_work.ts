/**
 * What is trained by `podium gpu-check`, and the plan of its memory.
 *
 * @module
 */
import type { ModelConfig } from "../../policy/model/config.ts";
import { fitMemory, type FittedPlan } from "../../policy/webgpu/memory_choice.ts";
import { workOf } from "../../policy/webgpu/memory_plan.ts";
import { promptOf } from "../../tasks/gsm8k/prompt.ts";
import type { Problems } from "../../tasks/task.ts";
import { trainingIndices } from "../problem_order.ts";
import { wordTokenizer } from "./prompts.ts";
import { QWEN } from "../../fixtures/models/qwen.ts";

/** What is done. */
export interface TrainingWork {
  model: string;
  config: ModelConfig;
  /** Prompts per step, responses to each, and tokens of every response. */
  prompts: number;
  group: number;
  response: number;
  /** Steps of the first run, which is there to be repeated, and of the second. */
  again: number;
  steps: number;
}

/** 128 responses of 512 tokens per step. */
export const TRAINING: TrainingWork = {
  model: "Qwen2.5-0.5B",
  config: QWEN,
  prompts: 16,
  group: 8,
  response: 512,
  again: 3,
  steps: 3,
};

/** The same layers, as a software adapter can compute them. */
export const SHRUNKEN: TrainingWork = {
  model: "Qwen2.5-0.5B, shrunken",
  config: { ...QWEN, vocabularySize: 600, hiddenSize: 56, layers: 2, headSize: 4, intermediateSize: 96 },
  prompts: 2,
  group: 4,
  response: 6,
  again: 1,
  steps: 3,
};

/** Of the order of problems and of sampling. */
export const SEED = 1;

/** How memory is used: the plan, for which room is made at the start, so that nothing grows later. */
export interface TrainingPlan {
  plan: FittedPlan;
  recompute: boolean;
}

/** The plan that fits into a number of bytes, if need be with values computed twice; null if none does. */
export async function planOf(work: TrainingWork, problems: Problems, bytes: number): Promise<TrainingPlan | null> {
  const { config, prompts, group, response, steps } = work, { encode } = wordTokenizer(config.vocabularySize);
  const indices = trainingIndices(problems, SEED, 0, prompts * steps);
  const longest = Math.max(...indices.map((index) => encode(promptOf(problems.at(index))).length));
  const asked = workOf({ prompts, group, promptTokens: longest, responseTokens: response });
  for (const recompute of [false, true]) {
    const plan = await fitMemory(config, { work: asked, recompute }, bytes);
    if (!("least" in plan)) return { plan, recompute };
  }
  return null;
}
