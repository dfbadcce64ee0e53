/**
 * What a researcher does on one GPU: GRPO steps of a model of a real checkpoint's size, on GSM8K's prompts. The weights are
 * random, so no response ends before its last token, and what is rewarded is the parity of its tokens: where all of a
 * group were equally wrong there would be nothing to learn from.
 *
 * Each phase is timed by itself and its memory is measured. Two runs from the same start must have the same bits; the
 * shorter comes first, so that they can be compared where time runs out.
 *
 * @module
 */
import type { ComputeDevice, Policy } from "../../policy/policy.ts";
import { storageOf } from "../../policy/storage.ts";
import type { Gpu } from "../../policy/webgpu/device.ts";
import { createWebgpuPolicy } from "../../policy/webgpu/policy.ts";
import type { Problems } from "../../tasks/task.ts";
import { median, randomWeights } from "../perf/workload.ts";
import { phasesOf, save, type TrainingEvents, trainOnce } from "./phases.ts";
import { wordTokenizer } from "./prompts.ts";
import { QWEN } from "../../fixtures/models/qwen.ts";
import { atMost, type Check, type TrainingFigure } from "./report.ts";
import { type TimeLimit, tooLate } from "./time_limit.ts";
import { planOf, type TrainingPlan, type TrainingWork } from "./training_work.ts";

/** Steps of which the time is compared with that of all later ones. */
const FIRST_STEPS = 10;

/** Largest share by which a plan of memory may be off, and by which a later step may take longer than the first ones. */
const PLAN_LIMIT = 0.1, SLOWER_LIMIT = 0.2;

/** Seconds that are expected of a step before one was seen, and of a digest or a save of half a billion weights. */
const STEP_SECONDS = 90, DIGEST_SECONDS = 30;

/** A step may take this many times as long as the longest before, for which scoring was not counted. */
const MARGIN = 1.3;

/** How training is timed. */
export interface TrainingOptions {
  device: ComputeDevice;
  problems: Problems;
  limit: TimeLimit;
  /** Bytes of the card that may be taken. */
  memory: number;
  events: TrainingEvents;
}

/** Trains twice and returns what was found to be right or wrong; `figure` is filled on the way. */
export async function timeTraining(
  gpu: Gpu,
  work: TrainingWork,
  figure: TrainingFigure,
  { device, problems, limit, memory, events }: TrainingOptions,
): Promise<Check[]> {
  const checks: Check[] = [], { model, steps, again } = work, others = gpu.memory.live - gpu.memory.copies;
  const chosen = await planOf(work, problems, memory), size = work.config.hiddenSize / QWEN.hiddenSize;
  if (!chosen) {
    await events.leaveOut(`${model}: left out, it does not fit into ${(memory / 1e9).toFixed(1)} GB of the card`);
    return checks;
  }
  figure.planned = chosen.plan.total;
  figure.recompute = chosen.recompute;
  let longest = STEP_SECONDS * size;
  for (const [run, count] of [[1, again], [2, steps]]) {
    const phases = phasesOf(gpu, figure, { run, others, events });
    let policy: Policy | undefined;
    try {
      for (let step = 1; step <= count; step++) {
        const digest = step === again, needs = MARGIN * longest + (digest ? DIGEST_SECONDS * size : 0);
        const late = tooLate(limit, `${model}, run ${run} from step ${step} on`, needs);
        if (late) {
          await events.leaveOut(late);
          break;
        }
        policy ??= await phases.time("weights", 0, () => randomPolicy(gpu, work, device, chosen));
        figure.parameters = policy.parameterCount;
        const seconds = await trainOnce(policy, work, figure, { problems, step, phases, checks });
        longest = Math.max(run === 1 && step === 1 ? 0 : longest, seconds);
        if (run === 2) figure.steps.push(seconds);
        if (digest) figure.digests.push(await phases.time("digest", 0, policy.digest));
      }
      if (run === 2 && policy) await save(policy, phases, { limit, needs: DIGEST_SECONDS * size, events });
    } catch (error) {
      // Too little memory, or a gate of the runner: what follows can be done all the same.
      checks.push(atMost(`run ${run} of ${model}: ${(error as Error).message}`, 1, 0));
      break;
    } finally {
      await policy?.dispose();
    }
  }
  return [...checks, ...checksOf(work, figure)];
}

/** Digests of both runs, memory against its plan, and later steps against the first. */
export function checksOf(
  { again }: Pick<TrainingWork, "again">,
  { digests, planned, measured, steps }: Pick<TrainingFigure, "digests" | "planned" | "measured" | "steps">,
): Check[] {
  const checks: Check[] = [], [first, second] = digests;
  if (second !== undefined) {
    checks.push(atMost(`two runs have different digests after step ${again}`, first === second ? 0 : 1, 0));
  }
  if (planned !== null && steps.length > 0) {
    const off = Math.abs(planned / measured - 1);
    checks.push(atMost("share by which the memory plan is off what there was", off, PLAN_LIMIT));
  }
  if (steps.length > FIRST_STEPS) {
    const slowest = Math.max(...steps.slice(FIRST_STEPS)), middle = median(steps.slice(0, FIRST_STEPS));
    const what = `share by which the slowest later step took longer than the middle one of the first ${FIRST_STEPS}`;
    checks.push(atMost(what, slowest / middle - 1, SLOWER_LIMIT));
  }
  return checks;
}

/** The figure of work that has not begun. */
export function trainingFigure({ model, prompts, group, response }: TrainingWork, problems: Problems): TrainingFigure {
  return {
    model,
    parameters: 0,
    problems: problems.source,
    prompts,
    group,
    prompt: 0,
    response,
    phases: [],
    steps: [],
    planned: null,
    recompute: false,
    measured: 0,
    digests: [],
  };
}

/** A policy with random weights, once they are on the device. */
async function randomPolicy(
  gpu: Gpu,
  { config }: TrainingWork,
  device: ComputeDevice,
  { plan: { room, reduced: sizes }, recompute }: TrainingPlan,
): Promise<Policy> {
  const directory = { path: "", config, weights: randomWeights(config), stopTokens: [] };
  const options = { gpu, device, storage: storageOf(directory), room, sizes, recompute };
  const policy = createWebgpuPolicy(directory, wordTokenizer(config.vocabularySize), options);
  await gpu.download([]);
  return policy;
}
