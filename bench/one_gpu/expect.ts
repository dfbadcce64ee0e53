/**
 * What a leaderboard of four algorithms takes on cards of several sizes: options and memory by the plan that a run keeps
 * to, time by arithmetic.
 *
 * @module
 */
import { loraOf, type LoraOptions } from "../../policy/adapters.ts";
import { fitMemory, type FittedPlan } from "../../policy/webgpu/memory_choice.ts";
import type { RunSizes } from "../../policy/webgpu/sizes.ts";
import { gsm8k } from "../../tasks/gsm8k.ts";
import { loadBenchmark } from "../benchmark.ts";
import { QWEN } from "../../fixtures/models/qwen.ts";
import { configure } from "../context/family.ts";
import { memoryOptionsOf } from "../memory/work.ts";
import type { Suite } from "../suite.ts";
import { type Card, CARDS } from "./cards.ts";
import { cellSeconds } from "./time.ts";

/** The algorithms of the comparison. */
export const ALGORITHMS = ["grpo", "dr_grpo", "dapo", "gspo"];

/** Tokens of GSM8K's longest prompt with the chat template of Qwen2.5-0.5B-Instruct. */
const PROMPT = 258;

/** Part of a card's memory that is taken; the rest is the driver's, and the screen's. */
export const TAKEN = 0.9;

const LORA: LoraOptions = { rank: 16, alpha: 32 };

/** Ways to need less memory: those that train all weights, then those that do not. */
const WAYS: readonly { flags: string; change: Partial<Suite> }[][] = [
  [{ flags: "", change: {} }, { flags: "--recompute", change: { recompute: true } }],
  [
    { flags: "--lora rank=16,alpha=32", change: { lora: LORA } },
    { flags: "--lora rank=16,alpha=32 --recompute", change: { lora: LORA, recompute: true } },
  ],
];

/** What is expected of a card. */
export interface Expectation {
  card: Card;
  /** Gigabytes that may be taken: `--memory`. */
  memory: number;
  /** Further options of the command line. */
  flags: string;
  /** Bytes of the largest plan, rows of a run of training, and responses that are drawn together. */
  bytes: number;
  rows: number;
  sequences: number;
  /** Seconds of all cells' training, and of their evaluations. */
  training: number;
  evaluation: number;
}

/** The suite that is meant: that of the GPU, on GSM8K, with four algorithms. */
export async function comparison(): Promise<Suite> {
  const suite = (await loadBenchmark("gpu")).tasks.find(({ task }) => task === "gsm8k")!;
  return { ...suite, algorithms: ALGORITHMS.map((name) => suite.algorithms.find((entry) => entry.name === name)!) };
}

/** Expectations of one card: of the ways that fit the fastest, adapters only where nothing else fits. */
export async function expect(card: Card): Promise<Expectation> {
  const suite = await comparison(), memory = Math.round(10 * card.memory * TAKEN) / 10;
  for (const ways of WAYS) {
    const fitting: Expectation[] = [];
    for (const { flags, change } of ways) {
      const changed = { ...suite, ...change }, plan = await planOf(changed, memory * 1e9);
      if ("least" in plan) continue;
      const { total: bytes, sizes } = plan, { tokens: rows, sequences } = sizes;
      fitting.push({ card, memory, flags, bytes, rows, sequences, ...secondsOf(changed, sizes, card) });
    }
    fitting.sort((a, b) => a.training + a.evaluation - b.training - b.evaluation);
    if (fitting.length > 0) return fitting[0];
  }
  throw new Error(`${card.name}: no way to train fits into ${memory} GB.`);
}

/** The plan of the algorithm that takes most: the fewest updates per batch learn from the most tokens. */
function planOf(suite: Suite, limit: number): Promise<FittedPlan | { least: number }> {
  const settings = suite.algorithms.map((entry) => {
    const algorithm = configure(entry), training = { ...suite.training, ...entry.training };
    const setting = { suite, training, task: gsm8k, promptTokens: PROMPT, contextLength: QWEN.maxPositions };
    return memoryOptionsOf(algorithm, setting);
  });
  const most = settings.reduce((most, options) =>
    options.work.trained.tokens > most.work.trained.tokens ? options : most
  );
  return fitMemory(QWEN, most, limit);
}

/** Seconds of all cells. */
function secondsOf(suite: Suite, sizes: RunSizes, card: Card): Pick<Expectation, "training" | "evaluation"> {
  const { lora, recompute, seeds } = suite, sums = { training: 0, evaluation: 0 };
  for (const { name } of suite.algorithms) {
    const setting = { config: QWEN, lora: lora && loraOf(lora), recompute, sizes };
    const { training, evaluation } = cellSeconds(name, suite, setting, card);
    sums.training += seeds.length * training;
    sums.evaluation += seeds.length * evaluation;
  }
  return sums;
}

/** Expectations of all cards. */
export async function expectAll(): Promise<Expectation[]> {
  const all: Expectation[] = [];
  for (const card of CARDS) all.push(await expect(card));
  return all;
}
