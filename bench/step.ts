/**
 * One training step: rollout batches, graded → scores → select → credit → for each minibatch of whole groups log-probs,
 * loss and derivative, optimizer step → record.
 *
 * Nothing here knows which algorithm runs. All that differs between algorithms is what they declare in `needs` and
 * what their functions return. Each part of a step is a file below `step/`.
 *
 * @module
 */
import { requireFinite } from "./gates.ts";
import { collect } from "./step/collect.ts";
import { stepOf } from "./step/draw.ts";
import { type StepParts, type StepSeconds, Stopwatch } from "./step/parts.ts";
import { recordOf, type StepRecord } from "./step/record.ts";
import { scoreBatch } from "./step/score.ts";
import { update } from "./step/update.ts";

export type { StepParts, StepSeconds } from "./step/parts.ts";
export type { StepCost, StepRecord } from "./step/record.ts";
export { learningRateAt } from "./step/update.ts";

/** How a step is run. */
export interface TrainStepOptions {
  /** Measures that log-probs do not depend on their batch in step 1 and every so many after it. Absent: never. */
  probeInterval?: number;
  /** Called once all responses are sampled, with the number of the step. The policy is still as before. */
  beforeUpdate?: (step: number) => Promise<void>;
}

/** What a step hands back. */
export interface StepOutcome {
  /** The line for the record. */
  record: StepRecord;
  /** What the algorithm keeps for the next step. */
  state: unknown;
  /** Where the time went; null without a clock. */
  seconds: StepSeconds | null;
}

/**
 * Runs the step that follows when `used` prompts have been sampled, and updates the policy.
 *
 * @param state what the algorithm kept from the step before
 * @throws {GateFailure} if a health gate fails; the policy may then have been updated and must not be saved.
 */
export async function trainStep(
  parts: StepParts,
  used: number,
  state: unknown,
  { probeInterval = Infinity, beforeUpdate }: TrainStepOptions = {},
): Promise<StepOutcome> {
  const { algorithm, clock } = parts;
  const watch = new Stopwatch(clock), seconds = clock ? watch.seconds : null;

  // The same problems and the same noise for every algorithm.
  const collected = await collect(parts, used, state, watch);
  const { step, draws } = collected;
  await beforeUpdate?.(step);
  if (draws.length === 0) return { record: recordOf(parts, collected), state, seconds };

  const probe = holdsOneOfEvery(probeInterval, stepOf(used, parts.training) + 1, step);
  const scored = await scoreBatch(parts, collected, state, watch, probe);
  const { batch } = scored;
  const selection = collected.selection ?? watch.count("algorithm", () => algorithm.select?.(batch, state));
  const credit = watch.count("algorithm", () => algorithm.credit(batch, state));
  requireFinite("the advantage", step, credit.advantages);
  const updates = await update(parts, step, scored, selection, credit, watch);

  return { record: recordOf(parts, collected, { scored, selection, credit, updates }), state: credit.state, seconds };
}

/** Whether one of 1, 1 + interval, 1 + 2 · interval … lies between `first` and `last`. */
function holdsOneOfEvery(interval: number, first: number, last: number): boolean {
  return interval === Infinity ? false : Math.ceil((first - 1) / interval) * interval <= last - 1;
}
