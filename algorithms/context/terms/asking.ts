/**
 * Asking models within a step, with the bill: every response and every reflection is counted where it is asked for.
 *
 * @module
 */

import type {
  Attempt,
  ContextProblem,
  Reflection,
  ReflectionRequest,
  Reply,
  Rollout,
  RolloutRequest,
  Round,
  Spending,
} from "../algorithm.ts";

/** Nothing spent yet. */
export const NOTHING_SPENT: Spending = { responses: 0, reflections: 0, failures: 0 };

/** A round under way: yields it and returns typed replies. */
export type Asking<Answer> = Generator<Round, Answer[], readonly Reply[]>;

/** How a step asks. */
export interface Ask {
  /** Responses, in the order of the requests. */
  rollOut(requests: readonly RolloutRequest[]): Asking<Rollout>;
  /** Reflections, in the order of the requests. */
  reflect(requests: readonly ReflectionRequest[]): Asking<Reflection>;
  /** Responses that may still be sampled. */
  left(): number;
  /** The bill with everything asked so far. */
  spent(): Spending;
}

/**
 * Asks for a step that starts with `before` on its bill. An empty round is not asked.
 *
 * Its functions throw a `RangeError` if a round would exceed the budget, and if a score is not a finite number.
 */
export function asking(before: Spending, budget: number): Ask {
  let spent = before;
  return {
    left: () => budget - spent.responses,
    spent: () => spent,
    *rollOut(requests) {
      if (requests.length === 0) return [];
      const responses = spent.responses + requests.length;
      if (responses > budget) throw new RangeError(`${responses} responses would exceed the budget of ${budget}`);
      const rollouts = (yield { kind: "rollouts", requests }) as readonly Rollout[];
      for (const { score } of rollouts) {
        if (!Number.isFinite(score)) throw new RangeError(`A response has score ${score}; give a finite number`);
      }
      spent = { ...spent, responses };
      return [...rollouts];
    },
    *reflect(requests) {
      if (requests.length === 0) return [];
      const reflections = (yield { kind: "reflections", requests }) as readonly Reflection[];
      spent = {
        ...spent,
        reflections: spent.reflections + requests.length,
        failures: spent.failures + reflections.filter(({ failure }) => failure !== undefined).length,
      };
      return [...reflections];
    },
  };
}

/** A response as a reflector may see it: without ground truth there is neither score nor the grader's words. */
export function attemptOf(
  { question }: ContextProblem,
  { response, score, answer, feedback }: Rollout,
  groundTruth: boolean,
): Attempt {
  return { question, response, answer, ...groundTruth && { score, feedback } };
}
