/**
 * The experience library of Training-Free GRPO (arXiv 2510.08191): short pieces of advice that stand in the prompt of
 * a frozen model, and the operations that a language model proposes on them after comparing the rollouts of a group.
 *
 * A plan is applied in order. The authors' code then numbers the entries anew, `G0`, `G1`, …, so that an id means
 * nothing in the next step ({@linkcode updateExperiences}). {@linkcode applyPlan} can also keep the ids for good, so
 * that it can be told where an entry comes from. What happens to operations that are not well formed differs:
 *
 * - `strict`: DELETE needs an id and no content; UPDATE of an unknown id and ADD or UPDATE without content do nothing.
 * - `code_main_branch`, as the authors' main branch does it: whatever has no content is skipped, so that a DELETE
 *   without a text is lost, and an UPDATE of an unknown id adds its content.
 *
 * MERGE (of the paper's own branch, which has no DELETE) takes several entries out and adds one for them. NONE, the
 * paper's Keep, and any word that is not an operation do nothing.
 *
 * ```ts
 * import { updateExperiences } from "@podium/rl/algorithms";
 *
 * const library = { G0: "Check the units.", G1: "Guess early." };
 * const plan = [{ operation: "DELETE", id: "G1" }, { operation: "ADD", content: "Draw the graph." }];
 * const next = updateExperiences(library, plan, "strict");
 * if (Object.values(next).join(" ") !== "Check the units. Draw the graph.") throw new Error("unexpected library");
 * const lost = updateExperiences(library, plan, "code_main_branch");
 * if (Object.keys(lost).join() !== "G0,G1,G2") throw new Error("the code skips a DELETE without content");
 * ```
 *
 * @module
 */

import type { Experience } from "./algorithm.ts";

/** Advice by id, in the order in which it stands in the prompt. */
export type ExperienceLibrary = Readonly<Record<string, string>>;

/** One step of a plan, as a language model writes it. */
export interface ExperienceOperation {
  /** `ADD` (the default of the authors' code), `UPDATE`, `DELETE`, `MERGE` or `NONE`. */
  readonly operation?: string;
  /** Entry that is updated or deleted. */
  readonly id?: string | null;
  /** Entries that are merged. */
  readonly ids?: readonly string[];
  /** New text. */
  readonly content?: string;
}

/** How operations that are not well formed are taken. */
export type LibrarySemantics = "strict" | "code_main_branch";

/** Experiences with where they come from, and the number of the next one. */
export interface Library {
  /** In the order in which they stand in the prompt. */
  readonly entries: readonly Experience[];
  /** Number that the next new entry is called by. */
  readonly next: number;
}

/** How a plan is applied. */
export interface PlanOptions {
  /** How operations that are not well formed are taken. */
  readonly semantics: LibrarySemantics;
  /** `stable`: an id stays with its entry and is never given twice; `renumbered`: `G0`, `G1`, … after every plan. */
  readonly ids: "stable" | "renumbered";
  /** Step that applies the plan. */
  readonly step: number;
  /** Longer texts are cut after so many words. Default: none are. */
  readonly maxWords?: number;
  /** An operation that would leave more entries than this is not carried out. `null` (default): any number. */
  readonly maxEntries?: number | null;
}

/** What became of the operations of a plan. */
export interface PlanCounts {
  /** New entries. */
  added: number;
  /** Entries with a new text. */
  updated: number;
  /** Entries taken out. */
  deleted: number;
  /** Entries that went into another one. */
  merged: number;
  /** Operations that did nothing, those that say so included. */
  idle: number;
}

/** The text up to its word `most`, words apart by single blanks where it is cut. */
function cut(text: string, most: number): string {
  const words = text.trim().split(/\s+/);
  return words.length > most ? words.slice(0, most).join(" ") : text;
}

/** The library after a plan, and what became of the operations. */
export function applyPlan(
  library: Library,
  plan: readonly ExperienceOperation[],
  { semantics, ids: naming, step, maxWords = Infinity, maxEntries = null }: PlanOptions,
): { library: Library; counts: PlanCounts } {
  const lenient = semantics === "code_main_branch", stable = naming === "stable";
  const entries = new Map(library.entries.map((entry) => [entry.id, entry]));
  const counts: PlanCounts = { added: 0, updated: 0, deleted: 0, merged: 0, idle: 0 };
  // The code names new entries by a running number, which later operations of the same plan can refer to.
  let next = stable ? library.next : entries.size;
  const full = (leaving = 0) => entries.size - leaving >= (maxEntries ?? Infinity);
  const add = (content: string) => {
    const id = stable ? `G${next}` : String(next);
    next++;
    entries.set(id, { id, text: cut(content, maxWords), since: step, changed: step });
    counts.added++;
  };
  const update = (id: string, content: string) => {
    entries.set(id, { ...entries.get(id)!, text: cut(content, maxWords), changed: step });
    counts.updated++;
  };
  for (const { operation = "ADD", id, ids = [], content = "" } of plan) {
    const known = typeof id === "string" && entries.has(id), empty = content.trim() === "";
    const merged = [...new Set(ids)].filter((one) => entries.has(one));
    if (empty && (lenient || operation !== "DELETE")) counts.idle++;
    else if (operation === "ADD" && !full()) add(content);
    else if (operation === "UPDATE" && known) update(id, content);
    else if (operation === "UPDATE" && lenient && !full()) add(content);
    else if (operation === "DELETE" && known) {
      entries.delete(id);
      counts.deleted++;
    } else if (operation === "MERGE" && (lenient || merged.length > 0) && !full(merged.length)) {
      for (const one of merged) entries.delete(one);
      counts.merged += merged.length;
      add(content);
    } else counts.idle++;
  }
  const left = [...entries.values()];
  return stable
    ? { library: { entries: left, next }, counts }
    : { library: { entries: left.map((entry, i) => ({ ...entry, id: `G${i}` })), next: left.length }, counts };
}

/** The library after a plan, with ids `G0`, `G1`, … */
export function updateExperiences(
  library: ExperienceLibrary,
  plan: readonly ExperienceOperation[],
  semantics: LibrarySemantics,
): ExperienceLibrary {
  const entries = Object.entries(library).map(([id, text]) => ({ id, text, since: 0, changed: 0 }));
  const options = { semantics, ids: "renumbered", step: 0 } as const;
  const { library: { entries: left } } = applyPlan({ entries, next: entries.length }, plan, options);
  return Object.fromEntries(left.map(({ id, text }) => [id, text]));
}
