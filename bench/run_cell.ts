/**
 * Runs one cell from start, or from its last checkpoint, to its end.
 *
 * @module
 */
import type { Algorithm } from "../algorithms/algorithm.ts";
import type { Problems, Task } from "../tasks/task.ts";
import type { Cell } from "./cell.ts";
import { evaluate, type EvaluationRecord } from "./evaluate.ts";
import { Models, type OpenModels } from "./models.ts";
import { requireServed } from "./needs.ts";
import { GateFailure, Interruption, Refusal } from "./outcomes.ts";
import { CellRecord, type CellResult } from "./records.ts";
import { type StepRecord, trainStep } from "./step.ts";

/** The parts of a cell, opened. */
export interface CellParts extends OpenModels {
  /** The configured algorithm. */
  algorithm: Algorithm;
  /** The task. */
  task: Task;
  /** Training problems. */
  train: Problems;
  /** Held-out problems. */
  test: Problems;
}

/** A line of `steps.jsonl`. */
export interface StepLine extends StepRecord {
  /** Digest of the weights and the optimizer state after the step, with a critic of both networks; absent between checkpoints. */
  weights?: string;
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

/** Multiples of `interval` above `before` and up to `step`. */
function reached(interval: number, before: number, step: number): number[] {
  const first = Math.floor(before / interval) + 1, count = Math.floor(step / interval) - first + 1;
  return Array.from({ length: count }, (_, index) => (first + index) * interval);
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
  requireServed(algorithm, training, task);
  const checkpoint = await record.resume();
  if (options.environment !== undefined) await record.note("environment.json", options.environment);
  if (checkpoint?.step) options.onResume?.(checkpoint.step);

  const models = await Models.open(directory, algorithm.needs, parts, checkpoint);
  const { policy, critic } = models;
  try {
    if (!checkpoint && await policy.digest() !== cell.identity.policy.digest) {
      throw new Refusal(
        `policy ${cell.sources.policy}: its weights are not those the cell was recorded with; restore them or run the suite again.`,
      );
    }
    let weights = await models.digest();
    if (checkpoint && weights !== checkpoint.weights) {
      throw new Refusal(
        `${directory}/${checkpoint.policy}: the weights are not those of the record; delete ${directory} to run the cell again.`,
      );
    }
    let step = checkpoint?.step ?? 0;
    let state: unknown = checkpoint?.state ?? undefined;
    let savedStep = checkpoint ? step : -1, savingSeconds = 0, evaluationSeconds: number | undefined;
    const seconds = (start: number) => ((clock?.() ?? 0) - start) / 1000;
    const save = async () => {
      const start = clock?.() ?? 0;
      await record.checkpoint(models, step, weights, state);
      savedStep = step;
      savingSeconds = seconds(start);
    };
    /** Evaluates the policy as it is and records that as the evaluation of each of these steps. */
    const evaluateAt = async (steps: readonly number[]) => {
      if (steps.length === 0) return;
      const start = clock?.() ?? 0;
      const { record: line, responses } = await evaluate(
        { policy, task, problems: parts.test, evaluation, maxTokens: training.maxTokens, seed },
        steps[0],
      );
      for (const step of steps) {
        if (step === 0 || step === training.steps) await record.responses(step, responses);
        const chained = record.chain("evaluations.jsonl", { ...line, step });
        onLine?.(chained);
      }
      evaluationSeconds = (evaluationSeconds ?? 0) + seconds(start);
    };

    if (!checkpoint) {
      await evaluateAt([0]);
      if (clock) record.append("timing.jsonl", { step: 0, evaluate: evaluationSeconds } satisfies TimingLine);
    }
    while (step < training.steps) {
      if (signal?.aborted) {
        if (step > savedStep) await save();
        throw new Interruption(`stopped after step ${step}.`);
      }
      evaluationSeconds = undefined;
      const before = step;
      const due = (until: number) => reached(evaluation.interval, before, until);
      const outcome = await trainStep(
        {
          policy,
          critic,
          reference: models.reference,
          task,
          problems: parts.train,
          algorithm,
          training,
          gates,
          seed,
          clock,
        },
        before + 1,
        state,
        {
          probeInterval: evaluation.interval,
          // A step of several rollout batches may pass a step that is due: with the samples up to there, the policy
          // is the one before the update. So curves have the same steps for all algorithms and none has used more
          // samples there than its step says.
          beforeUpdate: (last) => evaluateAt(due(last).filter((passed) => passed < last)),
        },
      );
      step = outcome.record.step;
      state = outcome.state;
      const saving = clock?.() ?? 0;
      const ends = step === training.steps;
      const saved = ends || reached(training.checkpointInterval, before, step).length > 0;
      weights = await models.digest();
      const every = algorithm.needs.refreshReferenceEvery;
      const refresh = every !== undefined && !ends && reached(every, before, step).length > 0;
      const reference = refresh ? await models.refreshReference(step) : undefined;
      const line = record.chain("steps.jsonl", {
        ...outcome.record,
        ...saved && { weights },
        ...reference !== undefined && { reference },
      });
      onLine?.(line);
      const recording = seconds(saving);
      if (ends || due(step).includes(step)) await evaluateAt([step]);
      if (clock) {
        record.append(
          "timing.jsonl",
          {
            step,
            ...outcome.seconds,
            ...evaluationSeconds !== undefined && { evaluate: evaluationSeconds },
            memory: Deno.memoryUsage().rss,
            record: savingSeconds + recording,
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
    await models.dispose();
  }
}
