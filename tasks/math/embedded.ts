/**
 * The embedded source: generated problems of five subjects in two endless lists that share no question.
 *
 * A subject is drawn first, then one of its kinds, then the numbers; each kind has a level (`families/`). Numbers are
 * whole and have at most two digits, so that a policy of a hundred thousand weights can learn the arithmetic; what
 * there is to learn beside it is which calculation a question asks for.
 *
 * @module
 */

import { fold, integer, keyOf } from "../../policy/random.ts";
import { sha256 } from "../sha256.ts";
import { DataError } from "../source/data_error.ts";
import type { Problem, Problems } from "../task.ts";
import { drawWith, type Exercise, type Family, stepByStep, worked } from "./exercise.ts";
import { algebra } from "./families/algebra.ts";
import { counting } from "./families/counting.ts";
import { numberTheory } from "./families/number_theory.ts";
import { type Filter, filteredDigest, matches } from "./filter.ts";
import { prealgebra } from "./families/prealgebra.ts";
import { precalculus } from "./families/precalculus.ts";

/** Part of the digest of the embedded source: raise it with any change that changes a text. */
export const GENERATOR_VERSION = 1;

/** One question in this many belongs to the test split. */
const TEST_SHARE = 16;

/** All kinds of problems by subject. */
export const FAMILIES: readonly (readonly Family[])[] = [algebra, prealgebra, counting, numberTheory, precalculus];

/**
 * Which split a question belongs to: a hash of its text. Not the seed: two seeds draw the same question now and then,
 * and what is tested must never have been trained on.
 */
export function splitOf(question: string): "train" | "test" {
  return fold([0, 1], question)[1] % TEST_SHARE === 0 ? "test" : "train";
}

/** The list of a split. `at(index)` draws until a question falls into the split, so any index can be had directly. */
export async function embeddedProblems(
  split: "train" | "test",
  seed: number,
  filter: Filter = {},
  source = "embedded",
): Promise<Problems> {
  const families = FAMILIES.map((subject) =>
    subject.filter(({ level, subject }) => matches({ meta: { level, subject } }, filter))
  )
    .filter((subject) => subject.length > 0);
  if (families.length === 0) throw new DataError(`${source}: the generator has no problem of that level and subject.`);
  const digest = await sha256(`podium mathematics ${GENERATOR_VERSION} ${split} ${seed}`);
  return {
    length: Infinity,
    source,
    digest: source === "embedded" ? digest : await filteredDigest(digest, filter),
    at(index: number): Problem {
      const { family: { subject, level }, exercise } = exerciseAt(split, seed, index, families);
      const { steps, answer } = worked(exercise)!;
      return {
        id: `${source}/${split}/${seed}/${index}`,
        question: exercise.question,
        gold: answer,
        meta: { level, subject, solution: stepByStep(steps, answer), strict: true },
      };
    },
  };
}

/** What stands at an index of a split. */
function exerciseAt(split: "train" | "test", seed: number, index: number, kinds = FAMILIES) {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new Error(`There is no problem ${index}: an index is an integer from 0.`);
  }
  // The kind is drawn once, so that kinds whose draws are often refused are not rarer.
  const kind = keyOf(seed, "math", index);
  const families = kinds[integer(kind, 0, kinds.length)];
  const family = families[integer(kind, 1, families.length)];
  for (let attempt = 0;; attempt++) {
    const exercise = family.draw(drawWith(keyOf(seed, "math", index, attempt)));
    if (exercise && worked(exercise) && splitOf(exercise.question) === split) return { family, exercise };
  }
}

/**
 * The exercise behind an embedded problem, drawn again from its id.
 *
 * @throws {Error} if the problem is of another source: only here are the calculations known.
 */
export function exerciseOf({ id }: Problem): Exercise {
  const match = /^embedded\/(train|test)\/(\d+)\/(\d+)$/.exec(id);
  if (!match) throw new Error(`Problem ${id} has no known calculation, so it can't be demonstrated.`);
  return exerciseAt(match[1] as "train" | "test", Number(match[2]), Number(match[3])).exercise;
}
