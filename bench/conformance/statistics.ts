/**
 * Golden values of statistics: a file of sections, each a list of cases with inputs and the numbers that must come out.
 *
 * What is computed follows from the section's name and from the names of the quantities in a case (`reject_holm_0_05`,
 * `asymptotic_pratt_cc`, `optimality_gap_gamma_0_75` carry a level, a variant and a target); ids decide nothing. A
 * matrix is given in place or by its name under `inputs`.
 *
 * Bootstrap intervals have no one right value. A case gives the range in which each end must lie for so many resamples,
 * whatever their seed; the error is the distance to that range.
 *
 * @module
 */
import { interquartileMeanStatistic, meanStatistic, medianStatistic } from "../statistics/aggregates.ts";
import { bootstrapInterval, improvementInterval } from "../statistics/interval.ts";
import { mean } from "../statistics/describe.ts";
import { benjaminiHochberg, bonferroni, holm } from "../statistics/multiple_testing.ts";
import { optimalityGapStatistic } from "../statistics/optimality_gap.ts";
import { type PairedDifference, pairedDifference } from "../statistics/paired_difference.ts";
import { passAllOfK, passAtK } from "../statistics/pass_at_k.ts";
import { performanceProfile, profileStatistic, taskProfile } from "../statistics/performance_profile.ts";
import { probabilityOfImprovement } from "../statistics/probability_of_improvement.ts";
import type { PValues } from "../statistics/p_values.ts";
import { rankSumTest } from "../statistics/rank_sum.ts";
import { averageRanks } from "../statistics/ranks.ts";
import { drawResamples, type Resamples } from "../statistics/resamples.ts";
import { type ScoreMatrix, shapeOf } from "../statistics/scores.ts";
import { signFlipTest } from "../statistics/sign_flips.ts";
import { signedRankTest } from "../statistics/signed_rank.ts";
import { type Statistic, valueOf } from "../statistics/statistic.ts";
import { wilsonInterval } from "../statistics/wilson.ts";
import { Unsupported } from "./golden_case.ts";
import { attempt, isRecord, judge, type Outcome } from "./verdict.ts";

type Json = Readonly<Record<string, unknown>>;

/** Most resamples that are drawn for a case. */
const MOST_RESAMPLES = 100_000;

/** Means and thresholds that are nearer than this are equal: a threshold that is met exactly may fall on either side. */
const ROUNDING = 1e-12;

/** What a case gives, read with a complaint where it is missing. */
interface Inputs {
  number(name: string): number;
  numbers(name: string): number[];
  matrix(name: string): ScoreMatrix;
}

/** One kind of case. */
interface Section {
  /** Names of what is given; everything else in a case is expected. */
  readonly given: readonly string[];
  /** Answers what a case expects, by name; undefined for what is not computed. */
  compute(inputs: Inputs, entry: Json): (name: string) => unknown;
}

/** The number in a name: 0.75 of `optimality_gap_gamma_0_75`. */
const numberIn = (digits: string) => Number(digits.replace("_", "."));

const pValues = (p: PValues) => ({ two_sided: p.twoSided, greater: p.greater, less: p.less });

/** An aggregate by its name in the files. */
function statisticNamed(name: string, tau?: () => number): Statistic | undefined {
  const gap = /^optimality_gap_gamma_(\d+(?:_\d+)?)$/.exec(name);
  if (gap) return optimalityGapStatistic(numberIn(gap[1]));
  if (name === "performance_profile" && tau) return profileStatistic(tau());
  const known: Record<string, Statistic> = {
    mean: meanStatistic,
    median: medianStatistic,
    iqm: interquartileMeanStatistic,
  };
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

/** Answers from a table of functions. */
function answers(table: Readonly<Record<string, () => unknown>>): (name: string) => unknown {
  return (name) => Object.hasOwn(table, name) ? table[name]() : undefined;
}

const sections: Readonly<Record<string, Section>> = {
  aggregates: {
    given: ["matrix"],
    compute(inputs, entry) {
      const scores = inputs.matrix("matrix"), { seeds, tasks } = shapeOf(scores);
      const named = (name: string) => {
        const statistic = statisticNamed(name);
        return statistic && valueOf(statistic, scores);
      };
      const names = isRecord(entry.expected) ? Object.keys(entry.expected) : [];
      return answers({
        runs: () => seeds,
        tasks: () => tasks,
        expected: () => Object.fromEntries(names.map((name) => [name, named(name)])),
      });
    },
  },
  probability_of_improvement: {
    given: ["x", "y"],
    compute: (inputs) => answers({ expected: () => probabilityOfImprovement(inputs.matrix("x"), inputs.matrix("y")) }),
  },
  performance_profile: {
    given: ["matrix", "tau"],
    compute(inputs, entry) {
      const scores = inputs.matrix("matrix"), tau = inputs.numbers("tau");
      const own = taskProfile(scores, tau);
      const least = taskProfile(scores, tau.map((t) => t + ROUNDING * Math.max(1, Math.abs(t))));
      const most = taskProfile(scores, tau.map((t) => t - ROUNDING * Math.max(1, Math.abs(t))));
      const expected = Array.isArray(entry.task_mean_score) ? entry.task_mean_score : [];
      return answers({
        run_score: () => performanceProfile(scores, tau),
        task_mean_score: () =>
          own.map((share, i) => expected[i] >= least[i] && expected[i] <= most[i] ? expected[i] : share),
        task_mean_tie: () => own.map((_, i) => least[i] < most[i]),
      });
    },
  },
  mann_whitney: {
    given: ["x", "y"],
    compute(inputs) {
      const x = inputs.numbers("x"), y = inputs.numbers("y");
      return answers({
        ties: () => averageRanks([...x, ...y]).ties.some((size) => size > 1),
        U_x: () => rankSumTest(x, y).u,
        U_y: () => rankSumTest(y, x).u,
        exact: () => pValues(rankSumTest(x, y, { method: "exact" })),
        asymptotic_cc: () => pValues(rankSumTest(x, y)),
        asymptotic_no_cc: () => pValues(rankSumTest(x, y, { continuity: false })),
      });
    },
  },
  wilcoxon_signed_rank: {
    given: ["differences"],
    compute(inputs) {
      const list = inputs.numbers("differences");
      return (name) => {
        if (name === "zeros") return list.includes(0);
        if (name === "ties") {
          return averageRanks(list.filter((d) => d !== 0).map(Math.abs)).ties.some((size) => size > 1);
        }
        const variant = /^asymptotic_(wilcox|pratt|zsplit)_(cc|no_cc)$/.exec(name);
        if (!variant && name !== "exact") return undefined;
        const result = variant
          ? signedRankTest(list, {
            zeros: variant[1] as "wilcox" | "pratt" | "zsplit",
            continuity: variant[2] === "cc",
          })
          : signedRankTest(list, { method: "exact" });
        return { W_plus: result.plus, W_min: result.smaller, ...pValues(result) };
      };
    },
  },
  paired_permutation: {
    given: ["differences"],
    compute(inputs) {
      const result = signFlipTest(inputs.numbers("differences"));
      return answers({
        statistic_mean: () => result.mean,
        two_sided: () => result.twoSided,
        greater: () => result.greater,
        less: () => result.less,
        two_sided_fraction: () => result.twoSided,
      });
    },
  },
  multiple_testing: {
    given: ["p"],
    compute(inputs) {
      const p = inputs.numbers("p");
      const methods: Record<string, typeof holm> = { holm, bonferroni, benjamini_hochberg: benjaminiHochberg };
      return (name) => {
        const reject = /^reject_(.+?)_(\d+(?:_\d+)?)$/.exec(name), method = reject ? reject[1] : name;
        if (!Object.hasOwn(methods, method)) return undefined;
        const adjusted = methods[method](p);
        return reject ? adjusted.map((value) => value <= numberIn(reject[2])) : adjusted;
      };
    },
  },
  wilson: {
    given: ["k", "n", "confidence"],
    compute(inputs) {
      const interval = (continuity: boolean) =>
        wilsonInterval(inputs.number("k"), inputs.number("n"), { confidence: inputs.number("confidence"), continuity });
      return answers({
        low: () => interval(false).low,
        high: () => interval(false).high,
        low_continuity_corrected: () => interval(true).low,
        high_continuity_corrected: () => interval(true).high,
      });
    },
  },
  pass_at_k: {
    given: ["n", "c", "k"],
    compute(inputs) {
      const n = inputs.number("n"), c = inputs.number("c"), k = inputs.number("k");
      return answers({
        pass_at_k: () => passAtK(n, c, k),
        fraction: () => passAtK(n, c, k),
        all_k_correct: () => passAllOfK(n, c, k),
      });
    },
  },
  pass_at_k_mean_over_problems: {
    given: ["n", "correct"],
    compute(inputs, entry) {
      const n = inputs.number("n"), correct = inputs.numbers("correct");
      const sizes = isRecord(entry.expected) ? Object.keys(entry.expected) : [];
      return answers({
        expected: () => Object.fromEntries(sizes.map((k) => [k, mean(correct.map((c) => passAtK(n, c, Number(k))))])),
      });
    },
  },
  paired_t_interval: {
    given: ["x", "y", "confidence"],
    compute(inputs) {
      const result = pairedDifference(inputs.numbers("x"), inputs.numbers("y"), inputs.number("confidence"));
      const names: Record<string, keyof PairedDifference> = {
        mean_difference: "mean",
        std_error: "standardError",
        df: "freedom",
        t: "t",
        p_two_sided: "p",
        low: "low",
        high: "high",
      };
      return (name) => Object.hasOwn(names, name) ? result[names[name]] : undefined;
    },
  },
};

/** Matrices under `inputs` by name, however they are grouped. */
function namedMatrices(inputs: unknown, into = new Map<string, unknown>()): ReadonlyMap<string, unknown> {
  if (!isRecord(inputs)) return into;
  for (const [name, value] of Object.entries(inputs)) {
    if (isRecord(value)) namedMatrices(value, into);
    else if (into.has(name)) throw new TypeError(`two matrices of "inputs" are called "${name}"`);
    else into.set(name, value);
  }
  return into;
}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((part) => typeof part === "number");

function inputsOf(entry: Json, matrices: ReadonlyMap<string, unknown>): Inputs {
  return {
    number(name) {
      const value = entry[name];
      if (typeof value !== "number") throw new TypeError(`"${name}" is not a number`);
      return value;
    },
    numbers(name) {
      const value = entry[name];
      if (!isNumbers(value)) throw new TypeError(`"${name}" is not a list of numbers`);
      return value;
    },
    matrix(name) {
      const given = entry[name], value = typeof given === "string" ? matrices.get(given) : given;
      if (!Array.isArray(value) || !value.every(isNumbers)) {
        throw new TypeError(
          typeof given === "string" ? `"inputs" has no matrix "${given}"` : `"${name}" is neither a matrix nor a name`,
        );
      }
      return value;
    },
  };
}

/** Expected and computed quantities side by side, parts of records by themselves, fractions in words as numbers. */
function* leaves(name: string, expected: unknown, actual: unknown): Generator<readonly [string, unknown, unknown]> {
  if (isRecord(expected)) {
    for (const [part, value] of Object.entries(expected)) {
      yield* leaves(`${name}.${part}`, value, isRecord(actual) ? actual[part] : undefined);
    }
    return;
  }
  const fraction = typeof expected === "string" ? /^(-?\d+)\/(\d+)$/.exec(expected) : null;
  yield [name, fraction ? Number(fraction[1]) / Number(fraction[2]) : expected, actual];
}

/** Parts of a case that are neither given nor expected. */
const REMARKS = new Set(["id", "note"]);

function checkEntry(id: string, entry: unknown, section: Section, matrices: ReadonlyMap<string, unknown>): Outcome {
  return attempt(id, "statistics", () => {
    if (!isRecord(entry)) throw new TypeError("it is not an object");
    const answer = section.compute(inputsOf(entry, matrices), entry);
    const expected = Object.entries(entry).filter(([name]) => !section.given.includes(name) && !REMARKS.has(name));
    if (expected.length === 0) throw new TypeError("it expects nothing");
    return judge(id, "statistics", expected.flatMap(([name, value]) => [...leaves(name, value, answer(name))]));
  });
}

/** The range of an end of an interval. */
function range(value: unknown, what: string): readonly [number, number] {
  if (!isNumbers(value) || value.length !== 2) throw new TypeError(`${what} is not a pair of numbers`);
  return [value[0], value[1]];
}

type Draw = (scores: ScoreMatrix, stream: string, resamples: number) => Resamples;

/** Resamples that matrices of the same shape share: each case is judged by itself, and drawing takes most of the time. */
function sharedDraws(): Draw {
  const known = new Map<string, Resamples>();
  return (scores, stream, resamples) => {
    const shape = shapeOf(scores), name = `${shape.seeds} ${shape.tasks} ${stream} ${resamples}`;
    const drawn = known.get(name) ?? drawResamples(shape, { resamples, stream });
    known.set(name, drawn);
    return drawn;
  };
}

/** Checks the intervals of one statistic against their acceptance ranges, with as many resamples as they allow. */
function checkInterval(id: string, entry: unknown, matrices: ReadonlyMap<string, unknown>, draw: Draw): Outcome {
  return attempt(id, "statistics", () => {
    if (!isRecord(entry) || !isRecord(entry.interval)) throw new TypeError('"interval" is missing');
    const inputs = inputsOf(entry, matrices), name = String(entry.statistic);
    const pairs = Object.entries(entry.interval).flatMap(([confidence, parts]) => {
      if (!isRecord(parts) || !isRecord(parts.accept)) throw new Unsupported("an interval has no acceptance ranges");
      const resamples = Math.max(...Object.keys(parts.accept).map(Number).filter((count) => count <= MOST_RESAMPLES));
      const accept = parts.accept[resamples];
      if (!isRecord(accept)) throw new Unsupported(`no acceptance range is for at most ${MOST_RESAMPLES} resamples`);
      let interval;
      if (name === "probability_of_improvement") {
        const x = inputs.matrix("x"), y = inputs.matrix("y");
        interval = improvementInterval(x, y, draw(x, "x", resamples), draw(y, "y", resamples), Number(confidence));
      } else {
        const statistic = statisticNamed(name, () => inputs.number("tau"));
        if (!statistic) throw new Unsupported(`no such statistic here: ${name}`);
        const scores = inputs.matrix("matrix");
        interval = bootstrapInterval(scores, statistic, draw(scores, "x", resamples), Number(confidence));
      }
      return (["low", "high"] as const).map((end) => {
        const what = `${confidence}.${end}`, [least, most] = range(accept[end], `the acceptance range of ${what}`);
        const actual = interval[end];
        return [what, actual === null ? least : Math.min(Math.max(actual, least), most), actual] as const;
      });
    });
    if (pairs.length === 0) throw new TypeError("it expects nothing");
    return judge(id, "statistics", pairs);
  });
}

const isCases = (value: unknown): value is unknown[] =>
  Array.isArray(value) && value.length > 0 && value.every(isRecord);

/**
 * Outcomes of all cases of a file with sections of statistics; none for a file of another layout. A list of cases in a
 * section that is not known here is one unsupported outcome.
 */
export function statisticsOutcomes(file: Json): Outcome[] {
  const { meta: _meta, inputs, cases: _cases, fixtures: _fixtures, primitives: _primitives, bootstrap, ...rest } = file;
  const known = Object.keys(rest).filter((name) => Object.hasOwn(sections, name));
  if (known.length === 0 && !isRecord(bootstrap)) return [];
  const matrices = namedMatrices(inputs);
  const outcomes: Outcome[] = [];
  for (const [name, content] of Object.entries(rest)) {
    if (Object.hasOwn(sections, name)) {
      const entries = Array.isArray(content) ? content : [content];
      entries.forEach((entry, i) => {
        const label = isRecord(entry) && typeof entry.id === "string" ? ` ${entry.id}` : "";
        outcomes.push(checkEntry(`${name}[${i}]${label}`, entry, sections[name], matrices));
      });
    } else if (isCases(content)) {
      outcomes.push(attempt(name, "statistics", () => {
        throw new Unsupported("no such section here");
      }));
    }
  }
  const draw = sharedDraws();
  for (const [name, content] of Object.entries(isRecord(bootstrap) ? bootstrap : {})) {
    if (!isCases(content)) continue;
    content.forEach((entry, i) => outcomes.push(checkInterval(`bootstrap.${name}[${i}]`, entry, matrices, draw)));
  }
  return outcomes;
}
