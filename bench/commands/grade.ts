/**
 * `grade`: a task's grader, checked on known answers. Either a data set's own solutions, graded as if they were
 * responses (all must be right), or responses with labels from elsewhere (how often the grader agrees).
 *
 * @module
 */

import { type GradeOptions, type Problem, type Task, tasks } from "../../tasks/mod.ts";
import { DataError } from "../../tasks/source/data_error.ts";
import { readRows } from "../../tasks/source/rows.ts";
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
  /** A file of responses: columns `gold`, `response` and, for agreement, `correct`. */
  readonly responses?: string;
  /** Whether only answers in the task's own form count. Default: the task's own rule. */
  readonly strict?: boolean;
  /** Print one JSON object instead of lines. */
  readonly json?: boolean;
  /** Where lines go. */
  readonly print?: (line: string) => void;
  /** Where a sentence about bad input goes. */
  readonly printError?: (line: string) => void;
}

/** A response that was graded otherwise than its label says. */
interface Disagreement {
  readonly where: string;
  readonly label: boolean;
  readonly gold: string;
  readonly answer: string | null;
  readonly reason: string;
}

/** Runs the command. Exit code 0; 1 on bad input; 100 if one of the data set's own solutions is graded wrong. */
export async function grade(options: GradeCommandOptions): Promise<number> {
  const { print = console.log, printError = (line) => console.error(`error: ${line}`) } = options;
  try {
    const task = Object.hasOwn(tasks, options.task) ? tasks[options.task] : undefined;
    if (!task) throw new Refusal(unknown("task", options.task, Object.keys(tasks)));
    if (Boolean(options.gold) === Boolean(options.responses)) {
      throw new Refusal("say what to grade: either --gold (the data set's own solutions) or --responses FILE.");
    }
    if (options.responses !== undefined && options.data !== undefined) {
      throw new Refusal("--data has no effect with --responses, whose rows hold the gold answers; leave one out.");
    }
    return options.gold ? await gradeGold(task, options, print) : await gradeResponses(task, options, print);
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
  const { rows, digest } = await readRows(options.responses!, {
    gold: "string",
    response: "string",
    correct: "boolean",
  });
  const disagreements: Disagreement[] = [];
  const tally = { right: 0, form: 0, fallback: 0, none: 0 };
  for (const { values, where, line } of rows) {
    const { gold, response, correct: label } = values as { gold: string; response: string; correct: boolean };
    const problem: Problem = { id: String(line), question: "", gold };
    const { rewards, answer, reason } = await gradeRow(task, problem, response, where, strictness(options));
    const right = rewards.accuracy === 1;
    if (right) tally.right++;
    tally[answer === null ? "none" : rewards.format === 0 ? "fallback" : "form"]++;
    if (right !== label) disagreements.push({ where, label, gold, answer, reason });
  }
  const graded = rows.length, agreed = graded - disagreements.length;
  if (options.json) {
    const { form, fallback, none, right } = tally;
    const answers = { form, fallback, none };
    const agreement = agreed / graded;
    const source = options.responses;
    print(
      JSON.stringify(
        { task: task.name, source, digest, graded, right, answers, agreed, agreement, disagreements },
        null,
        2,
      ),
    );
    return exitCodes.ok;
  }
  for (const { where, label, reason } of disagreements) {
    print(`${where}: labelled ${label ? "right" : "wrong"}, graded ${label ? "wrong" : "right"} (${reason})`);
  }
  print(`graded: ${graded} responses, ${tally.right} right (${percent(tally.right, graded)} %)`);
  print(`answers: ${tally.form} in the task's form, ${tally.fallback} by the fallback, ${tally.none} none`);
  print(`agreement: ${agreed}/${graded} (${percent(agreed, graded)} %)`);
  return exitCodes.ok;
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

/** A share in percent with two digits, rounded down: 100.00 means all. */
function percent(part: number, whole: number): string {
  return (Math.floor((part * 10000) / whole) / 100).toFixed(2);
}
