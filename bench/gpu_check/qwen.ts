/**
 * A real checkpoint's shape.
 *
 * @module
 */
import type { ModelConfig } from "../../policy/model/config.ts";
import type { Shape } from "../perf/workload.ts";

/** The `config.json` of Qwen/Qwen2.5-0.5B-Instruct. */
export const QWEN: ModelConfig = {
  family: "qwen2",
  vocabularySize: 151936,
  hiddenSize: 896,
  layers: 24,
  heads: 14,
  keyValueHeads: 2,
  headSize: 64,
  intermediateSize: 4864,
  ropeTheta: 1000000,
  normEpsilon: 1e-6,
  qkvBias: true,
  tiedEmbeddings: true,
  maxPositions: 32768,
};

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
