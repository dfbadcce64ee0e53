/**
 * A task, and a policy without a network that follows advice in its prompt: it works step by step and checks as it is
 * told, else as its noise has it, and is right the more often for it. For tests of cells that learn a prompt.
 *
 * @module
 */
import { adviceVocabulary, type ContextAlgorithm } from "../../algorithms/mod.ts";
import { uniform } from "../../policy/random.ts";
import type { GenerateRequest, Policy } from "../../policy/policy.ts";
import type { Problem, Problems, Task } from "../../tasks/task.ts";
import { type Cell, cellFormat, cellOf } from "../cell.ts";
import { contextIdentity } from "../context/setting.ts";
import type { CellParts } from "../run_cell.ts";
import { parseSuite, type Suite } from "../suite.ts";
import quick from "../suites/quick.json" with { type: "json" };

/** Sixty problems; the answer to each is its number. */
export const adviceProblems: Problems = {
  length: 60,
  at: (index): Problem => ({ id: `advice-${index}`, question: `${index}`, gold: `${index}` }),
  digest: "1".repeat(64),
  source: "test",
};

/** Right if the last line is the question. */
export const adviceTask: Task = {
  name: "advice",
  summary: "say the number",
  problems: () => Promise.resolve(adviceProblems),
  prompt: ({ question }) => `say ${question}`,
  grade: ({ gold }, response) => {
    const answer = /(\d+)$/.exec(response)?.[1] ?? null;
    return { rewards: { accuracy: answer === gold ? 1 : 0 }, answer, reason: answer === gold ? "equal" : "different" };
  },
};

const topic = (name: string) => adviceVocabulary.find((one) => one.name === name)!;

function write(prompt: string, { key }: GenerateRequest): string {
  const does = (name: string, place: number) => {
    const { advice, opposite } = topic(name);
    if (prompt.includes(advice)) return true;
    return !prompt.includes(opposite!) && uniform(key, place) < 0.4;
  };
  const steps = does("steps", 0),
    check = does("check", 1),
    right = uniform(key, 2) < 0.1 + (steps ? 0.3 : 0) + (check ? 0.3 : 0);
  const number = Number(/(\d+)$/.exec(prompt)![1]);
  return `${steps ? "first " : ""}${check ? "check " : ""}${right ? number : number + 1}`;
}

/** What {@linkcode openAdvicePolicy} counts, and when it breaks down. */
export interface Watched {
  /** Responses drawn so far. */
  drawn: number;
  /** Calls that still work. */
  calls: number;
}

/** The policy: a token is a UTF-16 unit. It can be sampled and scored, not trained. */
export function openAdvicePolicy(watched: Watched = { drawn: 0, calls: Infinity }): Policy {
  const units = (text: string) => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  const decode = (ids: readonly number[]) => String.fromCharCode(...ids);
  const unable = () => {
    throw new Error("this policy can't be trained");
  };
  return {
    tokenizer: { vocabularySize: 65_536, encode: units, decode },
    stopTokens: [10],
    parameterCount: 1,
    backend: "advice 1",
    contextLength: 65_536,
    generate: (requests) => {
      if (watched.calls-- <= 0) return Promise.reject(new Error("killed"));
      watched.drawn += requests.length;
      return Promise.resolve(requests.map((request) => {
        const tokens = [...units(write(decode(request.prompt), request)), 10];
        return { tokens, logProbs: new Float32Array(tokens.length), truncated: false };
      }));
    },
    logProbs: (samples) =>
      Promise.resolve(samples.map(({ response: { length } }) => ({
        logProbs: new Float32Array(length),
        entropy: new Float32Array(length),
      }))),
    accumulate: unable,
    discardGradient: unable,
    step: unable,
    digest: () => Promise.resolve("advice"),
    checkpoint: unable,
    restore: unable,
    save: unable,
    dispose: () => Promise.resolve(),
  };
}

/** A cell on that task. */
export function adviceCell(
  algorithm: ContextAlgorithm,
  change: (suite: Suite) => void = () => {},
  watched?: Watched,
): { cell: Cell; parts: CellParts } {
  const suite = parseSuite(quick, "quick");
  Object.assign(suite.training, { steps: 12, promptsPerStep: 8, groupSize: 5, maxTokens: 64 });
  Object.assign(suite.evaluation, { interval: 3, problems: 30, samples: 4 });
  change(suite);
  const cell = cellOf(
    {
      format: cellFormat,
      algorithm: { name: algorithm.name, options: algorithm.options },
      task: { name: adviceTask.name, train: adviceProblems.digest, test: adviceProblems.digest, prompts: "" },
      policy: { digest: "advice", backend: "advice 1" },
      seed: 1,
      training: suite.training,
      evaluation: suite.evaluation,
      gates: suite.gates,
      context: contextIdentity(adviceProblems.length),
    },
    { algorithm: { name: algorithm.name, options: {} }, policy: "test" },
  );
  return {
    cell,
    parts: {
      algorithm,
      task: adviceTask,
      train: adviceProblems,
      test: adviceProblems,
      openPolicy: () => Promise.resolve(openAdvicePolicy(watched)),
      openCritic: () => Promise.reject(new Error("there is no critic")),
    },
  };
}
