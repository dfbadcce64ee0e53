/**
 * Resamples of the stratified bootstrap: for every task, as many runs as there are seeds, drawn with replacement, each
 * task on its own (rliable's `StratifiedBootstrap`). Tasks are not resampled: they are the benchmark.
 *
 * Draws are pure functions of (seed, stream, resample, cell): the same on every machine, and one algorithm's do not
 * change when another joins. rliable's own `random_state` has no effect; only NumPy's global seed does.
 *
 * @module
 */
import { keyOf, threefry } from "../../policy/random.ts";
import type { ScoreShape } from "./scores.ts";

/** Resamples of a matrix of scores, as counts. */
export interface Resamples {
  /** Number of resamples. */
  readonly count: number;
  /** Number of cells of the matrix, seeds times tasks. */
  readonly cells: number;
  /** How often resample `i` has cell `seed * tasks + task`: `times[i * cells + seed * tasks + task]`. */
  readonly times: Uint16Array;
}

/** How resamples are drawn. */
export interface ResampleOptions {
  /** Number of resamples. Default 50,000. */
  resamples?: number;
  /** Seed of the resampling. Default 0. */
  seed?: number;
  /** Whose resamples they are, such as the algorithm's name: what is compared must not share its draws. Default "". */
  stream?: string;
}

/** Draws resamples of a matrix of that shape, to be used for any number of statistics. */
export function drawResamples({ seeds, tasks }: ScoreShape, options: ResampleOptions = {}): Resamples {
  const { resamples = 50_000, seed = 0, stream = "" } = options;
  if (!(seeds >= 1 && seeds <= 65_535)) throw new RangeError(`Resampling takes 1 to 65,535 seeds, not ${seeds}.`);
  if (!(Number.isInteger(resamples) && resamples >= 1)) {
    throw new RangeError(`The number of resamples must be a whole number of at least 1, not ${resamples}.`);
  }
  const key = keyOf(seed, "stratified bootstrap", stream);
  const cells = seeds * tasks, times = new Uint16Array(resamples * cells), scale = seeds * 2 ** -32;
  for (let resample = 0, from = 0; resample < resamples; resample++, from += cells) {
    for (let cell = 0; cell < cells; cell += 2) {
      // Two words per block. A word times seeds / 2^32 is exact enough that no seed is favoured by more than 2^-16.
      const [first, second] = threefry(key, resample, cell >> 1);
      times[from + Math.floor(first * scale) * tasks + cell % tasks]++;
      const next = cell + 1;
      if (next < cells) times[from + Math.floor(second * scale) * tasks + next % tasks]++;
    }
  }
  return { count: resamples, cells, times };
}
