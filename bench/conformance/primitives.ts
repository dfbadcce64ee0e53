/**
 * Primitives tables: the terms that algorithms are made of, row by row.
 *
 * @module
 */

import {
  adaptKlCoefficient,
  addGroups,
  type Aggregation,
  clippedSurrogate,
  dapo,
  type Difficulty,
  difficultyOf,
  emptySketch,
  groupAdvantage,
  klDivergence,
  type KlEstimator,
  leaveOneOut,
  mean,
  quantile,
  type Response,
  type Row,
  shareOfGroup,
  softOverlong,
  standardDeviation,
  tokenWeights,
} from "../../algorithms/mod.ts";
import { Unsupported } from "./golden_case.ts";

/** What a primitives table says and what the project computes, pair by pair. */
export type Table = (table: unknown) => Iterable<readonly [name: string, expected: unknown, actual: unknown]>;

type Numbers = Record<string, number>;

function* klTable(table: unknown): ReturnType<Table> {
  for (const row of table as Numbers[]) {
    for (const [name, value] of Object.entries(row)) {
      const derivative = name.startsWith("d_");
      const estimator = name.replace(/^d_/, "");
      if (["logp", "ref_logp", "old_logp"].includes(name)) continue;
      const got = klDivergence(estimator as KlEstimator, row.logp, row.ref_logp, row.old_logp);
      if (got === undefined) throw new Unsupported(`estimator ${estimator}`);
      yield [name, value, derivative ? got.derivative : got.value];
    }
  }
}

function* clipTable(table: unknown): ReturnType<Table> {
  for (const row of table as Numbers[]) {
    const surrogate = clippedSurrogate({
      epsilonLow: row.eps_low,
      epsilonHigh: row.eps_high,
      dualClip: row.dual_clip ?? null,
      delta: row.delta ?? null,
    });
    const got = surrogate({
      ratio: row.ratio,
      advantage: row.A,
      logProb: Math.log(row.ratio),
      oldLogProb: 0,
      response: 0,
      position: 0,
    });
    yield ["loss", row.loss, got.loss];
    yield ["d_logp", row.d_logp, got.slope];
  }
}

function* advantageTable(table: unknown): ReturnType<Table> {
  for (const { rewards, ...row } of table as ({ rewards: number[] } & Record<string, unknown>)[]) {
    const groups = rewards.map(() => 0);
    for (const [name, expected] of Object.entries(row)) {
      const std = /^std_ddof([01])$/.exec(name);
      const scaled = /^grpo_(pop|ddof[01])_eps(\d+(?:e_\d+)?)$/.exec(name);
      if (name === "mean") yield [name, expected, mean(rewards)];
      else if (std) yield [name, expected, standardDeviation(rewards, Number(std[1]))];
      else if (scaled) {
        const ddof = scaled[1] === "ddof1" ? 1 : 0, stdEpsilon = Number(scaled[2].replace("_", "-"));
        yield [name, expected, groupAdvantage(rewards, groups, { scale: "group", ddof, stdEpsilon })];
      } else if (name === "dr_grpo") {
        yield [name, expected, groupAdvantage(rewards, groups, { scale: "none", ddof: 0, stdEpsilon: 0 })];
      } else if (name === "rloo") yield [name, expected, leaveOneOut(rewards, groups)];
      else throw new Unsupported(`column ${name}`);
    }
  }
}

function* aggregationTable(table: unknown): ReturnType<Table> {
  const { token_loss, group, L_max, ...parts } = table as {
    token_loss: number[][];
    group: number[];
    L_max: number;
  } & Record<string, Numbers>;
  const rows = token_loss.map((row, i) => ({ group: group[i], truncated: false, logProbs: Float64Array.from(row) }));
  for (const [part, values] of Object.entries(parts)) {
    const masked = /^with_response_(\d+)_masked$/.exec(part);
    if (part !== "values" && !masked) {
      if (typeof values === "string") continue;
      throw new Unsupported(`part ${part}`);
    }
    const alive = rows.map((_, i) => !masked || i !== Number(masked[1]));
    for (const [name, expected] of Object.entries(values)) {
      const weights = tokenWeights(rows, { aggregation: name as Aggregation, maxLength: L_max, alive });
      yield [
        `${part}.${name}`,
        expected,
        weights.flatMap((row, i) => [...row.map((w, t) => w * token_loss[i][t])])
          .reduce((sum, value) => sum + value, 0),
      ];
    }
  }
}

function* adaptiveKlTable(table: unknown): ReturnType<Table> {
  const { init, target, horizon, n_steps, rows } = table as Numbers & { rows: Numbers[] };
  let coefficient = init;
  for (const row of rows) {
    coefficient = adaptKlCoefficient(coefficient, row.current_kl, n_steps, { klTarget: target, klHorizon: horizon });
    yield ["coef_after", row.coef_after, coefficient];
  }
}

function* overlongTable(table: unknown): ReturnType<Table> {
  for (const row of table as Numbers[]) yield ["reward", row.reward, softOverlong(row.length, row.L_max, row.L_cache)];
}

/** A response of so many tokens, right or not. */
const graded = (group: number, accuracy: number, length = 1): Response => {
  const logProbs = new Float64Array(length);
  return { group, tokens: logProbs, rewards: { accuracy }, truncated: false, logProbs, oldLogProbs: logProbs };
};

function* dapoRewardTable(table: unknown): ReturnType<Table> {
  for (const { correct, length, ...row } of table as (Numbers & { correct: boolean })[]) {
    const options = { dynamicSampling: false, overlongMaxLength: row.L_max, overlongCache: row.L_cache };
    const { trace } = dapo.create(options).credit([graded(0, Number(correct), length)]);
    yield ["total_reward", row.total_reward, (trace!.rewards as Row)[0]];
  }
}

/** Which groups are kept after each rollout batch, and which of them fill a step of N. Prompts become numbers. */
function* dynamicSamplingTable(table: unknown): ReturnType<Table> {
  const { N, rule: _, generated, generation_batches: batches, ...expected } = table as {
    N: number;
    rule: string;
    generated: { prompt: string; acc: number[] }[];
    generation_batches: string[][];
  } & Record<string, string[]>;
  const number = (prompt: string) => generated.findIndex((one) => one.prompt === prompt);
  const { select } = dapo.create();
  const kept: number[] = [], after: number[][] = [];
  for (const prompts of batches) {
    const batch = prompts.map(number).flatMap((group) =>
      generated[group].acc.map((accuracy) => graded(group, accuracy))
    );
    const selection = select!(batch);
    kept.push(...new Set(batch.filter((_, i) => selection[i]).map(({ group }) => group)));
    after.push([...kept]);
  }
  for (const [name, prompts] of Object.entries(expected)) {
    const round = /^kept_after_batch_(\d+)$/.exec(name);
    const actual = round ? after[Number(round[1]) - 1] : name === "train_groups" ? kept.slice(0, N) : undefined;
    yield [name, prompts.map(number), actual];
  }
}

function* difficultyTable(table: unknown): ReturnType<Table> {
  const { rule, G, rows } = table as { rule: string; G: number; rows: (Numbers & { bucket: Difficulty | "warmup" })[] };
  const kept = /\bk = ([\d, ]+)/.exec(rule)?.[1].split(",").map(Number) ?? [8, 8, 6, 4];
  const warmUp = Number(/\((\d+) groups/.exec(rule)?.[1] ?? rows.filter((row) => row.quartiles === undefined).length);
  const [very_hard, hard, medium, easy] = kept.map((count) => count / G);
  const shares = { warm_up: very_hard, very_hard, hard, medium, easy };
  let stream = emptySketch;
  for (const { mean_reward, bucket, k, quartiles, margin } of rows) {
    stream = addGroups(stream, [mean_reward], [0]);
    const found = difficultyOf(mean_reward, stream, warmUp);
    const read = [0.25, 0.5, 0.75].map((share) => quantile(stream, share));
    yield ["bucket", bucket, found === "warm_up" ? "warmup" : found];
    yield ["k", k, shareOfGroup(G, shares[found])];
    if (quartiles !== undefined) yield ["quartiles", quartiles, read];
    if (margin !== undefined) yield ["margin", margin, Math.min(...read.map((each) => Math.abs(each - mean_reward)))];
  }
}

/** Every primitives table that the project can check. */
export const tables: Readonly<Record<string, Table>> = {
  adaptive_kl_controller: adaptiveKlTable,
  kl_estimators: klTable,
  ppo_clip_table: clipTable,
  group_advantages: advantageTable,
  aggregation: aggregationTable,
  gfpo_adaptive_difficulty: difficultyTable,
  soft_overlong: overlongTable,
  dapo_reward: dapoRewardTable,
  dynamic_sampling: dynamicSamplingTable,
};
