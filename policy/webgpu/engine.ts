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
import { largestSizes, type Room, type RunSizes } from "./sizes.ts";

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
  /** The most that is computed at once. */
  readonly sizes: RunSizes;
  /** What is made room for from the start. */
  readonly room: Room;
  /** The matrix of a program's weight or rotation table; undefined for what is fed. */
  constant(leaf: Value): Matrix | undefined;
  /** A plan of a program for at least some counts, kept under a name; a backward one if `output` is named. */
  plan(
    name: "train" | "score",
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
  /** Nothing is trained: there is no gradient and no moments. Default false. */
  frozen?: boolean;
  /** The most that is computed at once, where that is less than can be. */
  sizes?: Partial<RunSizes>;
  /** What is made room for from the start. Default: nothing; plans grow with what comes. */
  room?: Room;
  /** Bytes of the largest buffer of parameters; for tests. */
  shard?: number;
}

/** A model with weights in the order of `parameterSlots`. */
export function createEngine(
  gpu: Gpu,
  config: ModelConfig,
  weights: Weights,
  { recompute, frozen, sizes: smaller, room = {}, shard }: EngineOptions = {},
): Engine {
  const parameters = createParameters(gpu, config, { limit: shard, frozen }),
    plans = new Map<"train" | "score", Planned>();
  const sizes = { ...largestSizes(config), ...smaller };
  const most = { tokens: sizes.tokens, scored: sizes.scored, distinct: sizes.tokens };
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
    sizes,
    room,
    constant,
    results(size) {
      if (results && results.size >= size) return results;
      if (results) gpu.free(results);
      return results = gpu.buffer(roundUp(size));
    },
    plan(name, counts, build, output) {
      const known = plans.get(name), wanted = Object.entries(counts) as [Count, number][];
      if (known && wanted.every(([count, rows]) => known.plan.capacity[count] >= rows)) return known;
      known?.plan.dispose();
      const kept: Partial<Record<Count, number>> = known?.plan.capacity ?? room[name] ?? {};
      const capacity = Object.fromEntries(
        wanted.map(([count, rows]) => [count, Math.max(Math.min(roundUp(rows), most[count]), kept[count] ?? 0)]),
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
      if (results) gpu.free(results);
      for (const { buffer } of rotation.values()) gpu.free(buffer);
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
