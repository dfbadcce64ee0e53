/**
 * How long a leaderboard takes on a card, by arithmetic alone: operations and bytes over what the card can do, times the
 * shares of it in {@linkcode ASSUMED}. Nothing here was measured.
 *
 * @module
 */
import { findAlgorithm } from "../../algorithms/mod.ts";
import { isTrained, type Lora } from "../../policy/model/lora.ts";
import { type ModelConfig, parameterSlots } from "../../policy/model/config.ts";
import { outputTable } from "../../policy/model/decoder.ts";
import type { RunSizes } from "../../policy/webgpu/sizes.ts";
import { minibatchesOf } from "../needs.ts";
import type { Suite } from "../suite.ts";
import type { Card } from "./cards.ts";

/** What the arithmetic takes for granted. */
export const ASSUMED = {
  /** Shares of the float32 peak that products reach: over the many rows of a run, and over one per sequence in decoding. */
  runs: 0.25,
  decoding: 0.15,
  /** Share of the memory's bandwidth. */
  bandwidth: 0.7,
  /** Tokens of a prompt with its template, and of a response. */
  prompt: 110,
  response: 300,
  /** Seconds that a block of 16 tokens waits for the host. */
  wait: 0.02,
};

/** Steps of decoding between two waits. */
const BLOCK = 16;

/** Bytes that AdamW reads and writes per weight: weight, gradient and two moments read, all but the gradient written. */
const ADAMW_BYTES = 28;

/** What a policy is trained with. */
export interface TimedSetting {
  config: ModelConfig;
  lora?: Lora;
  recompute?: boolean;
  sizes: Pick<RunSizes, "sequences">;
}

/** Operations of a forward pass over one token, the output matrix apart, and of that matrix; weights that are trained. */
function operations(
  config: ModelConfig,
  lora?: Lora,
): { layers: number; head: number; trained: number; bytes: number } {
  let layers = 0, trained = 0, bytes = 0;
  const table = outputTable(config), { heads, headSize, hiddenSize, vocabularySize } = config;
  for (const { name, shape, length } of parameterSlots({ ...config, lora }).values()) {
    bytes += 4 * length;
    if (isTrained({ ...config, lora }, name)) trained += length;
    if (shape.length === 2 && name !== table && name !== "model.embed_tokens.weight") layers += 2 * length;
  }
  // Scores and weighted sums of attention, over half a sequence on average.
  const context = ASSUMED.prompt + ASSUMED.response / 2;
  layers += 4 * config.layers * heads * headSize * context;
  return { layers, head: 2 * vocabularySize * hiddenSize, trained, bytes };
}

/** Seconds to draw responses. */
export function drawingSeconds(responses: number, { config, lora, sizes }: TimedSetting, card: Card): number {
  const { layers, head, bytes } = operations(config, lora), tokens = responses * ASSUMED.response;
  const computing = tokens * (layers + head) / (card.teraflops * 1e12 * ASSUMED.decoding);
  const together = Math.min(sizes.sequences, responses);
  const reading = tokens / together * bytes / (card.bandwidth * 1e9 * ASSUMED.bandwidth);
  return computing + reading + tokens / together / BLOCK * ASSUMED.wait;
}

/** Seconds of a forward pass over responses with their prompts, each prompt once per group; only responses have logits. */
function passSeconds(responses: number, group: number, passes: number, { config, lora }: TimedSetting, card: Card) {
  const { layers, head } = operations(config, lora);
  const rows = responses * (ASSUMED.response + ASSUMED.prompt / group), scored = responses * ASSUMED.response;
  return passes * (rows * layers + scored * head) / (card.teraflops * 1e12 * ASSUMED.runs);
}

/** Seconds of a suite's algorithm under one seed: sampling, scoring, gradients and optimizer of all steps; evaluations. */
export function cellSeconds(
  name: string,
  suite: Suite,
  setting: TimedSetting,
  card: Card,
): { training: number; evaluation: number } {
  const entry = suite.algorithms.find((entry) => entry.name === name)!,
    training = { ...suite.training, ...entry.training };
  const { steps, promptsPerStep, groupSize } = training, responses = promptsPerStep * groupSize;
  const minibatches = minibatchesOf(findAlgorithm(name).create(entry.options), training);
  // With one minibatch the gradient pass gives the log-probs; with more, all are scored once, and all but the first again.
  const scoring = minibatches === 1 ? 0 : 1 + (minibatches - 1) / minibatches;
  // Backward is two forwards, one where weights are frozen; recomputing is one more.
  const gradient = (setting.lora ? 2 : 3) + (setting.recompute ? 1 : 0);
  const { trained } = operations(setting.config, setting.lora);
  const step = drawingSeconds(responses, setting, card) +
    passSeconds(responses, groupSize, scoring + gradient, setting, card) +
    minibatches * trained * ADAMW_BYTES / (card.bandwidth * 1e9 * ASSUMED.bandwidth);
  const { problems, samples, interval } = suite.evaluation, asked = problems * (1 + samples);
  const evaluations = Math.floor(steps / interval) + 1;
  const one = drawingSeconds(asked, setting, card) + passSeconds(problems, 1, 1, setting, card);
  return { training: steps * step, evaluation: evaluations * one };
}
