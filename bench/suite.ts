/**
 * Suites: data files that say what is compared. `suites/suite.schema.json` documents every property.
 *
 * @module
 */
import type { LoraOptions } from "../policy/mod.ts";
import type { BackendChoice } from "./backend.ts";
import { Refusal } from "./outcomes.ts";
import { reasonOf } from "../policy/reason.ts";
import { unknown } from "./nearest.ts";
import type { ReflectorSource } from "./context/reflector.ts";
import { validated } from "./schema.ts";
import aa from "./suites/aa.json" with { type: "json" };
import all from "./suites/all.json" with { type: "json" };
import channels from "./suites/channels.json" with { type: "json" };
import claims from "./suites/claims.json" with { type: "json" };
import contextLong from "./suites/context_long.json" with { type: "json" };
import context from "./suites/context.json" with { type: "json" };
import gpu from "./suites/gpu.json" with { type: "json" };
import math from "./suites/math.json" with { type: "json" };
import quick from "./suites/quick.json" with { type: "json" };
import search from "./suites/search.json" with { type: "json" };
import standard from "./suites/standard.json" with { type: "json" };
import schema from "./suites/suite.schema.json" with { type: "json" };

/** Sampling temperature: one for all responses, or spread evenly from the first to the last response of a group. */
export type Temperature = number | { from: number; to: number };

/** How a policy is trained; the same for every algorithm, except what {@linkcode SuiteAlgorithm.training} may set. */
export interface Training {
  /** Times `promptsPerStep`: the prompts that every algorithm gets. Each is one update, unless an algorithm replaces groups. */
  steps: number;
  /** Prompts per rollout batch. */
  promptsPerStep: number;
  /** Responses per prompt. */
  groupSize: number;
  /** Optimizer steps per rollout batch, each on whole groups; more where an algorithm needs more. */
  minibatches: number;
  /** Learning rate after warm-up. */
  learningRate: number;
  /** Steps over which the learning rate rises linearly. */
  warmupSteps: number;
  /** Largest global gradient norm. */
  maxNorm: number;
  /** Adam's decay rates. */
  betas: [number, number];
  /** Decoupled weight decay. */
  weightDecay: number;
  /** Sampling temperature. */
  temperature: Temperature;
  /** Nucleus of sampling; 1 keeps all. */
  topP: number;
  /** Longest response, in tokens of the policy. */
  maxTokens: number;
  /** Longest response with the text of tools, in tokens; absent: 16 times `maxTokens`. */
  maxTotalTokens?: number;
  /** Reward channels that the algorithms see: the task's own, and those that every task has (`channels.ts`). */
  rewards: string[];
  /** Channels that are 0 unless another reaches a value, for every algorithm: `{"brevity": {"on": "accuracy", "atLeast": 1}}`. */
  rewardConditions?: Record<string, { on: string; atLeast: number }>;
  /** Phrases that count as planning in training, where an algorithm asks for that; absent: the task's own. */
  strategicGrams?: string[];
  /** Steps between checkpoints. */
  checkpointInterval: number;
}

/** How a policy is evaluated: on fixed held-out problems, greedily and by sampling. */
export interface Evaluation {
  /** Steps between evaluations. */
  interval: number;
  /** Further steps after which is evaluated. */
  also?: number[];
  /** Number of problems. */
  problems: number;
  /** Held-out problems that are left out before these, so that settings can be chosen on other problems; absent: none. */
  offset?: number;
  /** Sampled responses per problem. */
  samples: number;
  /** Temperature of the sampled responses. */
  temperature: number;
  /** Longest response; absent: that of training. */
  maxTokens?: number;
}

/** Limits beyond which a run is stopped. */
export interface Gates {
  /** Largest difference between log-probs scored with the batch and alone. */
  batchDifference: number;
  /** Largest difference between log-probs of sampler and training kernels. */
  samplingDifference: number;
  /** Largest difference between 1 and the ratio of current to old policy before the first update of a step. */
  ratio: number;
}

/** One algorithm of a suite. */
export interface SuiteAlgorithm {
  /** Registry name. */
  name: string;
  /** Name in the leaderboard. */
  label?: string;
  /** Why its settings differ from those of the others, for readers. */
  note?: string;
  /** Named option set of the algorithm. */
  preset?: string;
  /** Options that differ from the preset or the defaults. */
  options: Record<string, unknown>;
  /** Settings of this entry alone: optimizer, group size, temperature, reward channels, planning phrases. */
  training: Partial<Training>;
}

/** What is compared, with all defaults filled in. */
export interface Suite {
  /** Names the directory of the run. */
  name: string;
  /** One line for people. */
  summary?: string;
  /** Registry name of the task. */
  task: string;
  /** Where problems come from; absent: the task's embedded source. */
  data: { train?: string; test?: string; decontaminate?: boolean };
  /**
   * A directory, `hub:OWNER/NAME[@REVISION]`, or `embedded:NAME`; where all algorithms learn a prompt also
   * `endpoint:URL#MODEL`, or the ONNX files of `onnx:DIRECTORY[#FILE]` or `hub:OWNER/NAME[@REVISION]#FILE`.
   */
  policy: string;
  /** Environment variable with the key of a policy behind an endpoint; absent: none is sent. */
  policyKey?: string;
  /** What computes it. The embedded suites name the CPU, so that their digests can be compared everywhere. */
  backend: BackendChoice;
  /** The model that reflects for algorithms that learn a prompt; absent: the embedded rules. */
  reflector?: ReflectorSource;
  /** Low-rank adapters that are trained in place of the policy's own weights, on the GPU. Absent: none. */
  lora?: LoraOptions;
  /** Whether a GPU draws responses with matrices in float16, for speed. Absent: `f32`. */
  rolloutWeights?: "f32" | "f16";
  /** Whether a GPU computes values twice to need less memory; no number depends on it. Absent: false. */
  recompute?: boolean;
  /**
   * Gigabytes (10^9 bytes) of a GPU's memory that may be taken. As much is computed at once as fits; with less than the
   * largest runs need, gradients differ in their last bits. Absent: no limit is known.
   */
  memory?: number;
  /** The algorithms. */
  algorithms: SuiteAlgorithm[];
  /** One run per algorithm and seed. */
  seeds: number[];
  /** Training settings. */
  training: Training;
  /** Evaluation settings. */
  evaluation: Evaluation;
  /** Limits. */
  gates: Gates;
}

const embedded: Record<string, unknown> = {
  quick,
  standard,
  all,
  math,
  channels,
  search,
  claims,
  context,
  context_long: contextLong,
  aa,
  gpu,
};

/** Names of the embedded suites. */
export const suiteNames: readonly string[] = Object.keys(embedded);

/** The embedded suite that a task is trained with where none is named: the first that is about it, else `quick`. */
export function suiteFor(task?: string): string {
  const about = (name: string) => task !== undefined && (embedded[name] as Partial<Suite>).task === task;
  return suiteNames.find(about) ?? "quick";
}

/** How the embedded suites run what is called `label` there, or the first entry of that algorithm. */
export function knownEntry(label: string): SuiteAlgorithm | undefined {
  const entries = parseSuite(all, "suite all").algorithms;
  return entries.find((entry) => entry.label === label) ?? entries.find((entry) => entry.name === label);
}

/** Most responses of a rollout batch: far above any use, and far below what a machine's memory holds. */
const mostResponses = 100_000;

/** Refuses conditions that change nothing or nothing sensible: on a channel that is not learned from, or on itself. */
function requireConditionsUsed(
  { rewardConditions = {} }: Partial<Training>,
  rewards: readonly string[],
  source: string,
): void {
  for (const [name, { on }] of Object.entries(rewardConditions)) {
    if (on === name) {
      throw new Refusal(`${source}: the reward channel "${name}" has itself as its condition; name another in "on".`);
    }
    if (!rewards.includes(name)) {
      throw new Refusal(
        `${source}: the reward channel "${name}" has a condition but is not learned from; add it to rewards or leave ` +
          "the condition out.",
      );
    }
  }
}

/** Refuses a rollout batch that no memory holds. */
function requireFits(promptsPerStep: number, groupSize: number, source: string): void {
  if (promptsPerStep * groupSize <= mostResponses) return;
  throw new Refusal(
    `${source}: ${promptsPerStep} prompts with ${groupSize} responses each are more than ${mostResponses} responses ` +
      "per step; lower promptsPerStep or groupSize.",
  );
}

/** Checks a suite, fills in its defaults and refuses what contradicts itself. `source` is named in errors. */
export function parseSuite(value: unknown, source: string): Suite {
  const suite = validated<Suite>(schema, structuredClone(value), source);
  const labels = new Set<string>();
  for (const { name, label = name, training } of suite.algorithms) {
    if (labels.has(label)) {
      throw new Refusal(`${source}: two algorithms are called "${label}"; give one of them another "label".`);
    }
    labels.add(label);
    const { minibatches, promptsPerStep, groupSize, rewards } = { ...suite.training, ...training };
    requireConditionsUsed(training, rewards, source);
    requireFits(promptsPerStep, groupSize, source);
    if (minibatches > promptsPerStep) {
      throw new Refusal(
        `${source}: ${minibatches} minibatches of whole groups can't be made of ${promptsPerStep} prompts; ` +
          `use at most ${promptsPerStep} minibatches.`,
      );
    }
  }
  const everyChannel = suite.algorithms.flatMap(({ training }) => training.rewards ?? suite.training.rewards);
  requireConditionsUsed(suite.training, everyChannel, source);
  requireFits(suite.training.promptsPerStep, suite.training.groupSize, source);
  const { maxTokens, maxTotalTokens = maxTokens } = suite.training, longest = suite.evaluation.maxTokens ?? maxTokens;
  if (maxTotalTokens < Math.max(maxTokens, longest)) {
    throw new Refusal(
      `${source}: maxTotalTokens, ${maxTotalTokens}, counts the policy's tokens too, and there may be ` +
        `${Math.max(maxTokens, longest)}; make it greater or leave it out.`,
    );
  }
  return suite;
}

/**
 * Reads an embedded suite by name, or a suite file by path (a name that ends in `.json` or holds a slash); what it holds
 * is not checked yet. `source` names it in errors.
 */
export async function readSuiteFile(name: string): Promise<{ value: unknown; source: string }> {
  if (!name.endsWith(".json") && !name.includes("/")) {
    if (!Object.hasOwn(embedded, name)) {
      throw new Refusal(
        unknown("suite", name, suiteNames) + " A file of your own is given by its path, as ./mine.json.",
      );
    }
    return { value: embedded[name], source: `suite ${name}` };
  }
  let text: string;
  try {
    text = await Deno.readTextFile(name);
  } catch (error) {
    throw new Refusal(`${name}: can't read the suite (${reasonOf(error)}); give the path of a JSON file.`);
  }
  try {
    return { value: JSON.parse(text), source: name };
  } catch (error) {
    throw new Refusal(`${name}: not JSON (${(error as Error).message}).`);
  }
}

/** Reads a suite about one task, by name or by path. */
export async function loadSuite(name: string): Promise<Suite> {
  const { value, source } = await readSuiteFile(name);
  return parseSuite(value, source);
}
