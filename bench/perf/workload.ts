/**
 * What `podium perf` times: random models of a given shape, random prompts, responses of a forced length, and the same
 * training step as a run.
 *
 * @module
 */
import { findAlgorithm } from "../../algorithms/mod.ts";
import { createCpuPolicy } from "../../policy/cpu/policy.ts";
import { type ModelConfig, parameterCount, parameterSlots } from "../../policy/model/config.ts";
import type { Policy, Sample, Tokenizer } from "../../policy/policy.ts";
import { integer, keyOf, uniform } from "../../policy/random.ts";
import type { Problems, Task } from "../../tasks/task.ts";
import { trainStep } from "../step.ts";
import type { Training } from "../suite.ts";

/** Shape of a model and of a batch: the names that the Python peers read too. */
export interface Shape {
  hidden: number;
  layers: number;
  heads: number;
  kvHeads: number;
  intermediate: number;
  vocab: number;
  /** Prompts per step, and responses to each. */
  prompts: number;
  group: number;
  /** Tokens of every prompt and of every response. */
  prompt: number;
  response: number;
}

/** A thing to time. */
export type Mode = "rollout" | "score" | "update" | "step";

/** One measurement, as a worker process gets it. */
export interface Job {
  shape: Shape;
  mode: Mode;
  /** Threads per session. */
  threads: number;
  /** Timed repeats, after three for warming up. */
  repeats: number;
}

/** Times one job; returns seconds per repeat. */
export async function measure({ shape, mode, threads, repeats }: Job): Promise<number[]> {
  const policy = randomPolicy(shape, threads), run = workOf(policy, shape, mode), times: number[] = [];
  for (let i = 0; i < repeats + 3; i++) {
    const start = performance.now();
    await run(i);
    if (i >= 3) times.push((performance.now() - start) / 1000);
  }
  await policy.dispose();
  return times;
}

/** Tokens that a repeat is said to process: sampled ones for a rollout, all of the sequences' tokens otherwise. */
export function tokensOf(shape: Shape, mode: Mode): number {
  return shape.prompts * shape.group * (mode === "rollout" ? shape.response : shape.prompt + shape.response);
}

function workOf(policy: Policy, shape: Shape, mode: Mode): (repeat: number) => Promise<unknown> {
  const samples = randomSamples(shape);
  const derivatives = samples.map(({ response }, s) => response.map((_, i) => uniform(keyOf(4, s), i) - 0.5));
  const optimizer = { learningRate: 1e-5 };
  switch (mode) {
    case "rollout":
      return async (repeat) => {
        const requests = samples.map(({ prompt }, s) => ({ prompt, key: keyOf(5, repeat, s) }));
        await policy.generate(requests, { maxTokens: shape.response, stopTokens: [] });
        await policy.step(optimizer); // new weights: nothing of the last repeat may be reused
      };
    case "score":
      return async () => {
        await policy.logProbs(samples);
        await policy.step(optimizer);
      };
    case "update":
      return async () => {
        await policy.accumulate(samples, derivatives);
        await policy.step(optimizer);
      };
    case "step":
      return trainingSteps(policy, shape);
  }
}

/** Whole GRPO steps through the runner's own code. */
function trainingSteps(policy: Policy, shape: Shape): (repeat: number) => Promise<unknown> {
  const samples = randomSamples(shape);
  const problems: Problems = {
    length: shape.prompts,
    source: "random tokens",
    digest: "random tokens",
    at: (index) => ({ id: `${index}`, question: samples[index * shape.group].prompt.join(" "), gold: "" }),
  };
  const task: Task = {
    name: "parity",
    summary: "a reward that differs within a group",
    problems: () => Promise.resolve(problems),
    prompt: (problem) => problem.question,
    grade(_, response) {
      const sum = response.split(" ").reduce((total, id) => total + Number(id), 0);
      return { rewards: { accuracy: sum % 2 }, answer: null, reason: "parity" };
    },
  };
  const training: Training = {
    steps: 1,
    promptsPerStep: shape.prompts,
    groupSize: shape.group,
    minibatches: 1,
    learningRate: 1e-5,
    warmupSteps: 0,
    maxNorm: 1,
    betas: [0.9, 0.99],
    weightDecay: 0,
    temperature: 1,
    topP: 1,
    maxTokens: shape.response,
    rewards: ["accuracy"],
    checkpointInterval: 1,
  };
  const algorithm = findAlgorithm("grpo").create({ beta: 0 });
  const gates = { batchDifference: 0, samplingDifference: 1, ratio: 0 };
  const parts = { policy, task, problems, algorithm, training, gates, seed: 1 };
  return (repeat) => trainStep(parts, repeat * shape.prompts, undefined);
}

function randomSamples({ prompts, group, prompt, response, vocab }: Shape): Sample[] {
  const tokens = (length: number, ...path: number[]) =>
    Array.from({ length }, (_, i) => integer(keyOf(2, ...path), i, vocab));
  return Array.from({ length: prompts * group }, (_, s) => ({
    prompt: tokens(prompt, Math.floor(s / group)),
    response: tokens(response, -1, s),
  }));
}

function randomPolicy(shape: Shape, threads: number): Policy {
  const config: ModelConfig = {
    family: "llama",
    vocabularySize: shape.vocab,
    hiddenSize: shape.hidden,
    layers: shape.layers,
    heads: shape.heads,
    keyValueHeads: shape.kvHeads,
    headSize: shape.hidden / shape.heads,
    intermediateSize: shape.intermediate,
    ropeTheta: 10000,
    normEpsilon: 1e-6,
    qkvBias: false,
    tiedEmbeddings: true,
    maxPositions: 1024,
  };
  const weights = new Float32Array(parameterCount(config)), slots = parameterSlots(config), key = keyOf(1, "weights");
  for (const { shape, offset, length } of slots.values()) {
    for (let i = offset; i < offset + length; i++) weights[i] = shape.length === 1 ? 1 : (uniform(key, i) - 0.5) * 0.07;
  }
  const tokenizer: Tokenizer = {
    vocabularySize: shape.vocab,
    encode: (text) => text.split(" ").map(Number),
    decode: (ids) => ids.join(" "),
  };
  return createCpuPolicy({ path: "", config, weights, slots, stopTokens: [] }, tokenizer, { threads });
}
