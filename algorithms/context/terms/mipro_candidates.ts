/**
 * What MIPROv2 chooses among: sets of demonstrations, and instructions that a reflector proposes once.
 *
 * @module
 */

import type { Context, Demonstration, Reply, Round, Setting } from "../algorithm.ts";
import type { Resolved } from "../../terms/options.ts";
import type { MiproOptions } from "../mipro.ts";
import type { Ask } from "./asking.ts";
import { bootstrapped, demonstrationSets, labelled } from "./demonstration_sets.ts";
import { draw, shuffled } from "./draws.ts";
import { evaluate } from "./validation.ts";

/** Everything there is to choose among. Number 0 of each is what was there. */
export interface MiproCandidates {
  /** Instructions by module. */
  readonly instructions: Readonly<Record<string, readonly string[]>>;
  /** Sets of demonstrations. */
  readonly sets: readonly (readonly Demonstration[])[];
}

/** How proposals are to differ: in the spirit of the tips of DSPy's proposer. */
const TIPS = [
  "",
  "Be creative.",
  "Keep the instruction clear and concise.",
  "Make the instruction informative and detailed.",
  "Describe a situation in which much depends on a right answer.",
  "Say who is answering: give the solver a fitting role.",
];

/** Runs the problems `feedback` once under the initial prompt, and proposes. */
export function* collectCandidates(
  ask: Ask,
  { problems, initial, seed }: Setting,
  feedback: readonly number[],
  options: Resolved<MiproOptions>,
): Generator<Round, MiproCandidates, readonly Reply[]> {
  const pool = feedback.map((problem) => problems[problem]), modules = Object.keys(initial.instructions);
  const own = bootstrapped(pool, yield* evaluate(ask, initial, feedback, 0), options.threshold);
  const withSets = options.ownDemonstrations + options.labelledDemonstrations > 0;
  const proposals = (withSets ? Math.floor(options.candidates / 2) : options.candidates) - 1;
  const replies = yield* ask.reflect(modules.flatMap((module, m) =>
    Array.from({ length: proposals }, (_, i) => ({
      kind: "propose" as const,
      module,
      instruction: initial.instructions[module],
      demonstrations: shuffled(own.length, seed, "shown", m, i).slice(0, 3).map((one) => own[one]),
      tip: TIPS[Math.floor(draw(seed, "tip", m, i) * TIPS.length)],
      draw: draw(seed, "proposal", m, i),
    }))
  ));
  const texts = (m: number) => replies.slice(m * proposals, (m + 1) * proposals).flatMap(({ text }) => text ?? []);
  return {
    instructions: Object.fromEntries(
      modules.map((module, m) => [module, [...new Set([initial.instructions[module], ...texts(m)])]]),
    ),
    sets: demonstrationSets(labelled(pool), own, { ...options, sets: withSets ? options.candidates : 1 }, seed),
  };
}

/** The prompt of a combination: an instruction per module, and a set of demonstrations. */
export function combine(
  { instructions, sets }: MiproCandidates,
  choices: readonly number[],
  initial: Context,
): Context {
  return {
    ...initial,
    instructions: Object.fromEntries(
      Object.entries(instructions).map(([module, texts], i) => [module, texts[choices[i]]]),
    ),
    demonstrations: [...initial.demonstrations, ...sets[choices[choices.length - 1]]],
  };
}
