/**
 * `grade`: a task's grader, checked on known answers. Either a data set's own solutions, graded as if they were
 * responses (all must be right), or responses or pairs of answers with labels from elsewhere (how often the grader
 * agrees).
 *
 * @module
 */

import { type GradeOptions, type Problem, type Task, tasks, type Verdict } from "../../tasks/mod.ts";
import { DataError } from "../../tasks/source/data_error.ts";
import type { Row } from "../../tasks/source/row.ts";
import { readRows } from "../../tasks/source/rows.ts";
import { agreementLines, agreementOf, type Disagreement, percent } from "./agreement.ts";
import { unknown } from "../nearest.ts";
import { exitCodes, Refusal } from "../outcomes.ts";

/** Generated problems that `--gold` grades if no file is named. */
const EMBEDDED_COUNT = 1000;
/** Wrong gold solutions that are listed one by one; their number is always given. */
const LISTED = 20;

/** Options of {@linkcode grade}. */
export interface GradeCommandOptions {
  /** Name of a task. */
  readonly task: string;
  /** A data file of the task. Default: the embedded source. */
  readonly data?: string;
  /** Grade the data set's own solutions. */
  readonly gold?: boolean;
  /** A file of responses: columns `gold`, `response` (or `pred`) and `correct` (or `equal`). */
  readonly responses?: string;
  /** A file of bare answers: columns `gold` (or a list of right ones), `pred` and `equal`. */
  readonly pairs?: string;
  /** Whether only answers in the task's own form count. Default: the task's own rule. */
  readonly strict?: boolean;
  /** Print one JSON object instead of lines. */
  readonly json?: boolean;
  /** Where lines go. */
  readonly print?: (line: string) => void;
  /** Where a sentence about bad input goes. */
  readonly printError?: (line: string) => void;
}

/** Runs the command. Exit code 0; 1 on bad input; 100 if one of the data set's own solutions is graded wrong. */
export async function grade(options: GradeCommandOptions): Promise<number> {
  const { print = console.log, printError = (line) => console.error(`error: ${line}`) } = options;
  try {
    const task = Object.hasOwn(tasks, options.task) ? tasks[options.task] : undefined;
    if (!task) throw new Refusal(unknown("task", options.task, Object.keys(tasks)));
    const { gold, responses, pairs, data } = options;
    if ([gold, responses, pairs].filter(Boolean).length !== 1) {
      const choices = "either --gold (the data set's own solutions), --pairs FILE or --responses FILE";
      throw new Refusal(`say what to grade: ${choices}.`);
    }
    if (data !== undefined && !gold) {
      const other = pairs ? "--pairs" : "--responses";
      throw new Refusal(`--data has no effect with ${other}, whose rows hold the gold answers; leave one out.`);
    }
    if (pairs) return await gradePairs(task, options, print);
    return gold ? await gradeGold(task, options, print) : await gradeResponses(task, options, print);
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof DataError)) throw error;
    printError(error.message);
    return exitCodes.error;
  }
}

async function gradeGold(task: Task, options: GradeCommandOptions, print: (line: string) => void): Promise<number> {
  const problems = await task.problems({ split: "test", source: options.data });
  const graded = Math.min(problems.length, EMBEDDED_COUNT * (problems.length === Infinity ? 1 : Infinity));
  const wrong: { id: string; gold: string; answer: string | null; reason: string }[] = [];
  for (let index = 0; index < graded; index++) {
    const problem = problems.at(index);
    const solution = String(problem.meta?.solution ?? "");
    const { rewards, answer, reason } = await task.grade(problem, solution, strictness(options));
    if (rewards.accuracy !== 1) wrong.push({ id: problem.id, gold: problem.gold, answer, reason });
  }
  const right = graded - wrong.length;
  if (options.json) {
    const { source, digest } = problems;
    print(JSON.stringify({ task: task.name, source, digest, graded, right, wrong }, null, 2));
  } else {
    for (const { id, reason } of wrong.slice(0, LISTED)) print(`${id}: ${reason}`);
    if (wrong.length > LISTED) print(`… and ${wrong.length - LISTED} more`);
    print(`gold solutions of ${problems.source}: ${right}/${graded} right (${percent(right, graded)} %)`);
  }
  return wrong.length === 0 ? exitCodes.ok : exitCodes.gateFailed;
}

async function gradeResponses(
  task: Task,
  options: GradeCommandOptions,
  print: (line: string) => void,
): Promise<number> {
  const { rows, digest } = await readRows(options.responses!, { gold: "string" });
  const disagreements: Disagreement[] = [];
  const tally = { right: 0, form: 0, fallback: 0, none: 0 };
  let unparsed = 0, slowest = 0;
  await task.equivalent?.("0", "0");
  for (const row of rows) {
    const { values, where, line } = row;
    const gold = values.gold as string;
    const response = column(row, ["response", "pred"], "string");
    const label = column(row, ["correct", "equal"], "boolean");
    const problem: Problem = { id: String(line), question: "", gold };
    const start = performance.now();
    const { rewards, answer, reason } = await gradeRow(task, problem, response, where, strictness(options));
    slowest = Math.max(slowest, performance.now() - start);
    const right = rewards.accuracy === 1;
    if (rewards.parsed === 0) unparsed++;
    if (right) tally.right++;
    tally[answer === null ? "none" : rewards.format === 0 ? "fallback" : "form"]++;
    if (right !== label) disagreements.push({ where, label, gold, answer, reason });
  }
  const graded = rows.length, counts = agreementOf(graded, disagreements, { unparsed, slowest });
  const { agreed } = counts;
  if (options.json) {
    const { form, fallback, none, right } = tally;
    const answers = { form, fallback, none };
    const agreement = agreed / graded;
    const source = options.responses;
    print(
      JSON.stringify(
        { task: task.name, source, digest, ...counts, right, answers, agreement, disagreements },
        null,
        2,
      ),
    );
    return exitCodes.ok;
  }
  for (const disagreement of disagreements) print(describe(disagreement, "right", "wrong"));
  print(`graded: ${graded} responses, ${tally.right} right (${percent(tally.right, graded)} %)`);
  print(`answers: ${tally.form} in the task's form, ${tally.fallback} by the fallback, ${tally.none} none`);
  // Where an answer is a number there is nothing that can't be read, and no time worth a line.
  const lines = agreementLines(counts);
  for (const line of task.equivalent ? lines : lines.slice(0, 1)) print(line);
  return exitCodes.ok;
}

async function gradePairs(task: Task, options: GradeCommandOptions, print: (line: string) => void): Promise<number> {
  if (!task.equivalent) {
    const able = Object.values(tasks).filter(({ equivalent }) => equivalent).map(({ name }) => name).join(", ");
    throw new Refusal(`--pairs: the task ${task.name} does not compare bare answers (those that do: ${able}).`);
  }
  const source = options.pairs!;
  const { rows, digest } = await readRows(source, { pred: "string", equal: "boolean" });
  const disagreements: Disagreement[] = [];
  let unparsed = 0, slowest = 0;
  // The first comparison starts a thread; that is no part of a verdict's time.
  await task.equivalent("0", "0");
  for (const row of rows) {
    const { values, where } = row;
    const { pred, equal: label } = values as { pred: string; equal: boolean };
    const right = rightAnswers(row), gold = right.join(" or ");
    const start = performance.now();
    const { verdict, reason } = await bestVerdict(right.map((one) => () => task.equivalent!(one, pred)));
    slowest = Math.max(slowest, performance.now() - start);
    if (verdict === "unparsed") unparsed++;
    if ((verdict === "equal") !== label) disagreements.push({ where, label, gold, answer: pred, reason });
  }
  const counts = agreementOf(rows.length, disagreements, { unparsed, slowest });
  if (options.json) {
    const agreement = counts.agreed / counts.graded;
    print(JSON.stringify({ task: task.name, source, digest, ...counts, agreement, disagreements }, null, 2));
    return exitCodes.ok;
  }
  for (const disagreement of disagreements) print(describe(disagreement, "equal", "different"));
  for (const line of agreementLines(counts)) print(line);
  return exitCodes.ok;
}

/** The gold answers of a pair: a text, or a list of texts of which each is right. */
function rightAnswers({ values, where }: Row): readonly string[] {
  const { gold } = values;
  if (gold === undefined) {
    throw new DataError(`${where}: the column "gold" is missing (there: ${Object.keys(values).join(", ")}).`);
  }
  const right: unknown[] = Array.isArray(gold) ? gold : [gold];
  if (right.length > 0 && right.every((one) => typeof one === "string")) return right as string[];
  throw new DataError(`${where}: the column "gold" is not a string, nor a list of them.`);
}

/** The first verdict that is `equal`; else the first one. */
async function bestVerdict(comparisons: readonly (() => Verdict | Promise<Verdict>)[]): Promise<Verdict> {
  const first = await comparisons[0]();
  let found = first;
  for (let next = 1; next < comparisons.length && found.verdict !== "equal"; next++) found = await comparisons[next]();
  return found.verdict === "equal" ? found : first;
}

/** `file, line 3: labelled right, graded wrong (…)`. */
function describe({ where, label, gold, answer, reason }: Disagreement, yes: string, no: string): string {
  const pair = yes === "equal" ? ` ${JSON.stringify(gold)} and ${JSON.stringify(answer)}` : "";
  return `${where}:${pair} labelled ${label ? yes : no}, graded ${label ? no : yes} (${reason})`;
}

/** The value of the first of some columns that a row has. */
function column(row: Row, names: readonly string[], type: "string"): string;
function column(row: Row, names: readonly string[], type: "boolean"): boolean;
function column({ values, where }: Row, names: readonly string[], type: "string" | "boolean"): string | boolean {
  const name = names.find((one) => Object.hasOwn(values, one));
  if (name === undefined) {
    const there = Object.keys(values).join(", ");
    throw new DataError(`${where}: the column "${names[0]}" (or "${names[1]}") is missing (there: ${there}).`);
  }
  const value = values[name];
  if (type === "string" ? typeof value === "string" : typeof value === "boolean") return value as string | boolean;
  throw new DataError(`${where}: the column "${name}" is not a ${type}.`);
}

/** Grades a row; what is wrong with its gold answer is an error of the file. */
async function gradeRow(task: Task, problem: Problem, response: string, where: string, options: GradeOptions) {
  try {
    return await task.grade(problem, response, options);
  } catch (error) {
    throw new DataError(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

function strictness({ strict }: GradeCommandOptions): GradeOptions {
  return strict === undefined ? {} : { strict };
}
