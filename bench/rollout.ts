/**
 * Rollouts: problems to graded responses. Training and evaluation share it, so both read an answer the same way.
 *
 * @module
 */
import { fold, type Key } from "../policy/random.ts";
import type { GenerateRequest, Generation, Policy } from "../policy/policy.ts";
import type { Grade, Problem, Task } from "../tasks/task.ts";
import type { Temperature } from "./suite.ts";

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
  /** What the policy wrote. */
  generation: Generation;
  /** The response as text, without its stop token. */
  text: string;
  /** How the task graded it. */
  grade: Grade;
}

/** How a batch of responses is drawn. */
export interface RolloutOptions {
  /** Responses per problem. */
  samples: number;
  /** Softmax temperature; 0 takes the most likely token. */
  temperature: Temperature;
  /** Nucleus of sampling. */
  topP?: number;
  /** Longest response, in tokens. */
  maxTokens: number;
  /** Noise of each problem: its response `sample` is drawn with the key folded with that number. */
  keys: readonly Key[];
}

/** Requests per call of `generate`; a sample does not depend on it, only memory and speed do. */
const batchSize = 256;

/** Temperature of response `sample` of a group of `samples`. */
export function temperatureOf(temperature: Temperature, sample: number, samples: number): number {
  if (typeof temperature === "number") return temperature;
  const { from, to } = temperature;
  return samples === 1 ? from : from + (to - from) * sample / (samples - 1);
}

/** The tokens a response is graded on: those without the stop token at the end. */
export function textTokens(policy: Policy, { tokens }: Generation): number[] {
  const stopped = tokens.length > 0 && policy.stopTokens.includes(tokens[tokens.length - 1]);
  return stopped ? tokens.slice(0, -1) : tokens;
}

/** Draws and grades `samples` responses to each problem; the responses to one problem stand together. */
export async function rollOut(
  policy: Policy,
  task: Task,
  problems: readonly Problem[],
  options: RolloutOptions,
): Promise<Rollout[]> {
  const { samples, temperature, topP = 1, maxTokens, keys } = options;
  const prompts = problems.map((problem) => policy.tokenizer.encode(task.prompt(problem)));
  const requests: GenerateRequest[] = [], temperatures: number[] = [];
  prompts.forEach((prompt, index) => {
    for (let sample = 0; sample < samples; sample++) {
      requests.push({ prompt, key: fold(keys[index], sample) });
      temperatures.push(temperatureOf(temperature, sample, samples));
    }
  });
  const generations: Generation[] = [];
  for (let start = 0; start < requests.length; start += batchSize) {
    const end = start + batchSize;
    generations.push(
      ...await policy.generate(requests.slice(start, end), {
        maxTokens,
        topP,
        temperature: typeof temperature === "number" ? temperature : temperatures.slice(start, end),
      }),
    );
  }
  return await Promise.all(generations.map(async (generation, index) => {
    const group = Math.floor(index / samples), problem = problems[group];
    const text = policy.tokenizer.decode(textTokens(policy, generation));
    return {
      group,
      problem,
      prompt: prompts[group],
      temperature: temperatures[index],
      generation,
      text,
      grade: await task.grade(problem, text),
    };
  }));
}

/** True if the task gave full marks. */
export function isRight({ grade }: Rollout): boolean {
  return grade.rewards.accuracy === 1;
}
