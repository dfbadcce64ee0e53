/**
 * Chooses how much the GPU computes at once, so that a plan fits into a limit. The same limit gives the same choice on
 * every machine: WebGPU tells nobody how much memory a card has, so nobody but the user can say it.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { type MemoryOptions, type MemoryPlan, planMemory, type Work } from "./memory_plan.ts";
import { largestSizes, rowsTogether, type RunSizes } from "./sizes.ts";

/** Sequences decoded together that are given up for nothing but room: with fewer, decoding waits for memory alone. */
const FEW_SEQUENCES = 32;

/** Parts of the largest run that are tried. */
const SHARES = [1, 3 / 4, 1 / 2, 3 / 8, 1 / 4, 3 / 16, 1 / 8, 3 / 32, 1 / 16];

/** A plan that fits, and what had to be smaller for it. */
export interface FittedPlan extends MemoryPlan {
  /** Of the sizes those that are smaller than they could be; empty if nothing had to be. */
  reduced: Partial<RunSizes>;
}

/**
 * The plan of the largest sizes that fit into a number of bytes: first fewer sequences are decoded together, down to 32;
 * then training and scoring take smaller runs, which changes the last bits of gradients; then there are fewer
 * sequences still, down to one.
 *
 * @returns the plan, or as `least` the bytes that are needed at least
 */
export async function fitMemory(
  config: ModelConfig,
  options: Omit<MemoryOptions, "sizes">,
  bytes = Infinity,
): Promise<FittedPlan | { least: number }> {
  const { work } = options, plan = (reduced: Partial<RunSizes>) => planMemory(config, { ...options, sizes: reduced });
  const fitting = async (reduced: Partial<RunSizes>) => {
    const planned = await plan(reduced);
    return planned.total <= bytes ? { ...planned, reduced } : undefined;
  };
  const whole = await fitting({});
  if (whole) return whole;
  const least = await leastMemory(config, options);
  if (least > bytes) return { least };
  const runs = runSizes(config, work), rollouts = rolloutSizes(config, work);
  const enough = Math.max(0, rollouts.findLastIndex(({ sequences }) => sequences >= FEW_SEQUENCES));
  const both = (run: number, rollout: number) => fitting({ ...runs[run], ...rollouts[rollout] });
  const run = await firstOf(runs.length, (run) => both(run, enough));
  if (run) {
    const more = await firstOf(enough, (rollout) => both(run.index, rollout));
    return more?.found ?? run.found;
  }
  const fewest = await firstOf(rollouts.length - enough - 1, (more) => both(runs.length - 1, enough + 1 + more));
  return fewest!.found;
}

/** Bytes that are needed at least: with runs of one sample, and one sequence decoded at a time. */
export async function leastMemory(config: ModelConfig, options: Omit<MemoryOptions, "sizes">): Promise<number> {
  const sizes = { ...runSizes(config, options.work).at(-1), ...rolloutSizes(config, options.work).at(-1) };
  return (await planMemory(config, { ...options, sizes })).total;
}

/** Sizes of runs from the largest, which changes nothing, to the smallest that holds the longest sample. */
function runSizes(config: ModelConfig, { longest }: Work): Partial<RunSizes>[] {
  const { tokens: most, scored: mostScored } = largestSizes(config);
  const [, ...smaller] = SHARES.map((share) => Math.ceil(share * most / 64) * 64).filter((tokens) =>
    tokens > longest.tokens
  );
  const sized = (tokens: number) => ({ tokens, scored: Math.min(mostScored, Math.max(longest.scored, tokens / 2)) });
  return [{}, ...smaller.map(sized), sized(Math.min(longest.tokens, most))];
}

/** Sizes of rollouts from the most that are asked for to one sequence. */
function rolloutSizes(config: ModelConfig, { drawn, longest }: Work): Pick<RunSizes, "sequences" | "cacheRows">[] {
  const most = largestSizes(config), sizes = [];
  let sequences = Math.min(drawn.sequences, most.sequences),
    cacheRows = Math.min(rowsTogether({ rows: drawn.rows, longest: longest.tokens }, most), most.cacheRows);
  for (;;) {
    sizes.push({ sequences, cacheRows });
    if (sequences === 1 && cacheRows <= longest.tokens) return sizes;
    sequences = Math.ceil(sequences / 2);
    cacheRows = Math.max(Math.min(longest.tokens, most.cacheRows), Math.ceil(cacheRows / 2));
  }
}

/** The first of `count` for which something is found, where it is found for all behind it. */
async function firstOf<T>(
  count: number,
  find: (index: number) => Promise<T | undefined>,
): Promise<{ index: number; found: T } | undefined> {
  let low = 0, high = count, best: { index: number; found: T } | undefined;
  while (low < high) {
    const index = Math.floor((low + high) / 2), found = await find(index);
    if (found) {
      best = { index, found };
      high = index;
    } else {
      low = index + 1;
    }
  }
  return best;
}
