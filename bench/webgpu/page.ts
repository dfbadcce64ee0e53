/**
 * What the browser's test of the GPU policy runs in a page: no file, no Deno, no Node.
 *
 * @module
 */
import type { ModelConfig } from "../../policy/model/config.ts";
import type { Sample } from "../../policy/policy.ts";
import { openGpu } from "../../policy/webgpu/device.ts";
import { createEngine } from "../../policy/webgpu/engine.ts";
import { selfTest } from "../../policy/webgpu/self_check.ts";
import { accumulate, score } from "../../policy/webgpu/training.ts";
import { checkProducts, EXTENTS } from "../gpu_check/kernels.ts";
import type { Check } from "../gpu_check/report.ts";

/** A small model, and what is asked of it. */
export interface Job {
  config: ModelConfig;
  weights: number[];
  samples: Sample[];
  temperature: number;
  derivatives: number[][];
}

/** What the page found. */
export interface Found {
  selfTest: Record<string, boolean>;
  logProbs: number[][];
  gradient: number[];
  /** Products in several geometries: checks that failed, and how many there were. */
  products: { failed: Check[]; count: number };
}

async function run({ config, weights, samples, temperature, derivatives }: Job): Promise<Found> {
  const gpu = await openGpu({ software: true }), engine = createEngine(gpu, config, Float32Array.from(weights));
  const scores = await score(engine, samples, { temperature });
  await accumulate(engine, samples, derivatives, { temperature });
  const gradient = [...await engine.parameters.read("gradient")], found = { ...await selfTest(gpu) };
  const checks = await checkProducts(gpu, ["software", "few", "large"], EXTENTS.slice(0, 1)); // compiling takes seconds
  const failed = checks.filter(({ passed }) => !passed);
  engine.dispose();
  gpu.dispose();
  return {
    selfTest: found,
    logProbs: scores.map(({ logProbs }) => [...logProbs]),
    gradient,
    products: { failed, count: checks.length },
  };
}

Object.assign(globalThis, { run });
