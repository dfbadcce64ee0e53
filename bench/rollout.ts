/**
 * Rollouts: problems to graded responses. Training and evaluation share it, so both read an answer the same way.
 *
 * @module
 */
import { promptTokens } from "../policy/chat_template.ts";
import { fold, type Key } from "../policy/random.ts";
import type { Generation, Policy } from "../policy/policy.ts";
import type { Grade, Problem, Task } from "../tasks/task.ts";
import { canonical } from "./canonical.ts";
import type { Temperature } from "./suite.ts";
import { chosenTokens, converse, type Dialogue, type DialogueRequest } from "./turns.ts";

/** One sampled and graded response. */
export interface Rollout {
  /** Position of the problem in the batch: responses with the same number form a group. */
  group: number;
  /** The problem that was asked. */
  problem: Problem;
  /** Token ids of the prompt. */
  prompt: readonly number[];
  /** Temperature that this response was drawn with. */
  temperature: number;
  /** What the policy wrote, and its tools between. */
  generation: Dialogue;
  /** The response as text, that of tools included, without its stop token. */
  text: string;
  /** How the task graded it. */
  grade: Grade;
}

/** Does a part of the work and counts its seconds. */
export type Timing = <T>(part: "rollout" | "tools" | "grade" | "score", work: () => Promise<T>) => Promise<T>;

/** How a batch of responses is drawn. */
export interface RolloutOptions {
  /** Responses per problem. */
  samples: number;
  /** Softmax temperature; 0 takes the most likely token. */
  temperature: Temperature;
  /** Nucleus of sampling. */
  topP?: number;
  /** Longest response, in tokens of the policy. */
  maxTokens: number;
  /** The same with the tokens of tools; absent: a multiple of it. */
  maxTotalTokens?: number;
  /** Noise of each problem: its response `sample` is drawn with the key folded with that number. */
  keys: readonly Key[];
  /** Prompts of the problems, where they are known. */
  prompts?: readonly (readonly number[])[];
  /** Does the parts of the work, to count their seconds; replies of tools lie within the rollout. Default: does them. */
  time?: Timing;
}

/** Requests per call of `generate`; a sample does not depend on it, only memory and speed do. */
const batchSize = 256;

/**
 * The same on a GPU, which decodes as many at once as its memory holds: others enter as some finish, and at the end of
 * a call there is nobody left to enter.
 */
export const gpuBatchSize = 4096;

/** Temperature of response `sample` of a group of `samples`. */
export function temperatureOf(temperature: Temperature, sample: number, samples: number): number {
  if (typeof temperature === "number") return temperature;
  const { from, to } = temperature;
  return samples === 1 ? from : from + (to - from) * sample / (samples - 1);
}

/** The tokens a response is graded on: those without the stop token at the end. */
export function textTokens(
  { stopTokens }: Pick<Policy, "stopTokens">,
  { tokens }: Pick<Generation, "tokens">,
): number[] {
  const stopped = tokens.length > 0 && stopTokens.includes(tokens[tokens.length - 1]);
  return stopped ? tokens.slice(0, -1) : tokens;
}

/** Token ids of the prompt of a problem. */
export function promptOf({ tokenizer }: Pick<Policy, "tokenizer">, task: Task, problem: Problem): number[] {
  return promptTokens(tokenizer, task.prompt(problem), task.environment?.tools);
}

/** Draws and grades `samples` responses to each problem; the responses to one problem stand together. */
export async function rollOut(
  policy: Policy,
  task: Task,
  problems: readonly Problem[],
  options: RolloutOptions,
): Promise<Rollout[]> {
  const { samples, temperature, topP, maxTokens, maxTotalTokens, keys, time = (_, work) => work() } = options;
  const prompts = options.prompts ??
    await time("rollout", () => Promise.resolve(problems.map((problem) => promptOf(policy, task, problem))));
  const requests: DialogueRequest[] = [];
  prompts.forEach((prompt, index) => {
    for (let sample = 0; sample < samples; sample++) {
      requests.push({
        prompt,
        key: fold(keys[index], sample),
        problem: problems[index],
        temperature: temperatureOf(temperature, sample, samples),
      });
    }
  });
  const generations: Dialogue[] = [], size = policy.device ? gpuBatchSize : batchSize;
  for (let start = 0; start < requests.length; start += size) {
    const batch = requests.slice(start, start + size), limits = { maxTokens, maxTotalTokens, topP, time };
    generations.push(...await time("rollout", () => converse(policy, task.environment, batch, limits)));
  }
  const grade = async (generation: Dialogue, index: number): Promise<Rollout> => {
    const group = Math.floor(index / samples), problem = problems[group];
    const text = policy.tokenizer.decode(textTokens(policy, generation));
    return {
      group,
      problem,
      prompt: prompts[group],
      temperature: requests[index].temperature,
      generation,
      text,
      grade: await task.grade(problem, text),
    };
  };
  return await time("grade", () => Promise.all(generations.map(grade)));
}

/** Length of a response: the tokens that the policy chose. */
export function lengthOf({ generation }: Pick<Rollout, "generation">): number {
  return chosenTokens(generation);
}

/** What tools did in a batch of responses: means per response. */
export interface ToolUse {
  /** Turns of the policy. */
  turns: number;
  /** Turns that the environment replied to: searches, calls of a tool. */
  queries: number;
  /** Tokens that the environment wrote. */
  tokens: number;
}

/** The entry `tools` of a record; nothing where the task has no environment. */
export function toolUseOf(rollouts: readonly Rollout[]): { tools?: ToolUse } {
  if (!rollouts.some(({ generation }) => generation.exchanges)) return {};
  const each = (count: (rollout: Rollout) => number) =>
    rollouts.reduce((sum, rollout) => sum + count(rollout), 0) / rollouts.length;
  const queries = each(({ generation }) => generation.exchanges!.length);
  const tokens = each((rollout) => rollout.generation.tokens.length - lengthOf(rollout));
  return { tools: { turns: queries + 1, queries, tokens } };
}

/** What the hash chain covers of a response: tokens, log-probs, and with an environment all that was asked and replied. */
export function rolloutParts(
  { generation: { tokens, logProbs, mask, exchanges } }: Rollout,
): (string | ArrayBufferView)[] {
  return [Int32Array.from(tokens), logProbs, ...mask ? [mask] : [], ...exchanges ? [canonical(exchanges)] : []];
}

/** Share of responses in which the grader found no answer: reward-parse failures. */
export function unansweredShare(rollouts: readonly Rollout[]): number {
  return rollouts.filter(({ grade }) => grade.answer === null).length / rollouts.length;
}

/** True if the task gave full marks. */
export function isRight({ grade }: Rollout): boolean {
  return grade.rewards.accuracy === 1;
}
