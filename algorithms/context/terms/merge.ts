/**
 * GEPA's Merge (arXiv 2507.19457, algorithm 4): two candidates of different lines give one that has what each line
 * changed since their common ancestor.
 *
 * The rules are those of GEPA's code. It draws pairs until one is eligible, up to a hundred times; here the eligible
 * ones are listed and one is drawn, so that none is missed by bad luck. Accepting or not is the caller's.
 *
 * @module
 */

import type { ScoreTable } from "../pareto.ts";
import { mean } from "../../terms/statistics.ts";
import { chooseWeighted, draw, shuffled } from "./draws.ts";

/** What a merge must know of a candidate. */
export interface Ancestry {
  /** Instructions by module. */
  readonly instructions: Readonly<Record<string, string>>;
  /** Indices of those it was made from; none of the first. */
  readonly parents: readonly number[];
}

/** A merge to try. */
export interface Merge {
  /** The two, ascending. */
  readonly parents: readonly [number, number];
  /** Their common ancestor. */
  readonly ancestor: number;
  /** The child's instructions. */
  readonly instructions: Readonly<Record<string, string>>;
  /** Names the triple, and which parent each module came from: neither is tried twice. */
  readonly keys: readonly string[];
}

/** Everybody that a candidate descends from. */
export function ancestorsOf(pool: readonly Ancestry[], candidate: number): Set<number> {
  const found = new Set<number>();
  const visit = (one: number): void =>
    pool[one].parents.forEach((parent) => {
      if (found.has(parent)) return;
      found.add(parent);
      visit(parent);
    });
  visit(candidate);
  return found;
}

/** Whether at least one module was changed by exactly one of the lines. */
function complementary(ancestor: Ancestry, a: Ancestry, b: Ancestry): boolean {
  return Object.keys(ancestor.instructions).some((module) => {
    const [old, one, other] = [ancestor, a, b].map(({ instructions }) => instructions[module]);
    return one !== other && (one === old || other === old);
  });
}

/**
 * A merge of two of `survivors` that has not been tried; `undefined` if there is none. A pair is drawn with equal
 * chances, then its ancestor in proportion to the ancestor's mean score.
 */
export function proposeMerge(
  pool: readonly Ancestry[],
  scores: ScoreTable,
  survivors: readonly number[],
  tried: ReadonlySet<string>,
  seed: number,
  step: number,
): Merge | undefined {
  const average = scores.map((row) => mean(row));
  const lines = new Map(survivors.map((survivor) => [survivor, ancestorsOf(pool, survivor)]));
  const pairs = survivors.flatMap((i) =>
    survivors.flatMap((j) => {
      if (j <= i || lines.get(i)!.has(j) || lines.get(j)!.has(i)) return [];
      const ancestors = [...lines.get(i)!].filter((ancestor) =>
        lines.get(j)!.has(ancestor) && average[ancestor] <= Math.min(average[i], average[j]) &&
        !tried.has(`${i},${j},${ancestor}`) && complementary(pool[ancestor], pool[i], pool[j])
      ).sort((a, b) => a - b);
      return ancestors.length > 0 ? [{ i, j, ancestors }] : [];
    })
  );
  // A child whose modules come from the same parents as another's is the same child.
  const order = shuffled(pairs.length, seed, "merge pair", step);
  for (const { i, j, ancestors } of order.map((index) => pairs[index])) {
    const weights = ancestors.map((ancestor) => average[ancestor]);
    const ancestor = ancestors[chooseWeighted(weights, draw(seed, "merge ancestor", step))];
    const from = Object.keys(pool[ancestor].instructions).map((module) => {
      const [old, one, other] = [ancestor, i, j].map((index) => pool[index].instructions[module]);
      if (one === other || other === old) return [module, i] as const;
      if (one === old) return [module, j] as const;
      const better = average[i] === average[j] ? draw(seed, "merge tie", step) < 0.5 : average[i] > average[j];
      return [module, better ? i : j] as const;
    });
    const keys = [`${i},${j},${ancestor}`, `${i},${j}:${from.map(([, parent]) => parent).join(",")}`];
    if (tried.has(keys[1])) continue;
    const instructions = Object.fromEntries(
      from.map(([module, parent]) => [module, pool[parent].instructions[module]]),
    );
    return { parents: [i, j], ancestor, instructions, keys };
  }
  return undefined;
}

/**
 * Up to `count` instances (columns) on which a merge is tested: as many as possible in equal parts from those where the
 * one parent is better, the other is, and both are equal; the rest from what is left.
 */
export function mergeInstances(
  one: readonly number[],
  other: readonly number[],
  count: number,
  seed: number,
  step: number,
): number[] {
  const order = shuffled(one.length, seed, "merge instances", step);
  const parts = [
    order.filter((i) => one[i] > other[i]),
    order.filter((i) => one[i] < other[i]),
    order.filter((i) => one[i] === other[i]),
  ];
  const each = Math.max(1, Math.ceil(count / 3));
  const chosen = parts.flatMap((part) => part.slice(0, each)).slice(0, count);
  const rest = order.filter((instance) => !chosen.includes(instance));
  return [...chosen, ...rest].slice(0, count);
}
