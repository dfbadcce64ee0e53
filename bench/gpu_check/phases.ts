/**
 * The phases of GRPO steps, each timed by itself.
 *
 * @module
 */
import type { Generation, Policy, Sample } from "../../policy/policy.ts";
import type { Gpu } from "../../policy/webgpu/device.ts";
import { promptOf } from "../../tasks/gsm8k/prompt.ts";
import type { Problems } from "../../tasks/task.ts";
import { grpoParts, parity } from "../perf/workload.ts";
import { trainStep } from "../step.ts";
import { differences } from "./kernels.ts";
import { memoryInUse } from "./machine.ts";
import { atMost, type Check, type PhaseFigure, type TrainingFigure } from "./report.ts";
import { type TimeLimit, tooLate } from "./time_limit.ts";
import { SEED, type TrainingWork } from "./training_work.ts";

/** What the caller is told. */
export interface TrainingEvents {
  /** After every phase. */
  phase(figure: PhaseFigure): Promise<void>;
  /** Where time is running out. */
  leaveOut(line: string): Promise<void>;
}

/** Times and measures phases of a run. */
export interface Phases {
  time<T>(
    phase: PhaseFigure["phase"],
    step: number,
    work: () => Promise<T>,
    tokens?: (found: T) => number,
  ): Promise<T>;
  /** Seconds that measuring and telling took so far. */
  readonly besides: number;
}

/** Phases of one run, kept in a figure. `others`: bytes of buffers that are not of the training. */
export function phasesOf(
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
export async function trainOnce(
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

/** Saves the policy somewhere, if there is time. */
export async function save(
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
