/**
 * The experience library of Training-Free GRPO (arXiv 2510.08191): short pieces of advice that stand in the prompt of
 * a frozen model, and the operations that a language model proposes on them after comparing the rollouts of a group.
 *
 * A plan is applied in order. Then the entries are numbered anew, `G0`, `G1`, …, so an id means nothing in the next
 * step. What happens to operations that are not well formed differs:
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

/** The library after a plan, with ids `G0`, `G1`, … */
export function updateExperiences(
  library: ExperienceLibrary,
  plan: readonly ExperienceOperation[],
  semantics: LibrarySemantics,
): ExperienceLibrary {
  const lenient = semantics === "code_main_branch";
  const entries = new Map(Object.entries(library));
  // The code names new entries by a running number, which later operations of the same plan can refer to.
  let next = entries.size;
  const add = (content: string) => entries.set(String(next++), content);
  for (const { operation = "ADD", id, ids = [], content = "" } of plan) {
    const known = typeof id === "string" && entries.has(id);
    if (content === "" && (lenient || operation !== "DELETE")) continue;
    if (operation === "ADD") add(content);
    else if (operation === "UPDATE" && known) entries.set(id, content);
    else if (operation === "UPDATE" && lenient) add(content);
    else if (operation === "DELETE" && known) entries.delete(id);
    else if (operation === "MERGE" && (lenient || ids.some((one) => entries.has(one)))) {
      for (const one of ids) entries.delete(one);
      add(content);
    }
  }
  return Object.fromEntries([...entries.values()].map((content, i) => [`G${i}`, content]));
}
