/**
 * What a policy is asked to do: where problems come from, how a prompt is written, how an answer is graded. One file
 * per task, all of this shape. A task never sees a policy or an algorithm.
 *
 * @module
 */

import type { Verdict } from "./grading/verdict.ts";

/** One problem. `id` is stable across runs and machines; `gold` is what the grader compares with. */
export interface Problem {
  /** Name of the problem within all sources of its task. */
  readonly id: string;
  /** The question, as the source has it. */
  readonly question: string;
  /** The right answer, as the source has it. */
  readonly gold: string;
  /**
   * Further columns of the source (level, subject …), for records and filters. `solution` is the worked solution in the
   * form of a response, where the source has one; `strict` is the default of {@linkcode GradeOptions.strict}.
   */
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** A graded response. */
export interface Grade {
  /** Reward channels by name. Every task has `accuracy` in [0, 1]; `null` where a channel does not apply. */
  readonly rewards: Readonly<Record<string, number | null>>;
  /** The answer as read from the response, or null if none was found. */
  readonly answer: string | null;
  /** Why: for example `equal`, `different: 41 is not 42`, `no answer`. */
  readonly reason: string;
}

/** A reward for one step of a response (process supervision). */
export interface StepReward {
  /** Offset in the response, in UTF-16 units, behind the last character of the step. */
  readonly end: number;
  /** Reward of the step. */
  readonly reward: number;
}

/** An ordered, random-access list of problems; generated sources are longer than anyone needs. */
export interface Problems {
  /** Number of problems, `Infinity` for a generator. */
  readonly length: number;
  /** Problem at `index`; the same index always gives the same problem. */
  at(index: number): Problem;
  /** SHA-256 (hex) of the file, or of the generator's version and seed: part of a cell's identity. */
  readonly digest: string;
  /** For the record: `embedded`, a path, `hub:owner/name@commit:config/split`. */
  readonly source: string;
}

/** Which problems. */
export interface ProblemsOptions {
  /** Ignored by sources that are one split already: a file, or a data set of the hub whose source names a split. */
  readonly split: "train" | "test";
  /** `embedded` (default), a path, or `hub:OWNER/NAME[@REVISION][:CONFIG/SPLIT]`. */
  readonly source?: string;
  /** Seed of a generated source. Default 0. */
  readonly seed?: number;
}

/** How to grade. */
export interface GradeOptions {
  /**
   * Whether only an answer in the task's own form counts, or one that was merely found (and flagged in the reason).
   * Default: strict where the source's demonstrations teach the form (`embedded`), lenient for files.
   */
  readonly strict?: boolean;
}

/**
 * What answers the policy between the turns of a response: a search engine, a calculator. Text it writes is no choice of
 * the policy, so it stands outside loss and length.
 */
export interface Environment {
  /** Text that ends a turn of the policy, for example `</search>`; the text is part of the response. */
  readonly stops: readonly string[];
  /** Most replies in one response. A turn that asks for another ends the response. */
  readonly maxTurns: number;
  /** What may be called, as JSON schemas, where calls are those of a chat template, which writes them into the prompt. */
  readonly tools?: readonly object[];
  /**
   * The environment's answer to everything written so far (policy and tool text), or null if the response is finished.
   * The same response always gets the same reply.
   */
  reply(problem: Problem, response: string): Promise<string | null>;
}

/** A task as a plug-in. `Graded` is `Grade` for a task that grades at once, where callers may rely on it. */
export interface Task<Graded extends Grade | Promise<Grade> = Grade | Promise<Grade>> {
  /** Name on the command line and in records. */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /**
   * Problems of a split.
   *
   * @throws {DataError} one sentence naming file, line and reason if a file can't be used.
   */
  problems(options: ProblemsOptions): Promise<Problems>;
  /** The text the policy continues. */
  prompt(problem: Problem): string;
  /** What answers between turns; absent where a response is one turn. */
  readonly environment?: Environment;
  /** Grades a finished response (without special tokens), text of the environment included. */
  grade(problem: Problem, response: string, options?: GradeOptions): Graded;
  /** Whether a bare answer means the same as the gold answer; absent where answers are compared in responses only. */
  equivalent?(gold: string, answer: string): Verdict | Promise<Verdict>;
  /** Rewards of the steps of a response, in order; absent where the task has no process rewards. */
  gradeSteps?(problem: Problem, response: string): StepReward[];
  /** Phrases that mark planning in responses to this task (arXiv 2509.03646); absent where none are known. */
  readonly strategicGrams?: readonly string[];
}
