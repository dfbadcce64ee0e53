/**
 * Runs a cell whose algorithm changes the prompt, from its start or its last checkpoint to its end.
 *
 * Steps are counted as for algorithms that change weights: a step is `promptsPerStep × groupSize` responses. An
 * algorithm's own steps take what they take; those that end within the same counted step share a line, and one that
 * passes several moves on by as many, as one that replaces groups does. An evaluation after step n is of the prompt
 * that no more than n steps' responses went into.
 *
 * Every reply is written to `replies.jsonl` when it arrives, and a step that was under way when the process died is given
 * them again: nothing that was sampled or paid for is asked for twice.
 *
 * @module
 */
import {
  type ContextAlgorithm,
  type ContextState,
  type Models,
  type RecordedReply,
  type Reflection,
  runStep,
  type StepResult,
} from "../../algorithms/mod.ts";
import type { Policy } from "../../policy/policy.ts";
import { canonical, sha256 } from "../canonical.ts";
import type { Cell } from "../cell.ts";
import { evaluate, evaluationsDue } from "../evaluate.ts";
import { Interruption, Refusal } from "../outcomes.ts";
import type { CellRecord, CellResult, Checkpoint } from "../records.ts";
import type { CellParts, RunCellOptions, TimingLine } from "../run_cell.ts";
import { Stopwatch } from "../step/parts.ts";
import { policyRollouts, type RecordedRollout } from "./models.ts";
import { promptedTask } from "./prompted.ts";
import { openReflector } from "./reflector.ts";
import { contextRecord, type Happened } from "./record.ts";
import { openReplies, type Replies } from "./replies.ts";
import { problemsFor, settingOf } from "./setting.ts";

/** The parts of a cell that learns a prompt. */
export interface ContextCellParts extends CellParts {
  /** The configured algorithm. */
  algorithm: ContextAlgorithm;
}

/** Lets signals and messages in. */
const breathe = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/**
 * Runs the cell of an open record to its end.
 *
 * @throws {Interruption} if the options' signal stopped it, after a checkpoint
 */
export async function continueContextCell(
  cell: Cell,
  parts: ContextCellParts,
  options: RunCellOptions,
  record: CellRecord,
): Promise<CellResult> {
  const checkpoint = await record.resume();
  if (options.environment !== undefined) await record.note("environment.json", options.environment);
  if (checkpoint?.step) options.onResume?.(checkpoint.step);
  const { replay } = options, recording = { directory: replay ?? record.directory, replay: replay !== undefined };
  const reflect = await openReflector(parts.reflector, recording);
  const policy = await parts.openPolicy({ recording });
  const replies = await openReplies(record.directory);
  try {
    if (await policy.digest() !== cell.identity.policy.digest) {
      throw new Refusal(
        `policy ${cell.sources.policy}: its weights are not those the cell was recorded with; restore them or run the suite again.`,
      );
    }
    return await new ContextRun(cell, parts, options, record, policy, reflect, replies, checkpoint).run();
  } finally {
    replies.close();
    await policy.dispose();
  }
}

/** A cell on its way. */
class ContextRun {
  readonly #setting;
  readonly #watch: Stopwatch;
  readonly #models: Models;
  #state: ContextState;
  /** Counted steps done: that of the last line. */
  #step: number;
  /** Step up to which evaluations are recorded. */
  #evaluated = -1;
  #evaluationSeconds = 0;

  constructor(
    readonly cell: Cell,
    readonly parts: ContextCellParts,
    readonly options: RunCellOptions,
    readonly record: CellRecord,
    readonly policy: Policy,
    reflect: NonNullable<Models["reflect"]>,
    readonly replies: Replies,
    checkpoint?: Checkpoint,
  ) {
    const { task, algorithm, train } = parts, { seed, training } = cell.identity;
    const problems = problemsFor(train, seed);
    this.#setting = settingOf(task, problems, cell.identity);
    this.#watch = new Stopwatch(options.clock);
    this.#models = {
      rollOut: policyRollouts({ policy, task, problems, training, seed }, this.#watch),
      reflect: (requests, reply) => this.#watch.time("algorithm", () => reflect(requests, reply)),
    };
    this.#state = checkpoint?.state as ContextState | undefined ?? algorithm.start(this.#setting);
    this.#step = checkpoint?.step ?? 0;
  }

  get #now(): number {
    return this.options.clock?.() ?? 0;
  }

  /** Counted step that so many responses end in. */
  #stepOf({ spent: { responses } }: ContextState): number {
    const { promptsPerStep, groupSize } = this.cell.identity.training;
    return Math.max(1, Math.ceil(responses / (promptsPerStep * groupSize)));
  }

  async run(): Promise<CellResult> {
    const { steps } = this.cell.identity.training;
    // A line is complete when the step of the algorithm behind it is known to end in a later counted step.
    let ahead: Taken | undefined = await this.#take(this.#state);
    const before = this.#stepOf(ahead.result.state) - 1;
    if (this.#step > 0) this.#evaluated = before;
    else {
      await this.#evaluateUpTo(before);
      this.#time(0, [], this.#now);
    }
    while (ahead) {
      if (this.options.signal?.aborted) throw new Interruption(`stopped after step ${this.#step}.`);
      ahead = await this.#line(ahead);
      await breathe();
    }
    const hash = this.record.hash, weights = sha256(canonical(this.#state));
    const learned = this.parts.algorithm.context(this.#state, this.#setting);
    const text = JSON.stringify({ context: learned, state: this.#state }, null, 2) + "\n";
    const result = { id: this.cell.id, steps, hash, weights };
    await this.record.finish({ save: (directory) => saveText(directory, "context.json", text) }, result);
    await this.replies.remove();
    return result;
  }

  /** Steps of the algorithm until one ends in another counted step, and the line of those before. Returns that one. */
  async #line(first: Taken): Promise<Taken | undefined> {
    const { record, options, parts: { algorithm } } = this, { training } = this.cell.identity;
    const taken = [first], happened = { rollouts: [] as RecordedRollout[], reflections: [] as Reflection[] };
    let metrics: Happened["metrics"] = {}, state = this.#state, next = first;
    const step = this.#stepOf(next.result.state);
    while (true) {
      ({ state, metrics } = next.result);
      happened.rollouts.push(...next.rollouts);
      happened.reflections.push(...next.reflections);
      if (state.done) break;
      next = await this.#take(state);
      if (this.#stepOf(next.result.state) > step) break;
      taken.push(next);
    }
    const start = this.#now;
    this.#state = state;
    this.#step = step;
    const weights = sha256(canonical(state));
    // Nobody was asked: few-shot prompting with labelled examples has evaluations only.
    if (happened.rollouts.length + happened.reflections.length > 0) {
      const context = algorithm.context(state, this.#setting);
      const body = contextRecord(step, training.rewards, { ...happened, metrics }, state, context);
      const line = record.chain("steps.jsonl", { ...body, weights });
      options.onLine?.(line);
    }
    // The prompt of this line is the one of every step until the next one's responses are all sampled.
    await this.#evaluateUpTo(state.done ? training.steps : this.#stepOf(next.result.state) - 1);
    this.#time(step, taken, start);
    if (!state.done) await this.#save(weights);
    return state.done ? undefined : next;
  }

  /** One step of the algorithm, with the replies that an earlier process recorded of it. */
  async #take(state: ContextState): Promise<Taken> {
    const taken: RecordedReply[] = [...this.replies.of(state.step)];
    const start = this.#now, before = { ...this.#watch.seconds };
    const result = await runStep(this.parts.algorithm, state, this.#setting, this.#models, {
      recorded: [...taken],
      record: (entry) => {
        taken.push(entry);
        this.replies.write(state.step, entry);
      },
    });
    const total = (this.#now - start) / 1000, seconds: Taken["seconds"] = {};
    for (const part of typedKeys(this.#watch.seconds)) {
      seconds[part] = (this.#watch.seconds[part] ?? 0) - (before[part] ?? 0);
    }
    taken.sort((a, b) => a.round - b.round || a.index - b.index);
    const all = taken.map(({ reply }) => reply);
    return {
      result,
      rollouts: all.filter((reply) => "score" in reply) as RecordedRollout[],
      reflections: all.filter((reply) => !("score" in reply)) as Reflection[],
      seconds,
      total,
    };
  }

  /** Makes everything up to the last line count; replies of steps behind it are kept, those before are not needed. */
  async #save(weights: string): Promise<void> {
    // The policy is as it was: there is no file to name.
    const nothing = { save: () => Promise.resolve({ policy: "" }) };
    await this.record.checkpoint(nothing, { step: this.#step, prompts: 0, weights, state: this.#state });
    await this.replies.forget(this.#state.step);
  }

  /** Evaluates the prompt of the state once and records that for every step up to `last` after which one is due. */
  async #evaluateUpTo(last: number): Promise<void> {
    const { training: { maxTokens, maxTotalTokens, steps }, evaluation, seed } = this.cell.identity;
    const due = evaluationsDue(evaluation, this.#evaluated, last);
    if (last === steps && this.#evaluated < last && due.at(-1) !== last) due.push(last);
    this.#evaluated = Math.max(this.#evaluated, last);
    if (due.length === 0) return;
    const start = this.#now, { task, test: problems, algorithm } = this.parts;
    const prompted = promptedTask(task, algorithm.context(this.#state, this.#setting));
    const parts = { policy: this.policy, task: prompted, problems, evaluation, maxTokens, maxTotalTokens, seed };
    const outcome = await evaluate(parts, due[0]);
    for (const step of due) {
      if (step === 0 || step === steps) await this.record.responses(step, outcome.responses);
      const line = this.record.chain("evaluations.jsonl", { ...outcome.record, step });
      this.options.onLine?.(line);
    }
    this.#evaluationSeconds += (this.#now - start) / 1000;
  }

  /** The line of timing: the seconds of these steps of the algorithm, and of evaluations and records since `start`. */
  #time(step: number, taken: readonly Taken[], start: number): void {
    if (!this.options.clock) return;
    const evaluate = this.#evaluationSeconds, seconds: Taken["seconds"] = {};
    let total = (this.#now - start) / 1000 - evaluate;
    for (const one of taken) {
      total += one.total;
      for (const part of typedKeys(one.seconds)) seconds[part] = (seconds[part] ?? 0) + one.seconds[part]!;
    }
    const line: TimingLine = step === 0
      ? { step, evaluate }
      : { step, ...seconds, evaluate, memory: Deno.memoryUsage().rss, total };
    this.record.append("timing.jsonl", line);
    this.#evaluationSeconds = 0;
  }
}

const typedKeys = <T extends object>(object: T) => Object.keys(object) as (keyof T)[];

/** An algorithm's step, and what was replied in it. */
interface Taken {
  result: StepResult<ContextState>;
  rollouts: RecordedRollout[];
  reflections: Reflection[];
  /** Seconds by part. */
  seconds: Partial<Stopwatch["seconds"]>;
  /** Seconds in all. */
  total: number;
}

/** Writes a directory with one file. */
async function saveText(directory: string, name: string, text: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeTextFile(`${directory}/${name}`, text);
}
