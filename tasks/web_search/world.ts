/**
 * A small world of people, towns, companies and works, written by a generator: what the embedded questions are about.
 * Every fact is one short sentence about one thing, and every relation has one value, so that a question has one answer.
 * Names are put together of few syllables (a policy of a hundred thousand weights spells any of them), and none means
 * anything outside this world: what is not looked up can't be known.
 *
 * @module
 */

import { integer, type Key, keyOf } from "../../policy/random.ts";

/** Part of the digest of the embedded source: raise it with any change that changes a text. */
export const WORLD_VERSION = 1;

/** What there is in the world. */
export type Kind = "person" | "town" | "company" | "work";

/** A relation between a thing and its one value. */
export interface Relation {
  /** What has it. */
  readonly of: Kind;
  /** What its value is: a thing, or a plain word such as a job or a year. */
  readonly to: Kind | "word";
  /** The word of the sentence that no other relation of this kind has: what a good query holds besides the name. */
  readonly word: string;
  /** The fact as a sentence. */
  readonly fact: (subject: string, value: string) => string;
  /** The question for the value. */
  readonly question: (subject: string) => string;
  /** The value as part of a longer question, if it is a thing that can be asked about. */
  readonly phrase?: (subject: string) => string;
}

/** Every relation, by name. */
export const RELATIONS = {
  founder: {
    of: "company",
    to: "person",
    word: "founded",
    fact: (c, p) => `${c} was founded by ${p}.`,
    question: (c) => `who founded ${c}?`,
    phrase: (c) => `the founder of ${c}`,
  },
  base: {
    of: "company",
    to: "town",
    word: "based",
    fact: (c, t) => `${c} is based in ${t}.`,
    question: (c) => `where is ${c} based?`,
    phrase: (c) => `the base of ${c}`,
  },
  product: {
    of: "company",
    to: "word",
    word: "makes",
    fact: (c, x) => `${c} makes ${x}.`,
    question: (c) => `what does ${c} make?`,
  },
  writer: {
    of: "work",
    to: "person",
    word: "written",
    fact: (w, p) => `${w} was written by ${p}.`,
    question: (w) => `who wrote ${w}?`,
    phrase: (w) => `the writer of ${w}`,
  },
  setting: {
    of: "work",
    to: "town",
    word: "set",
    fact: (w, t) => `${w} is set in ${t}.`,
    question: (w) => `where is ${w} set?`,
    phrase: (w) => `the setting of ${w}`,
  },
  year: {
    of: "work",
    to: "word",
    word: "out",
    fact: (w, x) => `${w} came out in ${x}.`,
    question: (w) => `when did ${w} come out?`,
  },
  birthplace: {
    of: "person",
    to: "town",
    word: "born",
    fact: (p, t) => `${p} was born in ${t}.`,
    question: (p) => `where was ${p} born?`,
    phrase: (p) => `the birthplace of ${p}`,
  },
  home: {
    of: "person",
    to: "town",
    word: "lives",
    fact: (p, t) => `${p} lives in ${t}.`,
    question: (p) => `where does ${p} live?`,
    phrase: (p) => `the home of ${p}`,
  },
  job: {
    of: "person",
    to: "word",
    word: "works",
    fact: (p, x) => `${p} works as a ${x}.`,
    question: (p) => `what does ${p} work as?`,
  },
  mayor: {
    of: "town",
    to: "person",
    word: "mayor",
    fact: (t, p) => `${t} has the mayor ${p}.`,
    question: (t) => `who is the mayor of ${t}?`,
    phrase: (t) => `the mayor of ${t}`,
  },
  river: {
    of: "town",
    to: "word",
    word: "river",
    fact: (t, x) => `${t} lies on the river ${x}.`,
    question: (t) => `which river does ${t} lie on?`,
  },
  fame: {
    of: "town",
    to: "word",
    word: "known",
    fact: (t, x) => `${t} is known for its ${x}.`,
    question: (t) => `what is ${t} known for?`,
  },
} as const satisfies Record<string, Relation>;

/** Name of a relation. */
export type RelationName = keyof typeof RELATIONS;

/** Names of the relations of a kind, in the order of the table. */
export function relationsOf(kind: Kind): RelationName[] {
  return (Object.keys(RELATIONS) as RelationName[]).filter((name) => RELATIONS[name].of === kind);
}

/** First syllables of every name but a first name. */
// deno-fmt-ignore
export const BEGINNINGS = [
  "Al", "Bel", "Bran", "Cal", "Cor", "Dal", "Dor", "El", "Fal", "Fen", "Gar", "Gil", "Hal", "Har", "Il", "Jor", "Kal",
  "Kel", "Kor", "Lan", "Lor", "Mal", "Mer", "Mor", "Nel", "Nor", "Ol", "Or", "Pel", "Per", "Quin", "Ral", "Ros", "Sal",
  "Sel", "Tal", "Tor", "Ul", "Var", "Wen",
] as const;
/** Last syllables, by what is named; no two kinds share one, so that a name shows its kind. */
export const ENDINGS = {
  family: ["ak", "ani", "dak", "eno", "gan", "ik", "man", "ner", "ov", "ran", "son", "til"],
  town: ["burg", "by", "dale", "field", "ford", "ham", "port", "ton", "vik", "wick"],
  company: ["co", "dex", "gen", "lux", "mex", "nix", "plex", "tek", "trix", "vex", "xo", "zon"],
  work: ["ada", "ella", "endo", "ia", "issa", "lude", "ola", "ora", "ue", "una", "yra", "zia"],
} as const;
/** First names of people. */
// deno-fmt-ignore
export const FIRST_NAMES = [
  "Ada", "Amy", "Ann", "Ben", "Bob", "Cleo", "Dan", "Dora", "Eli", "Eva", "Finn", "Gus", "Hugo", "Ida", "Ivy", "Jack",
  "Kim", "Leo", "Lucy", "Max", "Mia", "Ned", "Nina", "Oscar", "Pia", "Ray", "Rosa", "Sam", "Tess", "Tom", "Vera", "Zoe",
] as const;
/** Values that are plain words, by relation. */
// deno-fmt-ignore
export const WORDS = {
  product: ["boats", "bikes", "lamps", "clocks", "shoes", "pianos", "tents", "toys", "chairs", "paper", "glass", "soap"],
  year: ["1905", "1912", "1923", "1931", "1938", "1946", "1954", "1967", "1972", "1989", "1998", "2003"],
  job: ["baker", "doctor", "farmer", "judge", "lawyer", "nurse", "painter", "pilot", "sailor", "singer", "tailor", "teacher"],
  river: ["Asna", "Brin", "Clyr", "Drave", "Esk", "Fyla", "Gann", "Ister", "Lym", "Nare", "Ouse", "Tyra"],
  fame: ["bells", "bridge", "castle", "cheese", "gardens", "harbour", "market", "museum", "roses", "tower", "wine", "zoo"],
} as const;

/** How many there are of each kind. */
export const COUNTS: Readonly<Record<Kind, number>> = { person: 2000, town: 300, company: 400, work: 400 };

/** A thing and the values of its relations. */
export interface Thing {
  readonly kind: Kind;
  readonly name: string;
  /** Values by relation: names of things, or words. */
  readonly values: Readonly<Partial<Record<RelationName, string>>>;
}

/** The world: every thing by name. */
export type World = ReadonlyMap<string, Thing>;

let drawn: World | undefined;

/** The world; there is one. */
export function world(): World {
  return drawn ??= drawWorld();
}

function drawWorld(): World {
  const names = drawNames();
  const kinds = Object.keys(names) as Kind[];
  return new Map(kinds.flatMap((kind) =>
    names[kind].map((name) => {
      const values = relationsOf(kind).map((relation) => {
        const { to } = RELATIONS[relation];
        const choices: readonly string[] = to === "word" ? WORDS[relation as keyof typeof WORDS] : names[to];
        return [relation, choices[integer(keyOf(WORLD_VERSION, "world", name, relation), 0, choices.length)]];
      });
      return [name, { kind, name, values: Object.fromEntries(values) }] as const;
    })
  ));
}

function drawNames(): Record<Kind, string[]> {
  const joined = (endings: readonly string[]) => BEGINNINGS.flatMap((first) => endings.map((last) => first + last));
  const draw = (kind: Kind, all: string[]) => shuffled(all, keyOf(WORLD_VERSION, "names", kind)).slice(0, COUNTS[kind]);
  const people = joined(ENDINGS.family).flatMap((family) => FIRST_NAMES.map((first) => `${first} ${family}`));
  return {
    company: draw("company", joined(ENDINGS.company)),
    work: draw("work", joined(ENDINGS.work)),
    person: draw("person", people),
    town: draw("town", joined(ENDINGS.town)),
  };
}

/** A copy in an order that depends on the key alone. */
export function shuffled<T>(list: readonly T[], key: Key): T[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = integer(key, last, last + 1);
    [copy[last], copy[other]] = [copy[other], copy[last]];
  }
  return copy;
}
