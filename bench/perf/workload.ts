/**
 * What `podium perf` and `podium gpu-check` time: random models of a given shape, random prompts, responses of a forced
 * length, and the same training step as a run.
 *
 * @module
 */
import { findAlgorithm } from "../../algorithms/mod.ts";
import type { PolicyDirectory } from "../../policy/directory.ts";
import { type ModelConfig, type ModelFamily, parameterCount, parameterSlots } from "../../policy/model/config.ts";
import type { Policy, Sample, Tokenizer } from "../../policy/policy.ts";
import { integer, keyOf, uniform } from "../../policy/random.ts";
import { arrayOf, type WeightStream } from "../../policy/weights.ts";
import type { Problems, Task } from "../../tasks/task.ts";
import { type StepParts, trainStep } from "../step.ts";
import type { Training } from "../suite.ts";

/** Shape of a model and of a batch: the names that the Python peers read too. */
export interface Shape {
  /** Default `llama`. */
  family?: ModelFamily;
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

/** Times a thing; returns seconds per repeat, of those after `warmUp`. After `budget` seconds none is begun but the first. */
export async function timesOf(
  policy: Policy,
  shape: Shape,
  mode: Mode,
  { repeats, warmUp = 3, budget = Infinity }: { repeats: number; warmUp?: number; budget?: number },
): Promise<number[]> {
  const run = workOf(policy, shape, mode), times: number[] = [], begin = performance.now();
  for (let i = 0; i < repeats + warmUp; i++) {
    if (times.length > 0 && performance.now() - begin > 1000 * budget) break;
    const start = performance.now();
    await run(i);
    if (i >= warmUp) times.push((performance.now() - start) / 1000);
  }
  return times;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
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

/** A reward that differs within a group whatever a model writes: whether the sum of its token ids is odd. */
export const parity: Task = {
  name: "parity",
  summary: "a reward that differs within a group",
  problems: () => Promise.reject(new Error("The problems of this task are made where they are needed.")),
  prompt: (problem) => problem.question,
  grade(_, response) {
    const sum = response.split(" ").reduce((total, id) => total + Number(id), 0);
    return { rewards: { accuracy: sum % 2 }, answer: null, reason: "parity" };
  },
};

/** What a GRPO step of the runner works with; responses are as long as they may be. */
export function grpoParts(
  policy: Policy,
  task: Task,
  problems: Problems,
  { prompts, group, response }: Pick<Shape, "prompts" | "group" | "response">,
): StepParts {
  const training: Training = {
    steps: 1,
    promptsPerStep: prompts,
    groupSize: group,
    minibatches: 1,
    learningRate: 1e-5,
    warmupSteps: 0,
    maxNorm: 1,
    betas: [0.9, 0.99],
    weightDecay: 0,
    temperature: 1,
    topP: 1,
    maxTokens: response,
    rewards: ["accuracy"],
    checkpointInterval: 1,
  };
  const algorithm = findAlgorithm("grpo").create({ beta: 0 });
  const gates = { batchDifference: 0, samplingDifference: 1, ratio: 0 };
  return { policy, task, problems, algorithm, training, gates, seed: 1 };
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
  const parts = grpoParts(policy, parity, problems, shape);
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

/** A configuration by the names that the Python peers read. */
export function shapeOf(
  { family, hiddenSize, layers, heads, keyValueHeads, intermediateSize, vocabularySize }: ModelConfig,
): Omit<Shape, "prompts" | "group" | "prompt" | "response"> {
  return {
    family,
    hidden: hiddenSize,
    layers,
    heads,
    kvHeads: keyValueHeads,
    intermediate: intermediateSize,
    vocab: vocabularySize,
  };
}

/** Random weights are drawn up to here and repeat from then on: a prime number, so that no two rows are equal. */
const DRAWN = 1048573;

/** The model that a shape says, with room for 1024 tokens. */
export function configOf(shape: Shape): ModelConfig {
  const { family = "llama" } = shape;
  return {
    family,
    vocabularySize: shape.vocab,
    hiddenSize: shape.hidden,
    layers: shape.layers,
    heads: shape.heads,
    keyValueHeads: shape.kvHeads,
    headSize: shape.hidden / shape.heads,
    intermediateSize: shape.intermediate,
    ropeTheta: 10000,
    normEpsilon: 1e-6,
    qkvBias: family === "qwen2",
    tiedEmbeddings: true,
    maxPositions: 1024,
  };
}

/** Random weights of a model, 1 for those of norms; never in memory all at once. */
export function randomWeights(config: ModelConfig): WeightStream {
  const length = parameterCount(config), key = keyOf(1, "weights");
  return {
    length,
    *pieces() {
      const drawn = Float32Array.from({ length: Math.min(DRAWN, length) }, (_, i) => (uniform(key, i) - 0.5) * 0.07);
      for (const { shape, offset, length } of parameterSlots(config).values()) {
        if (shape.length === 1) {
          yield { offset, numbers: new Float32Array(length).fill(1) };
          continue;
        }
        for (let at = offset; at < offset + length;) {
          const from = at % drawn.length, count = Math.min(drawn.length - from, offset + length - at);
          yield { offset: at, numbers: drawn.subarray(from, from + count) };
          at += count;
        }
      }
    },
  };
}

/** A model of a shape with random weights. */
export function randomModel(shape: Shape): PolicyDirectory {
  const config = configOf(shape);
  return {
    path: "",
    config,
    weights: arrayOf(randomWeights(config)),
    slots: parameterSlots(config),
    stopTokens: [],
  };
}

/** A tokenizer whose words are the ids themselves. */
export function idTokenizer(vocabularySize: number): Tokenizer {
  return {
    vocabularySize,
    encode: (text) => text.split(" ").map(Number),
    decode: (ids) => ids.join(" "),
  };
}
