/**
 * How fast policies of several sizes sample, learn and take whole GRPO steps.
 *
 * @module
 */
import type { Gpu } from "../../policy/webgpu/device.ts";
import type { ComputeDevice, Policy } from "../../policy/policy.ts";
import { storageOf } from "../../policy/storage.ts";
import { createWebgpuPolicy } from "../../policy/webgpu/policy.ts";
import { SHAPES } from "../perf/shapes.ts";
import {
  configOf,
  idTokenizer,
  median,
  randomWeights,
  type Shape,
  shapeOf,
  timesOf,
  tokensOf,
} from "../perf/workload.ts";
import { memoryInUse } from "./machine.ts";
import { profiled } from "./profile.ts";
import { QWEN } from "../../fixtures/models/qwen.ts";
import type { KernelFigure, WorkFigure } from "./report.ts";

/** 16 prompts × 8 samples × 256 tokens. */
const BATCH = { prompts: 16, group: 8, prompt: 64, response: 256 };

/** The models. */
export const MODELS: Readonly<Record<string, Shape>> = {
  "hidden 128 × 4 layers": { ...SHAPES["hidden 128 × 4 layers"], ...BATCH },
  "25M": { hidden: 512, layers: 8, heads: 8, kvHeads: 4, intermediate: 1408, vocab: 4096, ...BATCH },
};

/** A model of which the kernels are timed, over fewer responses. */
export const PROFILED: Readonly<Record<string, Shape>> = {
  "Qwen2.5-0.5B": { ...shapeOf(QWEN), ...BATCH, prompts: 4 },
};

/** What a software adapter can do. */
export const TINY: Readonly<Record<string, Shape>> = {
  tiny: {
    hidden: 16,
    layers: 1,
    heads: 2,
    kvHeads: 1,
    intermediate: 16,
    vocab: 24,
    prompts: 2,
    group: 2,
    prompt: 4,
    response: 5,
  },
};

/** Seconds after which a figure gets no further repeat: lent machines go back soon. */
export const BUDGET = 20;

/** Times the work of each model, and hands each figure to `report`. */
export async function timeWork(
  gpu: Gpu,
  models: Readonly<Record<string, Shape>>,
  { device, repeats }: { device: ComputeDevice; repeats: number },
  report: (figure: WorkFigure) => Promise<void>,
): Promise<void> {
  for (const [model, shape] of Object.entries(models)) {
    const policy = randomPolicy(gpu, shape, device), parameters = policy.parameterCount;
    try {
      for (const what of ["rollout", "update", "step"] as const) {
        const seconds = await timesOf(policy, shape, what, { repeats, warmUp: 1, budget: BUDGET });
        await report(
          workFigure({ model, parameters, what, by: "podium", seconds, memory: await memoryInUse() }, shape),
        );
      }
    } finally {
      await policy.dispose();
    }
  }
}

/** What the kernels of each model take, the longest first. */
export async function timeKernels(
  gpu: Gpu,
  models: Readonly<Record<string, Shape>>,
  { device }: { device: ComputeDevice },
): Promise<KernelFigure[]> {
  const timed = profiled(gpu), found: KernelFigure[] = [];
  if (!timed) return found;
  for (const [model, { response, ...shape }] of Object.entries(models)) {
    const policy = randomPolicy(timed, { ...shape, response }, device);
    try {
      for (const [what, length] of [["rollout", Math.min(response, 16)], ["update", response]] as const) {
        // The first repeat is for warming up; what it took is dropped.
        await timesOf(policy, { ...shape, response: length }, what, { repeats: 0, warmUp: 1 });
        await timed.times();
        await timesOf(policy, { ...shape, response: length }, what, { repeats: 1, warmUp: 0 });
        found.push(...(await timed.times()).map((time) => ({ model, what, ...time })));
      }
    } finally {
      await policy.dispose();
    }
  }
  return found;
}

function randomPolicy(gpu: Gpu, shape: Shape, device: ComputeDevice): Policy {
  const config = configOf(shape), directory = { path: "", config, weights: randomWeights(config), stopTokens: [] };
  return createWebgpuPolicy(directory, idTokenizer(shape.vocab), { gpu, device, storage: storageOf(directory) });
}

/** Completes a figure. */
export function workFigure(figure: Omit<WorkFigure, "tokensPerSecond">, shape: Shape): WorkFigure {
  return { ...figure, tokensPerSecond: tokensOf(shape, figure.what) / median(figure.seconds) };
}
