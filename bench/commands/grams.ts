/**
 * `grams`: mines strategic grams, the phrases that plan (HICRA, arXiv 2509.03646), from right responses: of a file, or
 * of the demonstrations that the embedded base policy learned from.
 *
 * @module
 */

import {
  compileGrams,
  conditionalEntropy,
  countFollowing,
  countGrams,
  type GramCluster,
  type GramMatcher,
  mineStrategicGrams,
  type MiningOptions,
  planningMask,
  semanticEntropy,
} from "../../algorithms/mod.ts";
import { drawDemonstration } from "../../fixtures/demonstrations.ts";
import { keyOf } from "../../policy/random.ts";
import { gsm8k, type Task, tasks } from "../../tasks/mod.ts";
import { DataError } from "../../tasks/source/data_error.ts";
import type { Row } from "../../tasks/source/row.ts";
import { readRows } from "../../tasks/source/rows.ts";
import { unknown } from "../nearest.ts";
import { exitCodes, Refusal } from "../outcomes.ts";
import type { Exchange } from "../turns.ts";

/** Demonstrations that are drawn; half of them are right. */
const DEMONSTRATIONS = 2000;
/** Columns that may hold a response, the first that is there counts. */
const TEXT = ["response", "text", "solution", "answer"];
/** Columns that may say whether it is right. */
const LABELS = ["right", "correct"];
/** Most clusters, and most n-grams of one, that are listed. */
const LISTED = { clusters: 20, grams: 8 };

/** Options of {@linkcode grams}. */
export interface GramsCommandOptions {
  /**
   * A file with a column `response`, `text`, `solution` or `answer` and, if some are wrong, `right` or `correct`; or
   * the raw log of a run, `responses/step-*.jsonl` of a cell.
   */
  readonly responses?: string;
  /** Mine the embedded demonstrations. */
  readonly demonstrations?: boolean;
  /** Task whose grader says which responses are right, by the column `gold`. Default: the file's own labels. */
  readonly task?: string;
  /** Fewest and most words. Default 3 to 5, as in the paper; 1 to 5 for the demonstrations, whose phrases are short. */
  readonly words?: readonly [number, number];
  /** Share of the clusters that is kept. Default 0.2. */
  readonly share?: number;
  /** Least mean similarity within a cluster. Default 0.5. */
  readonly similarity?: number;
  /** Whether n-grams may contain numbers. Default false. */
  readonly numbers?: boolean;
  /** Print one JSON object instead of lines. */
  readonly json?: boolean;
  /** Where lines go. */
  readonly print?: (line: string) => void;
  /** Where a sentence about bad input goes. */
  readonly printError?: (line: string) => void;
}

/** The right responses of a source. */
interface Corpus {
  readonly source: string;
  /** SHA-256 of the file; `null` for the demonstrations. */
  readonly digest: string | null;
  /** Responses, right or wrong. */
  readonly responses: number;
  /** The right ones. */
  readonly right: readonly string[];
}

/** Runs the command. Exit code 0; 1 on bad input. */
export async function grams(options: GramsCommandOptions): Promise<number> {
  const { print = console.log, printError = (line) => console.error(`error: ${line}`) } = options;
  try {
    const corpus = await read(options);
    const { words = options.demonstrations ? [1, 5] : [3, 5], share = 0.2, similarity = 0.5, numbers = false } =
      options;
    report(corpus, { words, share, similarity, numbers }, options.json === true, print);
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof DataError)) throw error;
    printError(error.message);
    return exitCodes.error;
  }
}

async function read({ responses, demonstrations, task: name }: GramsCommandOptions): Promise<Corpus> {
  if (Boolean(demonstrations) === (responses !== undefined)) {
    throw new Refusal(
      "say what to mine: either --responses FILE or --demonstrations (what the base policy learned from).",
    );
  }
  if (name !== undefined && !Object.hasOwn(tasks, name)) throw new Refusal(unknown("task", name, Object.keys(tasks)));
  if (responses !== undefined) return await readFile(responses, name === undefined ? undefined : tasks[name]);
  if (name !== undefined && name !== gsm8k.name) {
    throw new Refusal(`there are demonstrations of the task ${gsm8k.name} only; leave --task out.`);
  }
  const problems = await gsm8k.problems({ split: "train" });
  const drawn = Array.from(
    { length: DEMONSTRATIONS },
    (_, index) => drawDemonstration(problems.at(index), keyOf(0, "demonstration", index)),
  );
  const right = drawn.filter(({ right }) => right).map(({ text }) => text);
  return { source: "embedded demonstrations", digest: null, responses: drawn.length, right };
}

async function readFile(path: string, task: Task | undefined): Promise<Corpus> {
  const { rows, digest } = await readRows(path, task ? { gold: "string" } : {});
  const responses = rows.flatMap(responsesOf);
  const right: string[] = [];
  for (const row of responses) {
    const response = textOf(row);
    if (await isRight(row, response, task)) right.push(ownPart(row, response));
  }
  if (right.length === 0) {
    throw new DataError(
      `${path}: none of its ${responses.length} responses is right; grams are mined from right ones.`,
    );
  }
  return { source: path, digest, responses: responses.length, right };
}

/** The responses of a row: itself, or all samples of a problem in the raw log that a run keeps. */
function responsesOf(row: Row): Row[] {
  const { gold, sampled } = row.values;
  if (!Array.isArray(sampled)) return [row];
  return sampled.map((values: unknown) => ({ ...row, values: { gold, ...values as object } }));
}

/** A logged response without what tools replied; a full stop stands there, so that no phrase is found across it. */
function ownPart({ values: { exchanges } }: Row, text: string): string {
  if (!Array.isArray(exchanges)) return text;
  let own = "", rest = text;
  for (const { query, reply } of exchanges as readonly Exchange[]) {
    if (!rest.startsWith(query + reply)) break;
    own += `${query} . `;
    rest = rest.slice(query.length + reply.length);
  }
  return own + rest;
}

function textOf({ where, values }: Row): string {
  const column = TEXT.find((name) => Object.hasOwn(values, name));
  if (column === undefined) {
    const there = Object.keys(values).join(", ") || "none";
    throw new DataError(`${where}: there is no column "response", "text", "solution" or "answer" (there: ${there}).`);
  }
  const text = values[column];
  if (typeof text !== "string") throw new DataError(`${where}: the column "${column}" is not a string.`);
  return text;
}

async function isRight({ where, line, values }: Row, response: string, task: Task | undefined): Promise<boolean> {
  if (task) {
    try {
      const problem = { id: String(line), question: "", gold: values.gold as string };
      return (await task.grade(problem, response)).rewards.accuracy === 1;
    } catch (error) {
      throw new DataError(`${where}: ${(error as Error).message}`, { cause: error });
    }
  }
  const label = LABELS.find((name) => Object.hasOwn(values, name));
  if (label === undefined) return true;
  const value = values[label];
  if (typeof value !== "boolean") throw new DataError(`${where}: the column "${label}" is not true or false.`);
  return value;
}

function report(
  corpus: Corpus,
  options: Required<Pick<MiningOptions, "words" | "share" | "similarity" | "numbers">>,
  json: boolean,
  print: (line: string) => void,
): void {
  const { source, digest, responses, right } = corpus;
  const { grams, clusters, solutions } = mineStrategicGrams(right, options);
  const matcher = compileGrams(grams);
  const semantic = semanticEntropy(countGrams(right, matcher));
  const following = conditionalEntropy(countFollowing(right, matcher));
  const marked = markedWords(right, matcher);
  if (json) {
    const found = { grams, markedWords: marked, semanticEntropy: semantic, followingEntropy: following, clusters };
    const counts = { responses, right: right.length, solutions };
    print(JSON.stringify({ source, digest, ...counts, options, ...found }, null, 2));
    return;
  }
  const [fewest, most] = options.words;
  const length = most === 1 ? "1 word" : `${fewest === most ? fewest : `${fewest} to ${most}`} words`;
  print(`${source}: ${responses} responses, ${right.length} right, ${solutions} of them distinct`);
  if (clusters.length === 0) {
    print(`no n-gram of ${length} stands in two of them${fewest > 1 ? "; try --words 1-5" : ""}`);
    return;
  }
  print("solutions  n-grams");
  const kept = clusters.filter(({ strategic }) => strategic);
  for (const cluster of kept.slice(0, LISTED.clusters)) print(line(cluster));
  const hidden = kept.length - LISTED.clusters;
  if (hidden > 0) {
    print(`${percent(kept[LISTED.clusters].frequency)}  and fewer: ${hidden} more that are kept (see --json)`);
  }
  const rest = clusters.length - kept.length;
  if (rest > 0) print(`${percent(clusters[kept.length].frequency)}  and fewer: ${rest} that are left out`);
  print(
    `strategic grams: ${grams.length}, of ${length}, in ${kept.length} of ${clusters.length} clusters; ` +
      `${percent(marked).trim()} of all words are in one`,
  );
  print(`semantic entropy: ${semantic.nats.toFixed(3)} nats (${semantic.bits.toFixed(3)} bits)`);
  print(`entropy of what follows a gram: ${following.nats.toFixed(3)} nats (${following.bits.toFixed(3)} bits)`);
}

/** Share of the words, as white space separates them, that a gram overlaps. */
function markedWords(texts: readonly string[], matcher: GramMatcher): number {
  let words = 0, marked = 0;
  for (const text of texts) {
    const pieces = text.match(/\s*\S+/g) ?? [];
    words += pieces.length;
    for (const planning of planningMask(pieces, matcher)) marked += planning;
  }
  return words === 0 ? 0 : marked / words;
}

function line({ frequency, grams }: GramCluster): string {
  const more = grams.length > LISTED.grams ? ` · and ${grams.length - LISTED.grams} more` : "";
  return `${percent(frequency)}  ${grams.slice(0, LISTED.grams).join(" · ")}${more}`;
}

/** A share in percent, as wide as the heading `solutions`. */
const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(9);
