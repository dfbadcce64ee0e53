/**
 * What every part of the policy on the GPU shares: the shape of the model, its parameters, and plans that are built
 * when first used and again when something larger comes.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import type { Program, Value } from "../model/program.ts";
import { rotationTables } from "../ops/rope.ts";
import { piecesOf, type Weights } from "../weights.ts";
import type { Gpu } from "./device.ts";
import { type Leaves, planBackward, planForward } from "./lower.ts";
import { createParameters, type Parameters } from "./parameters.ts";
import { type Count, type Matrix, Plan, roundUp } from "./plan.ts";

/** A plan with the matrices that are written before a run and read after it. */
export interface Planned {
  plan: Plan;
  inputs: ReadonlyMap<string, Matrix>;
  outputs: ReadonlyMap<string, Matrix>;
  /** Of a backward: the derivatives with respect to the output. */
  derivative?: Matrix;
}

/** A model on the GPU. */
export interface Engine {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  /** The matrix of a program's weight or rotation table; undefined for what is fed. */
  constant(leaf: Value): Matrix | undefined;
  /** A plan of a program for at least some counts, kept under a name; a backward one if `output` is named. */
  plan(
    name: string,
    counts: Readonly<Partial<Record<Count, number>>>,
    build: () => Program,
    output?: string,
  ): Planned;
  /** A buffer of at least `size` bytes for what several runs leave: the same one each time, unless it must grow. */
  results(size: number): GPUBuffer;
  dispose(): void;
}

/** Inputs of the programs: rows, numbers per row, and type. */
const INPUTS: Readonly<Record<string, [Count, number, Matrix["type"]]>> = {
  tokens: ["tokens", 1, "u32"],
  positions: ["tokens", 1, "u32"],
  spans: ["tokens", 4, "u32"],
  seen: ["tokens", 4, "u32"],
  order: ["tokens", 1, "u32"],
  ranges: ["distinct", 2, "u32"],
  targets: ["scored", 1, "u32"],
  inverse_temperature: ["scored", 1, "f32"],
};

/** How an engine trains. */
export interface EngineOptions {
  /** Forget a layer's values after its forward and compute them again for its backward. Default false. */
  recompute?: boolean;
  /** Bytes of the largest buffer of parameters; for tests. */
  shard?: number;
}

/** A model with weights in the order of `parameterSlots`. */
export function createEngine(
  gpu: Gpu,
  config: ModelConfig,
  weights: Weights,
  { recompute, shard }: EngineOptions = {},
): Engine {
  const parameters = createParameters(gpu, config, shard), plans = new Map<string, Planned>();
  for (const { offset, numbers } of piecesOf(weights)) parameters.write("weights", numbers, offset);
  const half = config.headSize / 2, tables = rotationTables(config.maxPositions, config);
  const rotation = new Map(
    Object.entries(tables).map(([name, table]) => {
      const buffer = gpu.buffer(table.byteLength);
      gpu.upload(buffer, table);
      return [name, { buffer, offset: 0, rows: config.maxPositions, width: half, type: "f32" } as Matrix];
    }),
  );
  const constant = ({ kind, name }: Value) => kind === "weight" ? parameters.get("weights", name) : rotation.get(name);
  let results: GPUBuffer | undefined;
  return {
    gpu,
    config,
    parameters,
    constant,
    results(size) {
      if (results && results.size >= size) return results;
      results?.destroy();
      return results = gpu.buffer(roundUp(size));
    },
    plan(name, counts, build, output) {
      const known = plans.get(name);
      if (known && Object.entries(counts).every(([count, most]) => known.plan.capacity[count as Count] >= most)) {
        return known;
      }
      known?.plan.dispose();
      const capacity = Object.fromEntries(
        Object.entries(counts).map(([count, most]) => [
          count,
          Math.max(roundUp(most), known?.plan.capacity[count as Count] ?? 0),
        ]),
      );
      const gradient = ({ name }: Value) => parameters.get("gradient", name);
      const backward = output === undefined ? undefined : { output, gradient, recompute };
      const planned = planProgram(new Plan(gpu, capacity), build(), constant, backward);
      plans.set(name, planned);
      return planned;
    },
    dispose() {
      for (const { plan } of plans.values()) plan.dispose();
      parameters.dispose();
      results?.destroy();
      for (const { buffer } of rotation.values()) buffer.destroy();
    },
  };
}

/** Appends a program of `model/decoder.ts` to a plan, and its backward if that is asked for, with all that is fed. */
export function planProgram(
  plan: Plan,
  program: Program,
  constant: Engine["constant"],
  backward?: { output: string; gradient: Leaves; recompute?: boolean },
): Planned {
  const inputs = new Map<string, Matrix>();
  const leaf = (value: Value): Matrix => {
    const known = constant(value);
    if (known) return known;
    const matrix = plan.input(...INPUTS[value.name]);
    inputs.set(value.name, matrix);
    return matrix;
  };
  if (!backward) return { plan, inputs, outputs: planForward(plan, program, leaf) };
  const { output, gradient, recompute } = backward;
  return { plan, inputs, ...planBackward(plan, program, leaf, output, gradient, { recompute }) };
}
