/**
 * Questions about the world, of one to three hops, with the searches that answer them.
 *
 * Q: where was the founder of Belplex born?
 *    1. Belplex founded: Belplex was founded by Ann Kelson.
 *    2. Ann Kelson born: Ann Kelson was born in Morton.
 * A: Morton
 *
 * @module
 */

import { fold, keyOf } from "../../policy/random.ts";
import { sha256 } from "../sha256.ts";
import type { Problem, Problems } from "../task.ts";
import { answerInTags } from "./protocol.ts";
import type { Passage } from "./search.ts";
import { type RelationName, RELATIONS, relationsOf, shuffled, type Thing, world, WORLD_VERSION } from "./world.ts";

/** Most hops of a question. */
export const MOST_HOPS = 3;
/** One question in this many belongs to the test split. */
const TEST_SHARE = 16;

/** One step to the answer: a fact, and the search that finds it. */
export interface Hop {
  /** The thing the fact is about. */
  readonly subject: string;
  readonly relation: RelationName;
  /** The value: the subject of the next hop, at last the answer. */
  readonly value: string;
  /** Words that find the fact. */
  readonly query: string;
  /** The fact as its passage has it. */
  readonly fact: string;
}

/** A fact as a hop. */
function hop(thing: Thing, relation: RelationName): Hop {
  const subject = thing.name, value = thing.values[relation]!;
  const { fact, word } = RELATIONS[relation];
  return { subject, relation, value, query: `${subject} ${word}`, fact: fact(subject, value) };
}

/** The corpus of the world: every fact as a passage under the name it is about. */
export function worldPassages(): Passage[] {
  return [...world().values()].flatMap((thing) =>
    relationsOf(thing.kind).map((relation) => ({
      id: `${thing.name}: ${relation}`,
      title: thing.name,
      text: hop(thing, relation).fact,
    }))
  );
}

/** The question whose answer is the value of the last hop. */
function questionOf(hops: readonly Hop[]): string {
  let subject = hops[0].subject;
  for (const { relation } of hops.slice(0, -1)) {
    const { phrase } = RELATIONS[relation] as { phrase?: (subject: string) => string };
    subject = phrase!(subject);
  }
  return RELATIONS[hops[hops.length - 1].relation].question(subject);
}

/** Every question of the world by its number of hops (index 0: one hop). */
function everyQuestion(): Hop[][][] {
  const things = world();
  let chains = [...things.values()].flatMap((thing) =>
    relationsOf(thing.kind).map((relation) => [hop(thing, relation)])
  );
  const byHops = [chains];
  while (byHops.length < MOST_HOPS) {
    chains = chains.flatMap((chain) => {
      const next = things.get(chain[chain.length - 1].value);
      return next ? relationsOf(next.kind).map((relation) => [...chain, hop(next, relation)]) : [];
    });
    byHops.push(chains);
  }
  return byHops;
}

/**
 * Which split a question belongs to: a hash of its text. Not the seed: what is tested must never have been trained on,
 * in no run.
 */
export function splitOf(question: string): "train" | "test" {
  return fold([0, 0], question)[1] % TEST_SHARE === 0 ? "test" : "train";
}

/** The questions of each split by their number of hops; one list, because to hash every question takes half a second. */
let divided: Record<"train" | "test", Hop[][][]> | undefined;

function divide(): Record<"train" | "test", Hop[][][]> {
  const splits: Record<"train" | "test", Hop[][][]> = { train: [], test: [] };
  everyQuestion().forEach((chains, index) => {
    for (const split of ["train", "test"] as const) splits[split][index] = [];
    for (const hops of chains) splits[splitOf(questionOf(hops))][index].push(hops);
  });
  return splits;
}

/**
 * The questions of a split, without repeats, in an order of the seed's own. One, two and three hops take turns, so that
 * each has a third of any stretch of the list.
 */
export async function worldProblems(split: "train" | "test", seed: number): Promise<Problems> {
  divided ??= divide();
  const lists = divided[split].map((own, index) => shuffled(own, keyOf(seed, "web_search", index)));
  const length = lists.length * Math.min(...lists.map((list) => list.length));
  return {
    length,
    source: "embedded",
    digest: await sha256(`podium world ${WORLD_VERSION} ${split} ${seed}`),
    at(index) {
      const hops = lists[index % lists.length]?.[Math.floor(index / lists.length)];
      if (!hops || index >= length) throw new Error(`There is no problem ${index}; the list has ${length}.`);
      return problemOf(hops);
    },
  };
}

function problemOf(hops: readonly Hop[]): Problem {
  const question = questionOf(hops), gold = hops[hops.length - 1].value;
  return {
    id: `embedded/${hops[0].subject}/${hops.map(({ relation }) => relation).join("/")}`,
    question,
    gold,
    meta: { hops, solution: answerInTags(gold) },
  };
}
