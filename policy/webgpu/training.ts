/**
 * Runs samples forward, and turns d loss / d output of the head (log-prob or value) into weight gradients, which stay
 * on the GPU.
 *
 * @module
 */
import { packedProgram } from "../model/decoder.ts";
import type { Sample, Scores } from "../policy.ts";
import type { Region } from "./device.ts";
import type { Engine, Planned } from "./engine.ts";
import { pack, type Packed } from "./packing.ts";

/** What the head says of a sample's response tokens, one row after the other: log-prob and entropy, or a value. */
type Rows = Float32Array;

/** Log-prob and entropy of every response token. */
export async function score(
  engine: Engine,
  samples: readonly Sample[],
  options: { temperature?: number } = {},
): Promise<Scores[]> {
  return (await forward(engine, samples, options)).map(scoresOf);
}

/** A critic's value before every response token. */
export async function evaluate(engine: Engine, samples: readonly Sample[]): Promise<Float32Array[]> {
  return await forward(engine, samples);
}

/**
 * Adds the gradient of `Σ derivative · log-prob` to the accumulated one. Returns the samples' scores, which the same
 * pass gives; samples whose derivative is all zero are skipped and have none.
 */
export async function accumulate(
  engine: Engine,
  samples: readonly Sample[],
  derivatives: readonly ArrayLike<number>[],
  options: { temperature?: number } = {},
): Promise<(Scores | null)[]> {
  return (await backward(engine, samples, derivatives, options)).map((rows) => rows && scoresOf(rows));
}

/** Adds the gradient of `Σ derivative · output` over the head's first column. Returns the rows of {@linkcode accumulate}. */
export async function backward(
  engine: Engine,
  samples: readonly Sample[],
  derivatives: readonly ArrayLike<number>[],
  { temperature = 1 }: { temperature?: number } = {},
): Promise<(Rows | null)[]> {
  const live = samples.map((_, i) => i).filter((i) => Array.prototype.some.call(derivatives[i], (d) => d !== 0));
  const { counts, runs } = prepared(engine, live.map((i) => samples[i])), { name, columns } = headOf(engine);
  const planned = engine.plan("train", counts, () => packedProgram(engine.config), name);
  const found = await rowsOf(engine, planned, runs, (run) => {
    feed(engine, planned, run, temperature);
    const rows = new Float32Array(columns * run.counts.scored);
    for (const { index, first } of run.members) {
      const own = derivatives[live[index]];
      for (let t = 0; t < own.length; t++) rows[columns * (first + t)] = own[t];
    }
    engine.gpu.upload(planned.derivative!.buffer, rows);
  });
  const all: (Rows | null)[] = samples.map(() => null);
  live.forEach((index, place) => all[index] = found.get(place) ?? null);
  return all;
}

/** What the head says of every response token. */
export async function forward(
  engine: Engine,
  samples: readonly Sample[],
  { temperature = 1 }: { temperature?: number } = {},
): Promise<Rows[]> {
  const { counts, runs } = prepared(engine, samples);
  const planned = engine.plan("score", counts, () => packedProgram(engine.config));
  const found = await rowsOf(engine, planned, runs, (run) => feed(engine, planned, run, temperature));
  return samples.map((_, i) => found.get(i) ?? new Float32Array(0));
}

/** The output of the head: its name, and numbers per row. */
function headOf({ config: { valueHead } }: Engine): { name: string; columns: number } {
  return valueHead ? { name: "values", columns: 1 } : { name: "scores", columns: 2 };
}

function scoresOf(rows: Rows): Scores {
  const column = (n: number) => Float32Array.from({ length: rows.length / 2 }, (_, t) => rows[2 * t + n]);
  return { logProbs: column(0), entropy: column(1) };
}

function prepared({ config, sizes }: Engine, samples: readonly Sample[]) {
  const { maxPositions } = config;
  const long = samples.findIndex(({ prompt, response }) => prompt.length + response.length > maxPositions);
  if (long >= 0) {
    const length = samples[long].prompt.length + samples[long].response.length;
    throw new RangeError(`Sample ${long} has ${length} tokens; the model was made for at most ${maxPositions}.`);
  }
  const runs = pack(samples, sizes), most = (of: (run: Packed) => number) => Math.max(1, ...runs.map(of));
  const tokens = most(({ counts }) => counts.tokens);
  return { runs, counts: { tokens, scored: most(({ counts }) => counts.scored), distinct: tokens } };
}

/** Writes the inputs of a run. */
function feed({ gpu }: Engine, { inputs }: Planned, { inputs: data, counts }: Packed, temperature: number): void {
  for (const [name, { buffer }] of inputs) {
    const numbers = name === "inverse_temperature"
      ? new Float32Array(counts.scored).fill(1 / temperature)
      : data[name as keyof Packed["inputs"]];
    gpu.upload(buffer, numbers);
  }
}

/** Submits all runs, collects the head's rows in one buffer and waits once. By index of the sample. */
async function rowsOf(
  engine: Engine,
  { plan, outputs }: Planned,
  runs: readonly Packed[],
  prepare: (run: Packed) => void,
): Promise<Map<number, Rows>> {
  const found = new Map<number, Rows>();
  if (runs.length === 0) return found;
  const { gpu } = engine, { name, columns } = headOf(engine), { buffer } = outputs.get(name)!;
  const bytes = runs.map(({ counts }) => 4 * columns * counts.scored);
  const all = engine.results(bytes.reduce((sum, size) => sum + size, 0)), regions: Region[] = [];
  let offset = 0;
  runs.forEach((run, n) => {
    prepare(run);
    plan.run(run.counts);
    const from = offset;
    gpu.submit((encoder) => encoder.copyBufferToBuffer(buffer, 0, all, from, bytes[n]));
    regions.push({ buffer: all, offset, size: bytes[n] });
    offset += bytes[n];
  });
  const copies = await gpu.download(regions);
  runs.forEach(({ members, counts }, n) => {
    const rows = new Float32Array(copies[n]);
    members.forEach(({ index, first }, m) => {
      const end = members[m + 1]?.first ?? counts.scored;
      found.set(index, rows.slice(columns * first, columns * end));
    });
  });
  return found;
}
