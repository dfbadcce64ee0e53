/**
 * What a researcher does on one GPU: GRPO steps of a model of a real checkpoint's size, on GSM8K's prompts. The weights are
 * random, so no response ends before its last token, and what is rewarded is the parity of its tokens: where all of a
 * group were equally wrong there would be nothing to learn from.
 *
 * Each phase is timed by itself and its memory is measured. A second run from the same start must end with the same bits.
 *
 * @module
 */
import type { ModelConfig } from "../../policy/model/config.ts";
import { type MemoryPlan, planMemory, workOf } from "../../policy/webgpu/memory_plan.ts";
import type { ComputeDevice, Generation, Policy, Sample } from "../../policy/policy.ts";
import { storageOf } from "../../policy/storage.ts";
import type { Gpu } from "../../policy/webgpu/device.ts";
import { createWebgpuPolicy } from "../../policy/webgpu/policy.ts";
import type { Room } from "../../policy/webgpu/sizes.ts";
import { END_OF_QUESTION } from "../../tasks/gsm8k/prompt.ts";
import type { Problem, Problems } from "../../tasks/task.ts";
import { trainingIndices } from "../problem_order.ts";
import { grpoParts, median, parity, randomWeights } from "../perf/workload.ts";
import { trainStep } from "../step.ts";
import { differences } from "./kernels.ts";
import { memoryInUse } from "./machine.ts";
import { wordTokenizer } from "./prompts.ts";
import { QWEN } from "./qwen.ts";
import { atMost, type Check, type PhaseFigure, type TrainingFigure } from "./report.ts";
import { type TimeLimit, tooLate } from "./time_limit.ts";

/** What is done. */
export interface TrainingWork {
  model: string;
  config: ModelConfig;
  /** Prompts per step, responses to each, and tokens of every response. */
  prompts: number;
  group: number;
  response: number;
  /** Steps of the first run, and of the second. */
  steps: number;
  again: number;
}

/** 128 responses of 512 tokens per step. */
export const TRAINING: TrainingWork = {
  model: "Qwen2.5-0.5B",
  config: QWEN,
  prompts: 16,
  group: 8,
  response: 512,
  steps: 3,
  again: 3,
};

/** The same layers, as a software adapter can compute them. */
export const SHRUNKEN: TrainingWork = {
  model: "Qwen2.5-0.5B, shrunken",
  config: { ...QWEN, vocabularySize: 600, hiddenSize: 56, layers: 2, headSize: 4, intermediateSize: 96 },
  prompts: 2,
  group: 4,
  response: 6,
  steps: 3,
  again: 1,
};

/** Of the order of problems and of sampling. */
const SEED = 1;

/** Steps of which the time is compared with that of all later ones. */
const FIRST_STEPS = 10;

/** Largest share by which a plan of memory may be off, and by which a later step may take longer than the first ones. */
const PLAN_LIMIT = 0.1, SLOWER_LIMIT = 0.2;

/** Seconds that are expected of a step before one was seen, and of a digest or a save of half a billion weights. */
const STEP_SECONDS = 90, DIGEST_SECONDS = 30;

/** What the caller is told. */
export interface TrainingEvents {
  /** After every phase. */
  phase(figure: PhaseFigure): Promise<void>;
  /** Where time is running out. */
  leaveOut(line: string): Promise<void>;
}

/** Trains twice and returns what was found to be right or wrong; `figure` is filled on the way. */
export async function timeTraining(
  gpu: Gpu,
  work: TrainingWork,
  figure: TrainingFigure,
  { device, problems, limit, events }: {
    device: ComputeDevice;
    problems: Problems;
    limit: TimeLimit;
    events: TrainingEvents;
  },
): Promise<Check[]> {
  const checks: Check[] = [], { steps, again } = work, others = gpu.memory.live - gpu.memory.copies;
  const plan = await planOf(work, problems);
  figure.planned = plan.total;
  for (const [run, count] of [[1, steps], [2, again]]) {
    const phases = phasesOf(gpu, figure, { run, others, events });
    const create = () => {
      const policy = randomPolicy(gpu, work.config, { device, room: plan.room });
      return gpu.download([]).then(() => policy);
    };
    let longest = figure.steps.length > 0 ? Math.max(...figure.steps) : STEP_SECONDS * size(work);
    if (run === 2) {
      const late = figure.digests.length === 0
        ? "the second run: left out, there is no digest of the first"
        : tooLate(limit, "the second run", again * longest + DIGEST_SECONDS * size(work));
      if (late) {
        await events.leaveOut(late);
        break;
      }
    }
    const policy = await phases.time("weights", 0, create);
    figure.parameters = policy.parameterCount;
    try {
      for (let step = 1; step <= count; step++) {
        const late = tooLate(limit, `step ${step} of run ${run}`, longest);
        if (late) {
          await events.leaveOut(late);
          break;
        }
        const seconds = await trainOnce(policy, work, figure, { problems, step, phases, checks });
        if (run === 1) figure.steps.push(seconds);
        longest = Math.max(...figure.steps);
        if (step !== again) continue;
        figure.digests.push(await phases.time("digest", 0, () => policy.digest()));
        if (run === 2) {
          const [first, second] = figure.digests;
          checks.push(atMost(`training twice gives the same digest after step ${again}`, first === second ? 0 : 1, 0));
        }
      }
      if (run === 2) await save(policy, phases, { limit, needs: DIGEST_SECONDS * size(work), events });
    } catch (error) {
      // Too little memory, or a gate of the runner: what follows can be done all the same.
      checks.push(atMost(`run ${run} of ${work.model}: ${(error as Error).message}`, 1, 0));
      break;
    } finally {
      await policy.dispose();
    }
  }
  return [...checks, ...checksOf(figure)];
}

/** Memory against its plan, and later steps against the first. */
function checksOf({ planned, measured, steps }: TrainingFigure): Check[] {
  const checks: Check[] = [];
  if (planned !== null) {
    const off = Math.abs(planned / measured - 1);
    checks.push(atMost("share by which the memory plan is off what there was", off, PLAN_LIMIT));
  }
  if (steps.length > FIRST_STEPS) {
    const slowest = Math.max(...steps.slice(FIRST_STEPS)), first = median(steps.slice(0, FIRST_STEPS));
    const what = `share by which the slowest later step took longer than the middle one of the first ${FIRST_STEPS}`;
    checks.push(atMost(what, slowest / first - 1, SLOWER_LIMIT));
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
    measured: 0,
    digests: [],
  };
}

/** Times and measures phases of a run. */
interface Phases {
  time<T>(
    phase: PhaseFigure["phase"],
    step: number,
    work: () => Promise<T>,
    tokens?: (found: T) => number,
  ): Promise<T>;
  /** Seconds that measuring and telling took so far. */
  readonly besides: number;
}

function phasesOf(
  gpu: Gpu,
  figure: TrainingFigure,
  { run, others, events }: { run: number; others: number; events: TrainingEvents },
): Phases {
  let besides = 0;
  return {
    get besides() {
      return besides;
    },
    async time(phase, step, work, tokens) {
      gpu.memory.restart();
      const start = performance.now(), found = await work(), end = performance.now();
      const seconds = (end - start) / 1000, bytes = gpu.memory.peak - others;
      figure.measured = Math.max(figure.measured, bytes);
      const entry = { phase, by: "podium", run, step, seconds, tokens: tokens?.(found) ?? null, bytes };
      figure.phases.push({ ...entry, card: await memoryInUse() });
      await events.phase(figure.phases.at(-1)!);
      besides += (performance.now() - end) / 1000;
      return found;
    },
  };
}

/** One step of the runner, whose calls of the policy are timed, and scoring besides; returns the step's own seconds. */
async function trainOnce(
  policy: Policy,
  work: TrainingWork,
  figure: TrainingFigure,
  { problems, step, phases, checks }: { problems: Problems; step: number; phases: Phases; checks: Check[] },
): Promise<number> {
  let samples: Sample[] = [], drawn: Generation[] = [], scoring = 0;
  const lengthOf = (samples: readonly Sample[]) =>
    samples.reduce((sum, { prompt, response }) => sum + prompt.length + response.length, 0);
  const watched: Policy = {
    ...policy,
    async generate(requests, options) {
      const sampled = () => policy.generate(requests, options);
      drawn = await phases.time(
        "rollout",
        step,
        sampled,
        (all) => all.reduce((sum, { tokens }) => sum + tokens.length, 0),
      );
      samples = drawn.map(({ tokens }, index) => ({ prompt: requests[index].prompt, response: tokens }));
      return drawn;
    },
    accumulate(samples, derivatives, options) {
      // Responses with nothing to learn from are skipped.
      const learned = samples.filter((_, n) => Array.prototype.some.call(derivatives[n], (value) => value !== 0));
      const accumulated = () => policy.accumulate(samples, derivatives, options);
      return phases.time("gradient", step, accumulated, () => lengthOf(learned));
    },
    step: (options) => phases.time("optimizer", step, () => policy.step(options)),
  };
  const task = { ...parity, prompt: promptOf };
  const start = performance.now(), before = phases.besides;
  await trainStep({ ...grpoParts(watched, task, problems, work), seed: SEED }, (step - 1) * work.prompts, undefined, {
    async beforeUpdate() {
      const start = performance.now(), before = phases.besides;
      const scores = await phases.time("scoring", step, () => policy.logProbs(samples), () => lengthOf(samples));
      const wrong = scores.reduce((sum, { logProbs }, n) => sum + differences(logProbs, drawn[n].logProbs), 0);
      const other = drawn.filter(({ tokens }) => tokens.length !== work.response).length;
      checks.push(
        atMost(`log-probs of ${work.model} that scoring gives other bits than sampling, step ${step}`, wrong, 0),
        atMost(`responses of ${work.model} that have not ${work.response} tokens, step ${step}`, other, 0),
      );
      scoring = (performance.now() - start) / 1000 - (phases.besides - before);
    },
  });
  const seconds = (performance.now() - start) / 1000 - (phases.besides - before) - scoring;
  if (step === 1) figure.prompt = samples.reduce((sum, { prompt }) => sum + prompt.length, 0) / samples.length;
  return seconds;
}

async function save(
  policy: Policy,
  phases: Phases,
  { limit, needs, events }: { limit: TimeLimit; needs: number; events: TrainingEvents },
): Promise<void> {
  const late = tooLate(limit, "saving the policy", needs);
  if (late) return await events.leaveOut(late);
  const directory = await Deno.makeTempDir({ prefix: "podium-gpu-check." });
  try {
    await phases.time("save", 0, () => policy.save(`${directory}/policy`));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The part of the expected seconds that a model takes, by its layers' width. */
function size({ config: { hiddenSize } }: TrainingWork): number {
  return hiddenSize / QWEN.hiddenSize;
}

/** The plan of the memory. Room is made for it at the start, so that nothing grows later. */
function planOf({ config, prompts, group, response, steps }: TrainingWork, problems: Problems): Promise<MemoryPlan> {
  const { encode } = wordTokenizer(config.vocabularySize),
    indices = trainingIndices(problems, SEED, 0, prompts * steps);
  const longest = Math.max(...indices.map((index) => encode(promptOf(problems.at(index))).length));
  return planMemory(config, { work: workOf({ prompts, group, promptTokens: longest, responseTokens: response }) });
}

function promptOf({ question }: Pick<Problem, "question">): string {
  return question + END_OF_QUESTION;
}

function randomPolicy(
  gpu: Gpu,
  config: ModelConfig,
  options: { device: ComputeDevice; room: Room },
): Policy {
  const directory = { path: "", config, weights: randomWeights(config), stopTokens: [] };
  const storage = storageOf(directory);
  return createWebgpuPolicy(directory, wordTokenizer(config.vocabularySize), { gpu, storage, ...options });
}
