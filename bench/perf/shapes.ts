/**
 * The models that speed is measured with.
 *
 * @module
 */
import type { Shape } from "./workload.ts";

/** The shapes that the figures are about. */
export const SHAPES: Record<"hidden 128 × 4 layers" | "base policy", Shape> = {
  "hidden 128 × 4 layers": {
    hidden: 128,
    layers: 4,
    heads: 4,
    kvHeads: 4,
    intermediate: 256,
    vocab: 96,
    prompts: 16,
    group: 8,
    prompt: 32,
    response: 64,
  },
  "base policy": {
    hidden: 64,
    layers: 2,
    heads: 2,
    kvHeads: 1,
    intermediate: 128,
    vocab: 320,
    prompts: 16,
    group: 8,
    prompt: 27,
    response: 52,
  },
};
