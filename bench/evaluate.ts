/**
 * Evaluation on fixed held-out problems: one greedy response and several sampled ones to each. The noise depends on the
 * seed but not on the step or the algorithm, so that all comparisons are paired.
 *
 * @module
 */
import { klDivergence } from "../algorithms/terms/divergences.ts";
import type { Policy } from "../policy/policy.ts";
import { fold, keyOf } from "../policy/random.ts";
import type { Problem, Problems, Task } from "../tasks/task.ts";
import { sha256 } from "./canonical.ts";
import { channelMeans } from "./channels.ts";
import { requireConserved, requireFiniteNumber } from "./gates.ts";
import { type Lengths, lengthsOf } from "./lengths.ts";
import { evaluationIndices } from "./problem_order.ts";
import { planningOf, writtenPieces } from "./planning.ts";
import {
  isRight,
  lengthOf,
  promptOf,
  type Rollout,
  rollOut,
  rolloutParts,
  type Timing,
  tokensReadFor,
  type ToolUse,
  toolUseOf,
  unansweredShare,
} from "./rollout.ts";
import { score } from "./scoring.ts";
import { mean } from "./statistics/describe.ts";
import { passAtK } from "./statistics/pass_at_k.ts";
import type { Exchange } from "./turns.ts";
import type { Evaluation } from "./suite.ts";

/** One line of `evaluations.jsonl`, before the runner adds the hash chain. */
export interface EvaluationRecord {
  /** Training steps done before this evaluation. */
  step: number;
  /** Share of problems whose greedy response is right. */
  greedy: number;
  /** avg@k: share of right sampled responses. */
  average: number;
  /** pass@k without bias, by k: 1, 2, 4 … up to the number of samples. */
  pass: Record<string, number>;
  /** Lengths of the sampled responses. */
  length: Lengths;
  /** Turns, replies and tokens of tools in the sampled responses, where the task has an environment. */
  tools?: ToolUse;
  /** Mean of every reward channel over the sampled responses, also of those that algorithms do not see. */
  channels: Record<string, number | null>;
  /** Share of sampled responses without an answer that could be read. */
  unanswered: number;
  /**
   * KL divergence of the policy from the one before training, in nats per token: mean of the estimator k3 over the
   * tokens of the first sampled response to each problem, at the temperature of the evaluation.
   */
  kl: number;
  /** Cost of this evaluation; not part of the cost columns. */
  cost: { responses: number; tokensGenerated: number; tokensRead?: number };
  /** Per problem, in the order of the held-out set: 1 if the greedy response is right, and how many sampled ones are. */
  problems: { greedy: number[]; right: number[] };
  /** First 16 hex digits of the SHA-256 of all responses and their log-probs. */
  digest: string;
}

/** An evaluation and the responses it was made from. */
export interface EvaluationOutcome {
  /** The line for the record. */
  record: EvaluationRecord;
  /** All responses as text, one entry per problem. */
  responses: ProblemResponses[];
}

/** What was answered to one held-out problem: the raw log of an evaluation. */
export interface ProblemResponses {
  /** Identity of the problem. */
  id: string;
  /** The question as asked. */
  question: string;
  /** What the grader compares with. */
  gold: string;
  /** The greedy response. */
  greedy: LoggedResponse;
  /** The sampled responses. */
  sampled: LoggedResponse[];
}

/** One response in the raw log. */
export interface LoggedResponse {
  /** The text that was graded. */
  text: string;
  /** The answer read from it, or null. */
  answer: string | null;
  /** Whether it got full marks. */
  right: boolean;
  /** Why, in the grader's words. */
  reason: string;
  /** Length in tokens of the policy. */
  tokens: number;
  /** Tokens of tools, where the task has an environment. */
  toolTokens?: number;
  /** Turns that were replied to, with the reply, where the task has an environment. */
  exchanges?: readonly Exchange[];
  /** True if it was cut at the maximum length. */
  truncated: boolean;
}

/** What an evaluation needs. */
export interface EvaluationParts {
  /** The policy to evaluate. */
  policy: Policy;
  /** The policy before training; absent: it is the one to evaluate. */
  base?: Policy;
  /** Writes prompts and grades responses. */
  task: Task;
  /** Held-out problems. */
  problems: Problems;
  /** Settings. */
  evaluation: Evaluation;
  /** Longest response where the settings name none. */
  maxTokens: number;
  /** The same with the tokens of tools; absent: a multiple of it. */
  maxTotalTokens?: number;
  /** Seed of the noise. */
  seed: number;
  /** Does the parts of the work, to count their seconds. Default: does them. */
  time?: Timing;
}

/** Steps above `before` and up to `last` after which is evaluated; step 0 is one. */
export function evaluationsDue({ interval, also = [] }: Evaluation, before: number, last: number): number[] {
  const due: number[] = [];
  for (let step = before + 1; step <= last; step++) {
    if (step % interval === 0 || also.includes(step)) due.push(step);
  }
  return due;
}

/** Values of k that are reported: the powers of two up to `samples`, and `samples`. */
export function reportedKs(samples: number): number[] {
  const ks: number[] = [];
  for (let k = 1; k < samples; k *= 2) ks.push(k);
  return [...ks, samples];
}

/** {@linkcode EvaluationRecord.kl} over these responses; 0 where the policy is the one before training. */
async function klFrom(
  { base, policy, time = (_, work) => work() }: EvaluationParts,
  rollouts: readonly Rollout[],
): Promise<number> {
  if (!base) return 0;
  const samples = rollouts.map(({ prompt, generation: { tokens }, temperature }) => ({
    prompt,
    response: tokens,
    temperature,
  }));
  const [own, before] = await time("score", async () => [await score(policy, samples), await score(base, samples)]);
  let sum = 0, count = 0;
  rollouts.forEach(({ generation: { mask } }, place) => {
    const { logProbs } = own[place], others = before[place].logProbs;
    for (let index = 0; index < logProbs.length; index++) {
      if (mask?.[index] === 0) continue;
      sum += klDivergence("k3", logProbs[index], others[index], logProbs[index]).value;
      count++;
    }
  });
  return count > 0 ? sum / count : 0;
}

/** Tokens that plan in each response; undefined where the task has no phrases for that, or tokens are not known. */
function planningTokens(
  { policy, task }: EvaluationParts,
  rollouts: readonly Rollout[],
  known: Asked["planning"],
): number[] | undefined {
  if (!task.strategicGrams?.length || rollouts.some(({ generation }) => generation.length !== undefined)) {
    return undefined;
  }
  // Samples of one problem, and of one evaluation and the next, are often the same; to look for phrases takes longer
  // than to see that.
  return rollouts.map(({ text, generation }) => {
    const { tokens, mask } = generation, found = known.get(text);
    if (found && sameNumbers(found.tokens, tokens) && sameNumbers(found.mask ?? [], mask ?? [])) return found.count;
    const marks = planningOf(task, writtenPieces(policy, generation), mask);
    let count = 0;
    for (let index = 0; index < marks.length; index++) count += marks[index];
    known.set(text, { tokens, mask, count });
    return count;
  });
}

function sameNumbers(left: ArrayLike<number>, right: ArrayLike<number>): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

function logged(rollout: Rollout): LoggedResponse {
  const { text, grade, generation } = rollout;
  return {
    text,
    answer: grade.answer,
    right: isRight(rollout),
    reason: grade.reason,
    tokens: lengthOf(rollout),
    truncated: generation.truncated,
    ...generation.exchanges && {
      toolTokens: generation.tokens.length - lengthOf(rollout),
      exchanges: generation.exchanges,
    },
  };
}

/** What an evaluation asks. */
export interface Asked {
  /** The problems. */
  problems: Problem[];
  /** Their prompts, as token ids. */
  prompts: number[][];
  /** Tokens that plan in responses seen before, by text; the tokens of a text may differ. */
  planning: Map<string, { tokens: readonly number[]; mask?: ArrayLike<number>; count: number }>;
}

/** What evaluations ask that was drawn last, under the name it was drawn for. */
let drawn: { of: string; asked: Omit<Asked, "planning"> } | undefined;

/**
 * What every evaluation of a run asks. To draw and encode problems takes longer than to grade, so it is done once for a
 * run, and for the runs after it in this process that give it the same name in `of`.
 */
export function askedOf(
  { policy, task, problems: all, evaluation }: Pick<EvaluationParts, "policy" | "task" | "problems" | "evaluation">,
  of?: string,
): Asked {
  if (of === undefined || drawn?.of !== of) {
    const problems = evaluationIndices(all, evaluation.problems, evaluation.offset).map((index) => all.at(index));
    const asked = { problems, prompts: problems.map((problem) => promptOf(policy, task, problem)) };
    if (of === undefined) return { ...asked, planning: new Map() };
    drawn = { of, asked };
  }
  return { ...drawn.asked, planning: new Map() };
}

/** Evaluates the policy after `step` training steps. */
export async function evaluate(
  parts: EvaluationParts,
  step: number,
  { problems, prompts, planning }: Asked = askedOf(parts),
): Promise<EvaluationOutcome> {
  const { policy, task, evaluation, seed, time } = parts;
  const { samples, temperature, maxTokens = parts.maxTokens } = evaluation;
  const key = keyOf(seed, "evaluation"), keys = problems.map((_, index) => fold(key, index));
  const limits = { maxTokens, maxTotalTokens: parts.maxTotalTokens, keys, prompts, time };
  const greedy = await rollOut(policy, task, problems, { ...limits, samples: 1, temperature: 0 });
  const sampled = await rollOut(policy, task, problems, { ...limits, samples, temperature });
  const bySamples = problems.map((_, index) => sampled.slice(index * samples, (index + 1) * samples));
  const right = bySamples.map((group) => group.filter(isRight).length);
  const all = [...greedy, ...sampled];
  const pass = Object.fromEntries(
    reportedKs(samples).map((k) => [k, mean(right.map((count) => passAtK(samples, count, k)))!]),
  );
  const average = mean(right)! / samples;
  requireConserved(step, average, pass, right, samples);
  const kl = await klFrom(parts, bySamples.map(([first]) => first));
  requireFiniteNumber("the KL divergence from the policy before training", step, kl);
  return {
    record: {
      step,
      greedy: mean(greedy.map((rollout) => isRight(rollout) ? 1 : 0))!,
      average,
      pass,
      length: lengthsOf(sampled, maxTokens, planningTokens(parts, sampled, planning)),
      ...toolUseOf(sampled),
      channels: channelMeans(sampled, maxTokens),
      unanswered: unansweredShare(sampled),
      kl,
      cost: {
        responses: all.length,
        tokensGenerated: all.reduce((sum, rollout) => sum + lengthOf(rollout), 0),
        ...tokensReadFor(all),
      },
      problems: { greedy: greedy.map((rollout) => isRight(rollout) ? 1 : 0), right },
      digest: sha256(...all.flatMap(rolloutParts)).slice(0, 16),
    },
    responses: problems.map(({ id, question, gold }, index) => ({
      id,
      question,
      gold,
      greedy: logged(greedy[index]),
      sampled: bySamples[index].map(logged),
    })),
  };
}
