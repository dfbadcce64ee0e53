/**
 * Bootstrap intervals over seeds and problems. Seeded: the same records always give the same interval.
 *
 * @module
 */
import { integer, keyOf } from "../../policy/random.ts";
import { quantile } from "./describe.ts";

/** A mean with its interval. */
export interface Estimate {
  /** Mean over all values. */
  mean: number;
  /** Lower end of the 95 % interval; null if there is only one seed and nothing else to resample. */
  low: number | null;
  /** Upper end of the 95 % interval. */
  high: number | null;
  /** Number of seeds. */
  n: number;
}

/** How intervals are drawn. */
export interface BootstrapOptions {
  /** Number of resamples. Default 2000. */
  resamples?: number;
  /** Seed of the resampling. Default 0. */
  seed?: number;
}

/** Draws of `count` out of `count` with replacement, one per resample, as indices; the same for every list of that length. */
function draws(count: number, stream: string, resamples: number, seed: number): Uint32Array[] {
  return Array.from({ length: resamples }, (_, resample) => {
    const key = keyOf(seed, "bootstrap", stream, resample);
    return Uint32Array.from({ length: count }, (_, index) => integer(key, index, count));
  });
}

const known = new Map<string, Uint32Array[]>();

/** Resampling draws are shared by all columns and rows: that is faster, and makes the intervals of two rows comparable. */
function sharedDraws(count: number, stream: string, resamples: number, seed: number): Uint32Array[] {
  const name = `${count}/${stream}/${resamples}/${seed}`;
  let list = known.get(name);
  if (!list) known.set(name, list = draws(count, stream, resamples, seed));
  return list;
}

/**
 * Mean of `values[seed][problem]` with its 95 % percentile interval, resampling seeds and, independently, problems.
 * Problems are crossed with seeds (every seed answers the same problems), so one draw of problems serves all seeds.
 * With one problem per seed this is the plain bootstrap over seeds.
 */
export function estimate(values: readonly ArrayLike<number>[], options: BootstrapOptions = {}): Estimate | null {
  const { resamples = 2000, seed = 0 } = options;
  const seeds = values.length, problems = values[0]?.length ?? 0;
  if (seeds === 0 || problems === 0) return null;
  let total = 0;
  for (const row of values) {
    if (row.length !== problems) throw new RangeError("every seed must have answered the same problems.");
    for (let i = 0; i < problems; i++) total += row[i];
  }
  const mean = total / (seeds * problems);
  if (seeds * problems === 1) return { mean, low: null, high: null, n: seeds };
  const seedDraws = sharedDraws(seeds, "seeds", resamples, seed);
  const problemDraws = sharedDraws(problems, "problems", resamples, seed);
  const means = new Float64Array(resamples);
  const times = new Float64Array(seeds);
  for (let resample = 0; resample < resamples; resample++) {
    times.fill(0);
    for (const index of seedDraws[resample]) times[index]++;
    const drawn = problemDraws[resample];
    let sum = 0;
    for (let s = 0; s < seeds; s++) {
      if (times[s] === 0) continue;
      const row = values[s];
      let part = 0;
      for (let i = 0; i < problems; i++) part += row[drawn[i]];
      sum += times[s] * part;
    }
    means[resample] = sum / (seeds * problems);
  }
  return { mean, low: quantile(means, 0.025), high: quantile(means, 0.975), n: seeds };
}
