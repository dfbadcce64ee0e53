/**
 * The three things that an iteration of GEPA can be: scoring the initial prompt, a merge, a mutation.
 *
 * @module
 */

import type { Context, Reply, Rollout, Round, Setting } from "../algorithm.ts";
import type { Resolved } from "../../terms/options.ts";
import { mean } from "../../terms/statistics.ts";
import type { Candidate, GepaOptions, GepaState } from "../gepa.ts";
import { type Ask, attemptOf } from "./asking.ts";
import { shuffled } from "./draws.ts";
import { type Merge, mergeInstances } from "./merge.ts";
import { selectParent } from "./selection.ts";
import type { Split } from "./validation.ts";

/** What an iteration works with. */
export interface Iteration {
  /** The state before it. */
  readonly state: GepaState;
  /** What is learned from. */
  readonly setting: Setting;
  /** Its problems by use. */
  readonly split: Split;
  /** Asks models, with the bill. */
  readonly ask: Ask;
  /** Every option. */
  readonly options: Resolved<GepaOptions>;
}

/** What an iteration changes. */
export interface IterationResult {
  /** A candidate that joins the pool. */
  readonly found?: Candidate;
  /** The pool it joins, and counters. */
  readonly changes: Partial<Pick<GepaState, "pool" | "minibatches" | "merging">>;
  /** Named numbers for the record. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** An iteration, or a part of one, under way. */
type Part<Result> = Generator<Round, Result, readonly Reply[]>;

const sum = (scores: readonly number[]) => scores.reduce((total, score) => total + score, 0);

/** One response to each problem under these instructions, all with noise `draw`. */
function run(
  { ask, setting }: Iteration,
  instructions: Context["instructions"],
  problems: readonly number[],
  draw: number,
) {
  const context = { ...setting.initial, instructions };
  return ask.rollOut(problems.map((problem) => ({ problem, context, draw })));
}

/** Scores on all validation problems, those that are `known` by their position left out. */
function* score(
  iteration: Iteration,
  instructions: Context["instructions"],
  known: ReadonlyMap<number, number> = new Map(),
): Part<number[]> {
  const { validation } = iteration.split;
  const rollouts = yield* run(iteration, instructions, validation.filter((_, i) => !known.has(i)), 0);
  const rest = rollouts.values();
  return validation.map((_, i) => known.get(i) ?? (rest.next().value as Rollout).score);
}

/** The first iteration. */
export function* scoreInitial(iteration: Iteration): Part<IterationResult> {
  const { instructions } = iteration.setting.initial;
  const found = { instructions, scores: yield* score(iteration, instructions), parents: [], nextModule: 0, foundAt: 0 };
  return { found, changes: {}, metrics: {} };
}

/** Tests a merge on some validation problems and, if it is good enough, on the others. */
export function* tryMerge(
  iteration: Iteration,
  { parents, instructions, keys }: Merge,
): Part<IterationResult> {
  const { state: { pool, merging, step }, setting: { seed }, split: { validation }, ask, options } = iteration;
  const rows = parents.map((parent) => pool[parent].scores);
  const columns = mergeInstances(rows[0], rows[1], options.mergeInstances, seed, step);
  const rollouts = yield* run(iteration, instructions, columns.map((column) => validation[column]), 0);
  const tested = rollouts.map(({ score }) => score);
  const best = Math.max(...rows.map((row) => sum(columns.map((column) => row[column]))));
  const tried = { ...merging, foundInLastStep: false, tried: [...merging.tried, ...keys] };
  if (options.mergeAcceptance === "not_worse" && sum(tested) < best) {
    return { changes: { merging: tried }, metrics: { mergeAccepted: 0 } };
  }
  const foundAt = ask.spent().responses;
  const scores = yield* score(iteration, instructions, new Map(columns.map((column, i) => [column, tested[i]])));
  const nextModule = Math.max(...parents.map((parent) => pool[parent].nextModule));
  return {
    found: { instructions, scores, parents, nextModule, foundAt },
    changes: { merging: { ...tried, due: tried.due - 1, accepted: tried.accepted + 1 } },
    metrics: { mergeAccepted: 1 },
  };
}

/** Minibatch `number` of an endless run of passes; a pass that is no multiple is filled up from its start. */
export function minibatch(feedback: readonly number[], size: number, number: number, seed: number): number[] {
  const perPass = Math.ceil(feedback.length / size), first = number % perPass * size;
  const order = shuffled(feedback.length, seed, "minibatch", Math.floor(number / perPass));
  return Array.from({ length: size }, (_, i) => feedback[order[(first + i) % order.length]]);
}

/** Rewrites a module of a parent, and scores the child if it beats its parent. */
export function* mutate(iteration: Iteration): Part<IterationResult> {
  const { state, setting: { problems, seed }, split: { feedback }, ask, options } = iteration;
  const { pool, step } = state;
  const parent = selectParent(pool.map(({ scores }) => scores), options, seed, step);
  const { instructions, nextModule } = pool[parent];
  const batch = minibatch(feedback, options.minibatchSize, state.minibatches, seed);
  // Noise 0 is that of validation; parent and child share one of their own.
  const before = yield* run(iteration, instructions, batch, 1 + step), scores = before.map(({ score }) => score);
  const merging = { ...state.merging, foundInLastStep: false };
  const changes = { minibatches: state.minibatches + 1, merging };
  const metrics = { rewardMean: mean(scores), childAccepted: 0 };
  if (scores.every((score) => score >= options.perfectScore)) return { changes, metrics };

  const modules = Object.keys(instructions), module = modules[nextModule % modules.length];
  // A line that fails with one module goes on with the next.
  const turned = pool.map((one, i) => i === parent ? { ...one, nextModule: nextModule + 1 } : one);
  const instruction = instructions[module];
  const attempts = before.map((rollout, i) => attemptOf(problems[batch[i]], rollout, true));
  const [{ text }] = yield* ask.reflect([{ kind: "mutate", module, instruction, attempts }]);
  if (text === undefined || text === instruction) return { changes: { ...changes, pool: turned }, metrics };

  const child = { ...instructions, [module]: text };
  const after = (yield* run(iteration, child, batch, 1 + step)).map(({ score }) => score);
  const childGain = mean(after) - mean(scores);
  if (sum(after) <= sum(scores)) return { changes: { ...changes, pool: turned }, metrics: { ...metrics, childGain } };
  const foundAt = ask.spent().responses;
  const found = {
    instructions: child,
    scores: yield* score(iteration, child),
    parents: [parent],
    nextModule: nextModule + 1,
    foundAt,
  };
  const due = merging.due + (options.merge && merging.accepted < options.maxMerges ? 1 : 0);
  return {
    found,
    changes: { ...changes, pool: turned, merging: { ...merging, due, foundInLastStep: true } },
    metrics: { ...metrics, childGain, childAccepted: 1 },
  };
}
