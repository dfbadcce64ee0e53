/**
 * Runs one cell from start, or from its last checkpoint, to its end.
 *
 * Steps are counted in sampled prompts, which are what all algorithms get the same number of: `promptsPerStep` are one
 * step. Most update once per step; one that replaces groups samples more for an update, and then moves on by more than
 * one. Warm-up, evaluations, checkpoints and refreshes of the reference go by that counter: they happen when a multiple
 * of their interval is reached or passed.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Algorithm } from "../algorithms/algorithm.ts";
import type { Context, ContextAlgorithm } from "../algorithms/mod.ts";
import type { Problems, Task } from "../tasks/task.ts";
import { canonical } from "./canonical.ts";
import type { Cell } from "./cell.ts";
import { changesPrompt } from "./context/family.ts";
import type { ReflectorSource } from "./context/reflector.ts";
import { continueContextCell } from "./context/run_context_cell.ts";
import { type Asked, askedOf, evaluate, type EvaluationRecord, evaluationsDue } from "./evaluate.ts";
import { Models, type OpenModels } from "./models.ts";
import { requireServed, taughtTask } from "./needs.ts";
import { requireUnmoved } from "./gates.ts";
import { GateFailure, Interruption, Refusal } from "./outcomes.ts";
import { CellRecord, type CellResult, type Checkpoint, readJournal } from "./records.ts";
import type { Timing } from "./rollout.ts";
import { type StepRecord, trainStep } from "./step.ts";
import { Stopwatch } from "./step/parts.ts";

/** The parts of a cell, opened. */
export interface CellParts extends OpenModels {
  /** The configured algorithm, which trains weights or learns a prompt. */
  algorithm: Algorithm | ContextAlgorithm;
  /** The model that reflects, where a prompt is learned; absent: the embedded rules. */
  reflector?: ReflectorSource;
  /** The task. */
  task: Task;
  /** Training problems. */
  train: Problems;
  /** Held-out problems. */
  test: Problems;
}

/** The parts of a cell that trains weights. */
export interface WeightParts extends CellParts {
  /** The configured algorithm. */
  algorithm: Algorithm;
}

/** A line of `steps.jsonl`. */
export interface StepLine extends StepRecord {
  /**
   * Digest of the weights and the optimizer state after the step, with a critic of both networks; absent between
   * checkpoints. Where a prompt is learned, of the algorithm's state.
   */
  weights?: string;
  /** The prompt after the step, where one is learned. */
  context?: Context;
  /** Digest of the reference policy, if it was refreshed after the step. */
  reference?: string;
  /** Hash over this line and all before it. */
  hash: string;
}

/** A line of `evaluations.jsonl`. */
export interface EvaluationLine extends EvaluationRecord {
  /** Hash over this line and all before it. */
  hash: string;
}

/** A line of `timing.jsonl`: seconds, outside the chain. */
export interface TimingLine {
  /** Training steps done. */
  step: number;
  /** Prompts to tokens and sampling, with the replies of tools. */
  rollout?: number;
  /** Of these: the replies of tools. Absent where the task has none. */
  tools?: number;
  /** Grading. */
  grade?: number;
  /** Selection, credit, loss and its derivative. */
  algorithm?: number;
  /** Scores. */
  score?: number;
  /** Gradients and optimizer. */
  update?: number;
  /** The evaluation after this step. */
  evaluate?: number;
  /** Of these: sampling and scoring, without the replies of tools. Absent in records that are older. */
  evaluatePolicy?: number;
  /** Resident memory of the process in bytes. */
  memory?: number;
  /** Digest and journals of this step, and the checkpoint before it. */
  record?: number;
  /** The whole step from its first sample to its line in the record, without evaluations. */
  total?: number;
  /**
   * What passed since the line before that is neither of the step nor of an evaluation; before the first line of a
   * process, since the cell was taken up. Absent in records that are older.
   */
  other?: number;
  /** What passed since the line before until the cell was finished: the last line. */
  finish?: number;
}

/** How a cell is run. */
export interface RunCellOptions {
  /** Directory of the record. */
  directory: string;
  /** Milliseconds; only for the timing columns. Absent: no times. */
  clock?: () => number;
  /** What the clock said when the cell was taken up. Default: when this is called. */
  since?: number;
  /** Asks the run to stop after the step under way. */
  signal?: AbortSignal;
  /** Called with every line that enters the chain. */
  onLine?: (line: StepLine | EvaluationLine) => void;
  /** Called with the number of steps that an earlier process did, if there are any. */
  onResume?: (step: number) => void;
  /** Directory of a record whose answers of models behind endpoints are given again, without a network. Absent: they are asked. */
  replay?: string;
  /** Written to `environment.json`. */
  environment?: unknown;
}

/** Lets signals and messages in: a policy that never waits would otherwise keep them out. A timer would wait longer. */
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * Runs a cell; a finished one only returns its result.
 *
 * @throws {GateFailure} if a health gate stopped it, noted in `failure.json`
 * @throws {Interruption} if `signal` stopped it, after a checkpoint
 */
export async function runCell(cell: Cell, parts: CellParts, options: RunCellOptions): Promise<CellResult> {
  const { clock, since = clock?.() } = options;
  const record = await CellRecord.open(options.directory, cell);
  try {
    const result = await record.result();
    if (result) return result;
    const { algorithm } = parts;
    return changesPrompt(algorithm)
      ? await continueContextCell(cell, { ...parts, algorithm }, options, record)
      : await continueCell(cell, { ...parts, algorithm }, { ...options, since }, record);
  } catch (error) {
    if (error instanceof GateFailure) await record.fail(cell.id, error);
    throw error;
  } finally {
    record.close();
  }
}

async function continueCell(
  cell: Cell,
  parts: WeightParts,
  options: RunCellOptions,
  record: CellRecord,
): Promise<CellResult> {
  const { algorithm, task } = parts, { training } = cell.identity;
  const { directory, signal } = options;
  requireServed(algorithm, training, task);
  const checkpoint = await record.resume();
  if (options.environment !== undefined) await record.note("environment.json", options.environment);
  if (checkpoint?.step) options.onResume?.(checkpoint.step);
  const models = await Models.open(directory, algorithm.needs, parts, checkpoint);
  try {
    const { device } = models.policy;
    if (device) await record.note("device.json", device);
    await requireRecorded(cell, models, directory, checkpoint);
    const [first] = checkpoint ? await readJournal<EvaluationLine>(`${directory}/evaluations.jsonl`) : [];
    const run = new Run(cell, parts, options, record, models, checkpoint, first?.digest);
    if (!checkpoint) await run.begin();
    while (run.step < training.steps) {
      if (signal?.aborted) {
        await run.save();
        throw new Interruption(`stopped after step ${run.step}.`);
      }
      await run.advance();
      await breathe();
    }
    const result: CellResult = {
      id: cell.id,
      steps: run.step,
      hash: record.hash,
      weights: await run.weights(),
    };
    await record.finish(models.policy, result, () => run.finishing());
    return result;
  } finally {
    await models.dispose();
  }
}

/** Refuses weights that are not those of the checkpoint, or not those that the cell starts with. */
async function requireRecorded(cell: Cell, models: Models, directory: string, checkpoint?: Checkpoint): Promise<void> {
  if (!checkpoint) {
    if (await models.policy.digest() === cell.identity.policy.digest) return;
    throw new Refusal(
      `policy ${cell.sources.policy}: its weights are not those the cell was recorded with; restore them or run the suite again.`,
    );
  }
  if (await models.digest() === checkpoint.weights) return;
  throw new Refusal(
    `${directory}/${checkpoint.policy}: the weights are not those of the record; delete ${directory} to run the cell again.`,
  );
}

/** Whether a multiple of `interval` is above `before` and not above `step`. */
function reached(interval: number, before: number, step: number): boolean {
  return Math.floor(step / interval) > Math.floor(before / interval);
}

/** A cell on its way: what changes from step to step. */
class Run {
  /** Training steps done. */
  step: number;
  /** Prompts sampled so far. */
  #prompts: number;
  #state: unknown;
  #weights: string | undefined;
  #savedStep: number;
  #savingSeconds = 0;
  #evaluationSeconds: number | undefined;
  #evaluationPolicySeconds = 0;
  /** What the clock said at the last line of `timing.jsonl`. */
  #told: number;
  /** What every evaluation asks. */
  #asked: Asked | undefined;
  /** Digest of the evaluation before training. */
  #untrained: string | undefined;

  constructor(
    readonly cell: Cell,
    readonly parts: WeightParts,
    readonly options: RunCellOptions,
    readonly record: CellRecord,
    readonly models: Models,
    checkpoint?: Checkpoint,
    untrained?: string,
  ) {
    this.#untrained = untrained;
    this.#told = options.since ?? 0;
    this.step = checkpoint?.step ?? 0;
    this.#prompts = checkpoint?.prompts ?? 0;
    this.#state = checkpoint?.state ?? undefined;
    this.#savedStep = checkpoint?.step ?? -1;
  }

  /** What the held-out problems, and their prompts as tokens, follow from. */
  get #held(): string {
    const { identity: { task, policy: { digest }, evaluation: { problems, offset } }, sources: { policy } } = this.cell;
    return canonical([task, digest, policy, problems, offset ?? 0]);
  }

  get #now(): number {
    return this.options.clock?.() ?? 0;
  }

  /** Digest of everything that is trained. */
  async weights(): Promise<string> {
    return this.#weights ??= await this.models.digest();
  }

  /** Evaluates the policy before training. */
  async begin(): Promise<void> {
    await this.#evaluateAt([0]);
    this.#tell({ step: 0 }, 0);
  }

  /** The line that says how long it took to finish; undefined without a clock. */
  finishing(): TimingLine | undefined {
    return this.options.clock && { step: this.step, finish: (this.#now - this.#told) / 1000 };
  }

  /** Writes how long everything took since the last line. */
  #tell(line: TimingLine, total: number): void {
    if (!this.options.clock) return;
    const now = this.#now, evaluate = this.#evaluationSeconds;
    this.record.append(
      "timing.jsonl",
      {
        ...line,
        ...evaluate !== undefined && { evaluate, evaluatePolicy: this.#evaluationPolicySeconds },
        other: (now - this.#told) / 1000 - total - (evaluate ?? 0),
      } satisfies TimingLine,
    );
    this.#told = now;
  }

  /** Makes everything up to here count, unless it does already. */
  async save(): Promise<void> {
    if (this.#savedStep === this.step) return;
    const start = this.#now;
    await this.record.checkpoint(
      this.models,
      { step: this.step, prompts: this.#prompts, weights: await this.weights(), state: this.#state ?? null },
    );
    this.#savedStep = this.step;
    this.#savingSeconds = (this.#now - start) / 1000;
  }

  /** One training step, with the evaluations and the checkpoint that are due. */
  async advance(): Promise<void> {
    const { cell, parts, options, record, models } = this, { algorithm, train: problems } = parts;
    const { training, evaluation, gates, seed } = cell.identity,
      task = taughtTask(parts.task, training),
      { policy, critic, reference } = models;
    const before = this.step, begin = this.#now;
    this.#evaluationSeconds = this.#weights = undefined;
    this.#evaluationPolicySeconds = 0;
    const outcome = await trainStep(
      { policy, critic, reference, task, problems, algorithm, training, gates, seed, clock: options.clock },
      this.#prompts,
      this.#state,
      {
        probeInterval: evaluation.interval,
        // A step with more prompts than usual may pass one after which an evaluation is due. With the samples up to
        // there the policy is the one before the update: so curves have the same steps for all algorithms, and no
        // policy has seen more samples than its step says.
        beforeUpdate: (step) => this.#evaluateAt(evaluationsDue(evaluation, before, step - 1)),
      },
    );
    const step = this.step = outcome.record.step, ends = step === training.steps;
    const due = (interval: number) => reached(interval, before, step);
    this.#prompts += outcome.record.prompts;
    this.#state = outcome.state;
    const start = this.#now;
    const saved = ends || due(training.checkpointInterval);
    const weights = saved ? await this.weights() : undefined;
    const every = algorithm.needs.refreshReferenceEvery;
    const fresh = every !== undefined && !ends && due(every) ? await models.refreshReference() : undefined;
    const line = record.chain("steps.jsonl", {
      ...outcome.record,
      ...weights !== undefined && { weights },
      ...fresh !== undefined && { reference: fresh },
    });
    options.onLine?.(line);
    // The checkpoint before this step is told of here: its own line was written before it.
    const saving = this.#savingSeconds, recording = saving + (this.#now - start) / 1000;
    this.#savingSeconds = 0;
    const total = (this.#now - begin) / 1000 - (this.#evaluationSeconds ?? 0) + saving;
    if (ends || evaluationsDue(evaluation, step - 1, step).length > 0) await this.#evaluateAt([step]);
    this.#tell({ step, ...outcome.seconds, memory: Deno.memoryUsage().rss, record: recording, total }, total);
    if (saved && !ends) await this.save();
  }

  /** Evaluates the policy as it is, once, and records that as the evaluation after each of these steps. */
  async #evaluateAt(steps: readonly number[]): Promise<void> {
    if (steps.length === 0) return;
    const { models, models: { policy }, parts: { task, test: problems }, record } = this;
    const { training: { learningRate, maxTokens, maxTotalTokens, steps: last }, evaluation, seed } = this.cell.identity;
    const start = this.#now, watch = new Stopwatch(this.options.clock);
    const base = steps[0] === 0 ? undefined : await models.base();
    const time: Timing = (part, work) => watch.time(part, work);
    const parts = { policy, base, task, problems, evaluation, maxTokens, maxTotalTokens, seed, time };
    const outcome = await evaluate(parts, steps[0], this.#asked ??= askedOf(parts, this.#held));
    this.#untrained ??= outcome.record.digest;
    if (learningRate === 0) requireUnmoved(steps[0], this.#untrained, outcome.record.digest);
    for (const step of steps) {
      if (step === 0 || step === last) await record.responses(step, outcome.responses);
      const line = record.chain("evaluations.jsonl", { ...outcome.record, step });
      this.options.onLine?.(line);
    }
    const { rollout, score, tools = 0 } = watch.seconds;
    this.#evaluationPolicySeconds += rollout + score - tools;
    this.#evaluationSeconds = (this.#evaluationSeconds ?? 0) + (this.#now - start) / 1000;
  }
}
