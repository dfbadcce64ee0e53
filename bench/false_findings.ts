/**
 * The A/A test of a run: every algorithm against itself under other seeds, compared as the leaderboard compares (see
 * `statistics/false_positives.ts`).
 *
 * @module
 */
import type { Leaderboard } from "./leaderboard/shape.ts";
import { Refusal } from "./outcomes.ts";
import { type FalsePositiveOptions, type FalsePositives, falsePositives } from "./statistics/false_positives.ts";
import type { ScoreMatrix } from "./statistics/scores.ts";

/** What the A/A test of a run found. */
export interface FalseFindings {
  /** Name of the suite. */
  suite: string;
  /** Algorithms that were compared with themselves. */
  algorithms: string[];
  /** Tasks whose mean is the score. */
  tasks: string[];
  /** Seeds that all of them finished. */
  runs: number;
  /** Share of differences that may be significant where there are none. */
  level: number;
  /** Two sides, by the number of seeds on each. */
  pairs: FalsePositives[];
  /** Several sides at once with Holm's correction: share of comparisons with any significant pair. */
  families: FalsePositives[];
  /** False if some share is above the level and its whole interval too. */
  passed: boolean;
  /** The same in a sentence for people. */
  verdict: string;
}

/** Seeds of each side: those of quick, of a careful paper, and of the suite standard. */
const SIZES = [3, 5, 10];

/** Sides of a family, as the algorithms of quick; fewer where there are not the runs. */
const SIDES = 13;

/** Splits of pairs, and of families, which take longer. */
const SPLITS = { pairs: 100_000, families: 30_000 };

/** avg@k after training of each algorithm that every board has, by seed and task; seeds that all of them finished. */
export function scoresOf({ boards }: Leaderboard): { labels: string[]; seeds: number[]; scores: ScoreMatrix[] } {
  const labels = boards[0].rows.map(({ label }) => label)
    .filter((label) => boards.every(({ rows }) => rows.some((row) => row.label === label)));
  const all = labels.map((label) =>
    boards.map(({ rows }) =>
      new Map(
        rows.find((row) => row.label === label)!.seeds.flatMap(({ seed, hash, metrics: { accuracy: { average } } }) =>
          hash === null || average === null ? [] : [[seed, average] as const]
        ),
      )
    )
  );
  const seeds = [...all[0]?.[0]?.keys() ?? []].filter((seed) =>
    all.every((tasks) => tasks.every((own) => own.has(seed)))
  )
    .sort((a, b) => a - b);
  return { labels, seeds, scores: all.map((tasks) => seeds.map((seed) => tasks.map((own) => own.get(seed)!))) };
}

const percent = (share: number) => (100 * share).toFixed(1);

function verdictOf(found: readonly FalsePositives[], level: number): Pick<FalseFindings, "passed" | "verdict"> {
  const above = found.filter(({ low }) => low > level);
  if (above.length === 0) {
    const highest = found.reduce((most, one) => one.share > most.share ? one : most);
    return {
      passed: true,
      verdict: `Differences are found where there are none in at most ${percent(highest.share)} % of comparisons, ` +
        `which is not more than the nominal ${percent(level)} % within error.`,
    };
  }
  const { seeds, sides, share, low, high } = above[0];
  return {
    passed: false,
    verdict: `With ${seeds} seeds and ${sides} algorithms a difference is found where there is none in ` +
      `${percent(share)} % [${percent(low)}, ${percent(high)}] of comparisons, more than the nominal ` +
      `${percent(level)} %: do not believe significance in this setting.`,
  };
}

/** How it is examined. */
export interface FalseFindingsOptions extends Pick<FalsePositiveOptions, "level" | "test"> {
  /** Comparisons of pairs and of families, at least. Default 100,000 and 30,000. */
  splits?: { pairs: number; families: number };
}

/**
 * Compares every algorithm of a leaderboard with itself.
 *
 * @throws {Refusal} if too few seeds were finished for two sides of three.
 */
export function falseFindings(leaderboard: Leaderboard, options: FalseFindingsOptions = {}): FalseFindings {
  const { level = 0.05, test, splits = SPLITS } = options;
  const { labels, seeds, scores } = scoresOf(leaderboard), runs = seeds.length;
  const { name } = leaderboard.suite, tasks = leaderboard.boards.map(({ task }) => task);
  const least = 2 * SIZES[0] + 1;
  if (labels.length === 0 || runs < least) {
    throw new Refusal(
      `suite ${name}: ${runs} seeds were finished by every algorithm on every task, and comparing an algorithm with ` +
        `itself takes ${least} or more; run it with more seeds.`,
    );
  }
  const given = (list: (FalsePositives | null)[]) => list.filter((found) => found !== null);
  const pairs = given(SIZES.map((size) => falsePositives(scores, size, { level, test, splits: splits.pairs })));
  // Families use at most half of the runs, so that each run is left out often enough for the interval.
  const families = given(SIZES.map((size) => {
    const sides = Math.min(SIDES, Math.floor(runs / 2 / size));
    return sides > 2 ? falsePositives(scores, size, { level, test, sides, splits: splits.families }) : null;
  }));
  return {
    suite: name,
    algorithms: labels,
    tasks,
    runs,
    level,
    pairs,
    families,
    ...verdictOf([...pairs, ...families], level),
  };
}
