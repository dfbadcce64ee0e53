/**
 * Runs samples forward, and turns d loss / d log-prob into weight gradients, which stay on the GPU.
 *
 * @module
 */
import { packedProgram } from "../model/decoder.ts";
import type { Sample, Scores } from "../policy.ts";
import type { Region } from "./device.ts";
import type { Engine, Planned } from "./engine.ts";
import { pack, type Packed } from "./packing.ts";

/** Log-prob and entropy of every response token. */
export async function score(
  engine: Engine,
  samples: readonly Sample[],
  { temperature = 1 }: { temperature?: number } = {},
): Promise<Scores[]> {
  const { counts, runs } = prepared(engine, samples);
  const planned = engine.plan("score", counts, () => packedProgram(engine.config));
  const found = await scoresOf(engine, planned, runs, (run) => feed(engine, planned, run, temperature));
  return samples.map((_, i) => found.get(i) ?? { logProbs: new Float32Array(0), entropy: new Float32Array(0) });
}

/**
 * Adds the gradient of `Σ derivative · log-prob` to the accumulated one. Returns the samples' scores, which the same
 * pass gives; samples whose derivative is all zero are skipped and have none.
 */
export async function accumulate(
  engine: Engine,
  samples: readonly Sample[],
  derivatives: readonly ArrayLike<number>[],
  { temperature = 1 }: { temperature?: number } = {},
): Promise<(Scores | null)[]> {
  const live = samples.map((_, i) => i).filter((i) => Array.prototype.some.call(derivatives[i], (d) => d !== 0));
  const { counts, runs } = prepared(engine, live.map((i) => samples[i]));
  const planned = engine.plan("train", counts, () => packedProgram(engine.config), "scores");
  const found = await scoresOf(engine, planned, runs, (run) => {
    feed(engine, planned, run, temperature);
    // A row of the output is log-prob and entropy; nothing is differentiated through the entropy.
    const rows = new Float32Array(2 * run.counts.scored);
    for (const { index, first } of run.members) {
      const own = derivatives[live[index]];
      for (let t = 0; t < own.length; t++) rows[2 * (first + t)] = own[t];
    }
    engine.gpu.upload(planned.derivative!.buffer, rows);
  });
  const all: (Scores | null)[] = samples.map(() => null);
  live.forEach((index, place) => all[index] = found.get(place) ?? null);
  return all;
}

function prepared({ config: { maxPositions } }: Engine, samples: readonly Sample[]) {
  const long = samples.findIndex(({ prompt, response }) => prompt.length + response.length > maxPositions);
  if (long >= 0) {
    const length = samples[long].prompt.length + samples[long].response.length;
    throw new RangeError(`Sample ${long} has ${length} tokens; the model was made for at most ${maxPositions}.`);
  }
  const runs = pack(samples), most = (of: (run: Packed) => number) => Math.max(1, ...runs.map(of));
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

/** Submits all runs, collects their scores in one buffer and waits once. By index of the sample. */
async function scoresOf(
  { gpu }: Engine,
  { plan, outputs }: Planned,
  runs: readonly Packed[],
  prepare: (run: Packed) => void,
): Promise<Map<number, Scores>> {
  const found = new Map<number, Scores>();
  if (runs.length === 0) return found;
  const { buffer } = outputs.get("scores")!, bytes = runs.map(({ counts }) => 8 * counts.scored);
  const all = gpu.buffer(bytes.reduce((sum, size) => sum + size, 0)), regions: Region[] = [];
  let offset = 0;
  runs.forEach((run, n) => {
    prepare(run);
    plan.run(run.counts);
    const from = offset;
    gpu.submit((encoder) => encoder.copyBufferToBuffer(buffer, 0, all, from, bytes[n]));
    regions.push({ buffer: all, offset, size: bytes[n] });
    offset += bytes[n];
  });
  try {
    const copies = await gpu.download(regions);
    runs.forEach(({ members, counts }, n) => {
      const rows = new Float32Array(copies[n]);
      members.forEach(({ index, first }, m) => {
        const end = members[m + 1]?.first ?? counts.scored,
          of = (column: number) => (_: unknown, t: number) => rows[2 * (first + t) + column];
        found.set(index, {
          logProbs: Float32Array.from({ length: end - first }, of(0)),
          entropy: Float32Array.from({ length: end - first }, of(1)),
        });
      });
    });
  } finally {
    all.destroy();
  }
  return found;
}
