/**
 * Which tokens of a response plan: those of the task's strategic grams (HICRA, arXiv 2509.03646 §3).
 *
 * @module
 */
import { planningMask } from "../algorithms/strategic_grams/matcher.ts";
import type { Policy } from "../policy/policy.ts";
import type { Task } from "../tasks/task.ts";
import { gramsOf } from "./needs.ts";
import { piecesOf } from "./pieces.ts";
import { textTokens } from "./rollout.ts";
import type { Dialogue } from "./turns.ts";

/** The text of each token of a response; a stop token at its end is no text: an empty piece. */
export function writtenPieces({ tokenizer, stopTokens }: Policy, generation: Dialogue): string[] {
  const written = piecesOf(tokenizer, textTokens({ stopTokens }, generation));
  return generation.tokens.map((_, index) => written[index] ?? "");
}

/** 1 per token that plans. A full stop stands for each token of a tool, so that no phrase is found there or across it. */
export function planningOf(task: Task, pieces: readonly string[], mask?: ArrayLike<number>): ArrayLike<number> {
  const own = mask ? pieces.map((piece, index) => mask[index] ? piece : ".") : pieces;
  return planningMask(own, gramsOf(task));
}
