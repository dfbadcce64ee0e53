/**
 * Runs one cell from start, or from its last checkpoint, to its end.
 *
 * @module
 */
import type { Algorithm } from "../algorithms/algorithm.ts";
import type { Policy } from "../policy/policy.ts";
import type { Problems, Task } from "../tasks/task.ts";
import type { Cell } from "./cell.ts";
import { evaluate, type EvaluationRecord } from "./evaluate.ts";
import { GateFailure, Interruption, Refusal } from "./outcomes.ts";
import { CellRecord, type CellResult } from "./records.ts";
import { type StepRecord, trainStep } from "./step.ts";
import type { Training } from "./suite.ts";

/** The parts of a cell, opened. */
export interface CellParts {
  /** The configured algorithm. */
  algorithm: Algorithm;
  /** The task. */
  task: Task;
  /** Training problems. */
  train: Problems;
  /** Held-out problems. */
  test: Problems;
  /** Opens the cell's starting policy, or the one saved in `directory`. */
  openPolicy: (directory?: string) => Promise<Policy>;
}

/** A line of `steps.jsonl`. */
export interface StepLine extends StepRecord {
  /** Digest of the weights and the optimizer state after the step; absent between checkpoints. */
  weights?: string;
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
  /** Sampling and grading. */
  rollout?: number;
  /** Scores. */
  score?: number;
  /** Gradients and optimizer. */
  update?: number;
  /** The evaluation after this step. */
  evaluate?: number;
  /** Resident memory of the process in bytes. */
  memory?: number;
  /** Digest and journals of this step, and the checkpoint before it. */
  record?: number;
}

/** How a cell is run. */
export interface RunCellOptions {
  /** Directory of the record. */
  directory: string;
  /** Milliseconds; only for the timing columns. Absent: no times. */
  clock?: () => number;
  /** Asks the run to stop after the step under way. */
  signal?: AbortSignal;
  /** Called with every line that enters the chain. */
  onLine?: (line: StepLine | EvaluationLine) => void;
  /** Called with the number of steps that an earlier process did, if there are any. */
  onResume?: (step: number) => void;
  /** Written to `environment.json`. */
  environment?: unknown;
}

/** Refuses an algorithm that needs what this runner or these settings do not give, before anything runs. */
export function requireServed({ name, needs }: Algorithm, training: Training): void {
  const { groupSize, reference: _served, channels = [], minibatches = 1, ...others } = needs;
  for (const [part, needed] of Object.entries(others)) {
    if (needed) throw new Refusal(`${name} needs ${part}, which this runner does not serve yet; leave it out.`);
  }
  if (training.groupSize < groupSize) {
    throw new Refusal(
      `${name} needs at least ${groupSize} responses per prompt, not ${training.groupSize}; raise groupSize.`,
    );
  }
  if (training.minibatches < minibatches) {
    throw new Refusal(
      `${name} needs at least ${minibatches} minibatches per rollout batch, not ${training.minibatches}; raise minibatches.`,
    );
  }
  const missing = channels.find((channel) => !training.rewards.includes(channel));
  if (missing !== undefined) throw new Refusal(`${name} needs the reward channel "${missing}"; add it to rewards.`);
}

/** Lets signals and messages in: a policy that never waits would otherwise keep them out. */
const breathe = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/**
 * Runs a cell; a finished one only returns its result.
 *
 * @throws {GateFailure} if a health gate stopped it, noted in `failure.json`
 * @throws {Interruption} if `signal` stopped it, after a checkpoint
 */
export async function runCell(cell: Cell, parts: CellParts, options: RunCellOptions): Promise<CellResult> {
  const record = await CellRecord.open(options.directory, cell);
  try {
    return await record.result() ?? await continueCell(cell, parts, options, record);
  } catch (error) {
    if (error instanceof GateFailure) await record.fail(cell.id, error);
    throw error;
  } finally {
    record.close();
  }
}

async function continueCell(
  cell: Cell,
  parts: CellParts,
  options: RunCellOptions,
  record: CellRecord,
): Promise<CellResult> {
  const { algorithm, task } = parts;
  const { training, evaluation, gates, seed } = cell.identity;
  const { directory, clock, signal, onLine } = options;
  requireServed(algorithm, training);
  const checkpoint = await record.resume();
  if (options.environment !== undefined) await record.note("environment.json", options.environment);
  if (checkpoint?.step) options.onResume?.(checkpoint.step);

  const policy = await parts.openPolicy(checkpoint?.policy ? `${directory}/${checkpoint.policy}` : undefined);
  const reference = algorithm.needs.reference ? await parts.openPolicy() : undefined;
  try {
    let step = checkpoint?.step ?? 0;
    let state: unknown = checkpoint?.state ?? undefined;
    let weights = await policy.digest();
    if (weights !== (checkpoint?.weights ?? cell.identity.policy.digest)) {
      throw new Refusal(
        checkpoint
          ? `${directory}/${checkpoint.policy}: the weights are not those of the record; delete ${directory} to run the cell again.`
          : `policy ${cell.sources.policy}: its weights are not those the cell was recorded with; restore them or run the suite again.`,
      );
    }
    let savedStep = checkpoint ? step : -1, savingSeconds = 0;
    const save = async () => {
      const start = clock?.() ?? 0;
      await record.checkpoint(policy, step, weights, state);
      savedStep = step;
      savingSeconds = seconds(start);
    };
    const seconds = (start: number) => ((clock?.() ?? 0) - start) / 1000;
    const evaluateNow = async () => {
      const outcome = await evaluate(
        { policy, task, problems: parts.test, evaluation, maxTokens: training.maxTokens, seed },
        step,
      );
      if (step === 0 || step === training.steps) await record.responses(step, outcome.responses);
      const line = record.chain("evaluations.jsonl", outcome.record);
      onLine?.(line);
    };

    if (!checkpoint) {
      const start = clock?.() ?? 0;
      await evaluateNow();
      if (clock) record.append("timing.jsonl", { step: 0, evaluate: seconds(start) } satisfies TimingLine);
    }
    while (step < training.steps) {
      if (signal?.aborted) {
        if (step > savedStep) await save();
        throw new Interruption(`stopped after step ${step}.`);
      }
      step++;
      const probe = (step - 1) % evaluation.interval === 0;
      const outcome = await trainStep(
        { policy, reference, task, problems: parts.train, algorithm, training, gates, seed, clock },
        step,
        state,
        probe,
      );
      state = outcome.state;
      const saving = clock?.() ?? 0;
      const saved = step % training.checkpointInterval === 0 || step === training.steps;
      weights = await policy.digest();
      const line = record.chain("steps.jsonl", { ...outcome.record, ...saved && { weights } });
      onLine?.(line);
      const evaluating = clock?.() ?? 0;
      const due = step % evaluation.interval === 0 || step === training.steps;
      if (due) await evaluateNow();
      const finishing = clock?.() ?? 0;
      if (clock) {
        record.append(
          "timing.jsonl",
          {
            step,
            ...outcome.seconds,
            ...due && { evaluate: (finishing - evaluating) / 1000 },
            memory: Deno.memoryUsage().rss,
            record: savingSeconds + (evaluating - saving) / 1000,
          } satisfies TimingLine,
        );
      }
      if (saved && step < training.steps) await save();
      await breathe();
    }
    const result: CellResult = { id: cell.id, steps: step, hash: record.hash, weights };
    await record.finish(policy, result);
    return result;
  } finally {
    await policy.dispose();
    await reference?.dispose();
  }
}
