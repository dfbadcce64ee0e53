/**
 * Learned prompts for the page: of every algorithm that learns one, what changed in it when, and what held-out accuracy was
 * then. The first seed that finished.
 *
 * @module
 */
import type { Context } from "../../algorithms/mod.ts";
import type { Cell } from "../cell.ts";
import { namesPrompt } from "../context/family.ts";
import type { Cost } from "../leaderboard/metrics.ts";
import type { Board, Leaderboard } from "../leaderboard/shape.ts";
import { readJournal, readJson } from "../records.ts";
import type { EvaluationLine, StepLine } from "../run_cell.ts";

/** A change of the prompt. */
export interface PromptChange {
  /** Step after which it stood. */
  step: number;
  /** Texts that came in, with the name of their place: an instruction's module, an experience's id, `example`. */
  added: { place: string; text: string }[];
  /** Texts that went out. */
  removed: { place: string; text: string }[];
  /** avg@k of the first evaluation with it; null if another change came before one. */
  average: number | null;
}

/** What an algorithm learned. */
export interface LearnedPrompt {
  /** Row of the leaderboard. */
  label: string;
  /** The seed. */
  seed: number;
  /** Who reflected. */
  reflector: string;
  /** Responses, requests to the reflector, and of models their tokens, and prices where some were given: those of this seed. */
  cost: Pick<
    Cost,
    | "responses"
    | "reflections"
    | "reflectionFailures"
    | "reflectorCalls"
    | "reflectorTokens"
    | "reflectorMoney"
    | "policyMoney"
    | "money"
  >;
  /** avg@k before anything was learned. */
  before: number;
  /** The prompt at the end. */
  final: Context;
  /** Changes, in order. */
  changes: PromptChange[];
}

/** What was learned on one task. */
export interface TaskPrompts {
  /** Registry name. */
  task: string;
  /** The algorithms that learn a prompt, best first. */
  learned: LearnedPrompt[];
}

const empty: Context = { instructions: {}, experiences: [], demonstrations: [] };

/** The texts of a prompt with their places. */
function textsOf({ instructions, experiences, demonstrations }: Context) {
  return [
    ...Object.entries(instructions).map(([place, text]) => ({ place, text })),
    ...experiences.map(({ id, text }) => ({ place: id, text })),
    ...demonstrations.map(({ question, response }) => ({ place: "example", text: `${question}${response}` })),
  ].filter(({ text }) => text !== "");
}

/** What `context` has and `other` has not. */
function beyond(context: Context, other: Context) {
  const known = new Set(textsOf(other).map(({ place, text }) => `${place} ${text}`));
  return textsOf(context).filter(({ place, text }) => !known.has(`${place} ${text}`));
}

/** Changes of the prompt from line to line. An evaluation after step n is of the last line up to n. */
export function promptChanges(
  steps: readonly Pick<StepLine, "step" | "context">[],
  evaluations: readonly Pick<EvaluationLine, "step" | "average">[],
): PromptChange[] {
  const changes: PromptChange[] = [];
  let last = empty;
  for (const { step, context = last } of steps) {
    const added = beyond(context, last), removed = beyond(last, context);
    last = context;
    if (added.length + removed.length > 0) changes.push({ step, added, removed, average: null });
  }
  return changes.map((change, i) => {
    const until = changes[i + 1]?.step ?? Infinity;
    const found = evaluations.find(({ step }) => step >= change.step && step < until);
    return { ...change, average: found?.average ?? null };
  });
}

async function learnedOn({ task, rows }: Board, directory: string): Promise<TaskPrompts> {
  const learned: LearnedPrompt[] = [];
  for (const { label, algorithm, seeds } of rows) {
    const seed = seeds.find(({ hash }) => hash !== null);
    if (algorithm === null || !namesPrompt(algorithm) || !seed) continue;
    const path = `${directory}/${seed.cell}`;
    const kept = await readJson<{ context: Context }>(`${path}/policy/context.json`);
    if (!kept) continue;
    const evaluations = await readJournal<EvaluationLine>(`${path}/evaluations.jsonl`);
    const changes = promptChanges(await readJournal<StepLine>(`${path}/steps.jsonl`), evaluations);
    const cell = await readJson<Cell>(`${path}/cell.json`), reflector = cell?.identity.context?.reflector ?? "unknown";
    const { metrics: { cost } } = seed, [{ average: before }] = evaluations;
    learned.push({ label, seed: seed.seed, reflector, cost, before, final: kept.context, changes });
  }
  return { task, learned };
}

/** Learned prompts of every task whose records lie in `directory`. */
export async function readPrompts({ boards }: Leaderboard, directory: string): Promise<TaskPrompts[]> {
  const found: TaskPrompts[] = [];
  for (const board of boards) found.push(await learnedOn(board, directory));
  return found.filter(({ learned }) => learned.length > 0);
}
