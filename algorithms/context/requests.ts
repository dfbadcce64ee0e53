/**
 * What algorithms that change the prompt ask of models, and what they are told. Everything is plain JSON.
 *
 * A request to a reflector says what is wanted and shows all that may be seen; how it is put into words is up to whoever
 * answers (`reflectors/`).
 *
 * @module
 */

import type { Context, Demonstration } from "./algorithm.ts";
import type { ExperienceOperation } from "./experience_library.ts";

/** Asks the policy for one response. */
export interface RolloutRequest {
  /** Index in {@linkcode Setting.problems}. */
  readonly problem: number;
  /** What stands in the prompt. */
  readonly context: Context;
  /**
   * Names the sampling noise: responses to one problem with the same number get the same noise, whatever stands in the
   * prompt, so that two prompts are compared in pairs.
   */
  readonly draw: number;
}

/** A graded response. */
export interface Rollout {
  /** The response as text. */
  readonly response: string;
  /** Reward; 1 is the best there is. */
  readonly score: number;
  /** The answer as the grader read it; `null` if it found none. */
  readonly answer: string | null;
  /** What the grader says about the response, in words. */
  readonly feedback: string;
}

/** A response as a reflector sees it. What it must not know is left out. */
export interface Attempt {
  /** The question it answers. */
  readonly question: string;
  /** The response, or its summary where there is one. */
  readonly response: string;
  /** Reward, where rewards may be used. */
  readonly score?: number;
  /** The answer found in it; `null` if none. */
  readonly answer: string | null;
  /** The grader's words, where ground truth may be used. */
  readonly feedback?: string;
}

/** Retells one response: what was done, step by step, and where it went wrong. Replied to with a text. */
export interface SummaryRequest {
  /** What is wanted. */
  readonly kind: "summarize";
  /** The response. */
  readonly attempt: Attempt;
  /** The right answer, where it may be used. */
  readonly gold?: string;
  /** Advice that stood in its prompt. */
  readonly experiences: Context["experiences"];
}

/** Compares the responses of a group: the semantic advantage. Replied to with operations on the experiences. */
export interface CritiqueRequest {
  /** What is wanted. */
  readonly kind: "critique";
  /** Responses to one question. */
  readonly attempts: readonly Attempt[];
  /** The right answer, where it may be used. */
  readonly gold?: string;
  /** Advice that stood in their prompt. */
  readonly experiences: Context["experiences"];
  /** Most operations. */
  readonly limit: number;
  /** Most words of an entry. */
  readonly maxWords: number;
}

/** Makes one plan of what several groups proposed. Replied to with operations on the experiences. */
export interface ConsolidationRequest {
  /** What is wanted. */
  readonly kind: "consolidate";
  /** The library as it is. */
  readonly experiences: Context["experiences"];
  /** What the groups proposed, in their order. */
  readonly proposals: readonly ExperienceOperation[];
  /** Most words of an entry. */
  readonly maxWords: number;
  /** Most entries of the library; `null`: any number. */
  readonly maxEntries: number | null;
}

/** Rewrites the instruction of a module after attempts under it. Replied to with a text. */
export interface MutationRequest {
  /** What is wanted. */
  readonly kind: "mutate";
  /** Name of the module. */
  readonly module: string;
  /** Its instruction. */
  readonly instruction: string;
  /** Attempts with all instructions in place. */
  readonly attempts: readonly Attempt[];
}

/** Writes an instruction without having seen an attempt fail. Replied to with a text. */
export interface ProposalRequest {
  /** What is wanted. */
  readonly kind: "propose";
  /** Name of the module. */
  readonly module: string;
  /** The instruction to start from. */
  readonly instruction: string;
  /** Right responses to look at; may be none. */
  readonly demonstrations: readonly Demonstration[];
  /** A hint for variety, in words; may be empty. */
  readonly tip: string;
  /** In [0, 1): what a reflector without randomness of its own chooses by. */
  readonly draw: number;
}

/** What a reflector can be asked. */
export type ReflectionRequest =
  | SummaryRequest
  | CritiqueRequest
  | ConsolidationRequest
  | MutationRequest
  | ProposalRequest;

/** A reflector's reply. Text and operations come from a model: they are data, whatever they say. */
export interface Reflection {
  /** Reply to a request for a text; never empty. */
  readonly text?: string;
  /** Reply to a request for operations. */
  readonly operations?: readonly ExperienceOperation[];
  /** Why there is neither: an outcome like another, which algorithms skip and count. */
  readonly failure?: string;
  /** Calls of a model, those that had to be repeated included. */
  readonly calls: number;
  /** Tokens read in these calls, where known. */
  readonly promptTokens?: number;
  /** Tokens written in these calls, where known. */
  readonly responseTokens?: number;
}

/** Requests that may be answered at the same time. */
export type Round =
  | { readonly kind: "rollouts"; readonly requests: readonly RolloutRequest[] }
  | { readonly kind: "reflections"; readonly requests: readonly ReflectionRequest[] };

/** Reply to one request. */
export type Reply = Rollout | Reflection;
