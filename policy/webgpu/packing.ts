/**
 * Packs samples into runs: the inputs of {@linkcode packedProgram}.
 *
 * A run is one stream of rows without padding: each prompt once (but for its last token), then all responses (each
 * begins with its prompt's last token), so that every row of a response predicts one of its tokens. Which samples share
 * a run depends on the list of samples alone: gradients are sums over runs, and such sums depend on their order.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { VOCABULARY_CHUNK } from "../model/decoder.ts";
import { segmentsOf } from "../ops/embed.ts";
import type { Sample } from "../policy.ts";
import { MAX_BINDING } from "./device.ts";
import type { Count } from "./plan.ts";

/** Samples to be run together. */
export interface Packed {
  /** Index of each sample, in the order of their rows, and its first row among the scored ones. */
  members: { index: number; first: number }[];
  counts: Record<Count, number>;
  /** Inputs by name, one number or four per row. */
  inputs: Record<"tokens" | "positions" | "spans" | "seen" | "order" | "ranges" | "targets", Uint32Array>;
}

/** Most rows of a run, and most of them that are scored: each matrix of activations must fit into one binding. */
export interface PackLimits {
  tokens: number;
  scored: number;
}

/** The limits for a model. They depend on nothing else: sums follow them. */
export function packLimits(
  { hiddenSize, intermediateSize, heads, headSize, vocabularySize }: ModelConfig,
): PackLimits {
  const rows = (width: number) => Math.floor(MAX_BINDING / (4 * width));
  return {
    tokens: Math.min(4096, rows(Math.max(hiddenSize, intermediateSize, heads * headSize))),
    scored: Math.min(2048, rows(Math.min(vocabularySize, VOCABULARY_CHUNK))),
  };
}

/**
 * Packs samples; those with an equal prompt become neighbours. Samples without response have no rows.
 *
 * @throws {RangeError} for a sample that is longer than a run.
 */
export function pack(samples: readonly Sample[], limits: PackLimits): Packed[] {
  samples.forEach(({ prompt, response }, index) => {
    const rows = prompt.length - 1 + response.length;
    if (rows <= limits.tokens && response.length <= limits.scored) return;
    throw new RangeError(
      `Sample ${index} has ${prompt.length} + ${response.length} tokens; a run of this model has room for ` +
        `${limits.tokens}, of which ${limits.scored} in the response.`,
    );
  });
  const groups = new Map<string, number[]>();
  samples.forEach(({ prompt, response }, index) => {
    const key = prompt.join(",");
    if (response.length > 0) groups.set(key, [...groups.get(key) ?? [], index]);
  });
  const runs: number[][] = [];
  let tokens = Infinity, scored = Infinity;
  for (const members of groups.values()) {
    members.forEach((index, n) => {
      const { prompt, response } = samples[index], rows = response.length;
      const added = n === 0 ? prompt.length - 1 + rows : rows;
      if (tokens + added > limits.tokens || scored + rows > limits.scored) {
        runs.push([index]);
        [tokens, scored] = [prompt.length - 1 + rows, rows];
      } else {
        runs[runs.length - 1].push(index);
        [tokens, scored] = [tokens + added, scored + rows];
      }
    });
  }
  return runs.map((run) => layout(samples, run));
}

function layout(samples: readonly Sample[], run: readonly number[]): Packed {
  const prompts = new Map<string, { prompt: readonly number[]; responses: number[] }>();
  for (const index of run) {
    const { prompt } = samples[index], key = prompt.join(",");
    if (!prompts.has(key)) prompts.set(key, { prompt, responses: [] });
    prompts.get(key)!.responses.push(index);
  }
  const groups = [...prompts.values()];
  const tokens: number[] = [], positions: number[] = [], spans: number[] = [], seen: number[] = [];
  const row = (token: number, position: number, span: number[], view: number[]) => {
    tokens.push(token);
    positions.push(position);
    spans.push(...span);
    seen.push(...view);
  };
  const scoredFrom = groups.reduce((sum, { prompt }) => sum + prompt.length - 1, 0);
  let start = 0, behind = scoredFrom;
  for (const { prompt, responses } of groups) {
    const count = prompt.length - 1, below = responses.reduce((sum, index) => sum + samples[index].response.length, 0);
    for (let i = 0; i < count; i++) row(prompt[i], i, [0, 0, start, i + 1], [start + i, count - i, behind, below]);
    start += count;
    behind += below;
  }
  const members: Packed["members"] = [], targets: number[] = [];
  let prefix = 0;
  for (const { prompt, responses } of groups) {
    const count = prompt.length - 1;
    for (const index of responses) {
      const { response } = samples[index], own = tokens.length;
      members.push({ index, first: own - scoredFrom });
      response.forEach((token, i) => {
        const input = i === 0 ? prompt[count] : response[i - 1];
        row(input, count + i, [prefix, count, own, i + 1], [own + i, response.length - i, 0, 0]);
        targets.push(token);
      });
    }
    prefix += count;
  }
  const { order, ranges } = segmentsOf(tokens), words = (numbers: number[]) => Uint32Array.from(numbers);
  return {
    members,
    counts: { tokens: tokens.length, scored: targets.length, distinct: ranges.length / 2 },
    inputs: {
      tokens: words(tokens),
      positions: words(positions),
      spans: words(spans),
      seen: words(seen),
      order,
      ranges,
      targets: words(targets),
    },
  };
}
