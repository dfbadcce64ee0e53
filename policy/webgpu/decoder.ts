/**
 * The kernels of sampling, over a cache of keys and values: one plan for prompts, one for a token of every sequence.
 *
 * A step's last kernels write the next step's inputs, so that a block of steps needs one submit and one wait. A
 * sequence that ended goes on computing what nobody reads, over its own rows, until the block does.
 *
 * @module
 */
import { cachedProgram, outputTable, VOCABULARY_CHUNK } from "../model/decoder.ts";
import type { Value } from "../model/program.ts";
import type { Engine } from "./engine.ts";
import type { Halves } from "./halves.ts";
import { planSampling } from "./kernels/sampling.ts";
import { planForward } from "./lower.ts";
import { type Matrix, Plan, roundUp } from "./plan.ts";

/** Most steps of a block. */
export const STEPS = 16;

/** Most stop tokens. */
export const MAX_STOPS = 63;

/** A plan with the matrices that are written before a run. */
interface Part<Input extends string> {
  plan: Plan;
  inputs: Record<Input, Matrix>;
}

/** One token of every sequence, [sequences, …]. */
export interface Step extends
  Part<
    | "tokens"
    | "positions"
    | "slots"
    | "spans"
    | "inverse"
    | "keys"
    | "indices"
    | "greedy"
    | "progress"
    | "stops"
    | "nucleus"
  > {
  /** Tokens drawn in the block, and the bits of their log-probs [sequences, 2 · STEPS]. */
  output: Matrix;
}

/** A cache and the plans over it. */
export interface Decoder {
  /** Rows of the cache, sequences of a step, and rows of a run over prompts. */
  readonly rows: number;
  readonly sequences: number;
  readonly promptRows: number;
  /** Bytes of the cache. */
  readonly cacheBytes: number;
  /** Computes keys and values of tokens. */
  readonly prompt: Part<"tokens" | "positions" | "slots" | "spans">;
  /** Draws; with the nucleus, or without. */
  step(nucleus: boolean): Step;
  dispose(): void;
}

/** A decoder for at least some rows and sequences, or the most there can be; over a copy of the matrices, if there is one. */
export function createDecoder(engine: Engine, want: { rows: number; sequences: number }, halves?: Halves): Decoder {
  const { gpu, config, sizes } = engine, width = config.keyValueHeads * config.headSize;
  const rows = Math.min(roundUp(want.rows), sizes.cacheRows);
  const sequences = Math.min(roundUp(want.sequences), sizes.sequences);
  const promptRows = Math.min(roundUp(want.rows), sizes.tokens), caches = new Map<string, Matrix>();
  const table = outputTable(config), plans: Plan[] = [], steps = new Map<boolean, Step>();
  for (let layer = 0; layer < config.layers; layer++) {
    for (const name of [`keys${layer}`, `values${layer}`]) {
      caches.set(name, { buffer: gpu.buffer(rows * width * 4), offset: 0, rows, width, type: "f32" });
    }
  }
  const build = (part: "prompt" | "last", tokens: number) => {
    const plan = new Plan(gpu, { tokens }), ids = (width = 1) => plan.input("tokens", width, "u32");
    const inputs = { tokens: ids(), positions: ids(), slots: ids(), spans: ids(4) };
    const leaf = (value: Value) =>
      halves?.get(value.name) ?? engine.constant(value) ?? caches.get(value.name) ??
        inputs[value.name as keyof typeof inputs];
    const outputs = planForward(plan, cachedProgram(config, part), leaf);
    plans.push(plan);
    return { plan, inputs, outputs };
  };
  return {
    rows,
    sequences,
    promptRows,
    cacheBytes: [...caches.values()].reduce((sum, { buffer }) => sum + buffer.size, 0),
    prompt: build("prompt", promptRows),
    step(nucleus) {
      const known = steps.get(nucleus);
      if (known) return known;
      const { plan, inputs: fed, outputs } = build("last", sequences),
        ids = (width: number) => plan.input("tokens", width, "u32");
      const inputs = {
        ...fed,
        inverse: plan.input("tokens", 1),
        keys: ids(2),
        indices: ids(1),
        greedy: ids(1),
        progress: ids(4),
        stops: plan.input(1, 1 + MAX_STOPS, "u32"),
        nucleus: plan.input(1, 1, "u32"),
      };
      const { drawn, scores } = planSampling(plan, {
        ...inputs,
        nucleus: nucleus ? inputs.nucleus : undefined,
        hidden: outputs.get("hidden")!,
        table: halves?.get(table) ?? engine.parameters.get("weights", table),
        chunk: VOCABULARY_CHUNK,
      });
      // An input, not a matrix: its memory must serve nothing else in the steps that follow.
      const step = { plan, inputs, output: ids(2 * STEPS) };
      planAdvance(step, drawn, scores);
      steps.set(nucleus, step);
      return step;
    },
    dispose() {
      for (const plan of plans) plan.dispose();
      for (const { buffer } of caches.values()) gpu.free(buffer);
    },
  };
}

/**
 * Keeps what was drawn and makes it the next input. `progress` is, per sequence: tokens drawn in this block, tokens that
 * may still be drawn, and whether it has ended. `stops`: how many stop tokens, then which.
 */
function planAdvance({ plan, inputs, output }: Step, drawn: Matrix, scores: Matrix): void {
  const { tokens, positions, slots, spans, indices, progress, stops } = inputs;
  plan.elementwise("keep what was drawn", {
    read: { drawn, scores, stops },
    write: { progress, indices, tokens, output },
    domain: drawn,
    body: `
      if (progress[4u * i + 2u] != 0u) { return; }
      let at = ${2 * STEPS}u * i + 2u * progress[4u * i];
      let token = drawn[i];
      output[at] = token;
      output[at + 1u] = bitcast<u32>(scores[2u * i]);
      tokens[i] = token;
      indices[i] = indices[i] + 1u;
      progress[4u * i] = progress[4u * i] + 1u;
      progress[4u * i + 1u] = progress[4u * i + 1u] - 1u;
      if (progress[4u * i + 1u] == 0u) { progress[4u * i + 2u] = 1u; }
      for (var s = 1u; s <= stops[0]; s = s + 1u) {
        if (stops[s] == token) { progress[4u * i + 2u] = 1u; }
      }`,
  });
  plan.elementwise("next position", {
    read: { progress },
    write: { positions, slots, spans },
    domain: drawn,
    body: `
      if (progress[4u * i + 2u] != 0u) { return; }
      positions[i] = positions[i] + 1u;
      slots[i] = slots[i] + 1u;
      spans[4u * i + 3u] = spans[4u * i + 3u] + 1u;`,
  });
}
