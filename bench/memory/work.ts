/**
 * What the cells of an algorithm ask of a GPU, from the settings of a suite alone.
 *
 * @module
 */
import type { Algorithm } from "../../algorithms/algorithm.ts";
import type { ContextAlgorithm } from "../../algorithms/mod.ts";
import type { Task } from "../../tasks/task.ts";
import { bothWorks, type MemoryOptions, workOf } from "../../policy/webgpu/memory_plan.ts";
import { changesPrompt } from "../context/family.ts";
import { minibatchesOf } from "../needs.ts";
import { gpuBatchSize } from "../rollout.ts";
import type { Suite, Training } from "../suite.ts";
import { totalOfTokens } from "../turns.ts";

/** Where an algorithm is used. */
export interface Setting {
  suite: Suite;
  /** The suite's training settings with those of the algorithm. */
  training: Training;
  task: Task;
  /** Tokens of the longest prompt. */
  promptTokens: number;
  /** Most tokens of a prompt and its response. */
  contextLength: number;
}

/** What is planned for an algorithm: training, evaluation, and what stands beside the policy. */
export function memoryOptionsOf(
  algorithm: Algorithm | ContextAlgorithm,
  { suite, training, task, promptTokens, contextLength }: Setting,
): Omit<MemoryOptions, "sizes"> {
  const { evaluation, recompute, lora, rolloutWeights } = suite, { promptsPerStep, groupSize, maxTokens } = training;
  // With tools, what one response has read of theirs is part of what it goes on from.
  const longest = (own: number) =>
    Math.min(contextLength - promptTokens, task.environment ? training.maxTotalTokens ?? totalOfTokens * own : own);
  const shared = { promptTokens, requests: gpuBatchSize, ...task.environment && { apart: true } };
  const step = workOf({
    ...shared,
    prompts: promptsPerStep,
    group: groupSize,
    responseTokens: longest(maxTokens),
    trained: changesPrompt(algorithm) ? 0 : Math.ceil(promptsPerStep / minibatchesOf(algorithm, training)),
    nucleus: training.topP < 1,
  });
  const asked = {
    ...shared,
    prompts: evaluation.problems,
    responseTokens: longest(evaluation.maxTokens ?? maxTokens),
    trained: 0,
  };
  // Of the sampled responses, one to each problem is scored.
  const greedy = workOf({ ...asked, group: 1 }),
    sampled = { ...workOf({ ...asked, group: evaluation.samples }), scored: greedy.scored };
  const options = { work: [greedy, sampled].reduce(bothWorks, step), recompute, lora, rolloutWeights };
  if (changesPrompt(algorithm)) return options;
  const { critic, reference, refreshReferenceEvery } = algorithm.needs;
  // An evaluation measures the policy against itself before training; a reference that stays is the same weights.
  return { ...options, critic: critic !== undefined, frozen: reference && refreshReferenceEvery !== undefined ? 2 : 1 };
}
