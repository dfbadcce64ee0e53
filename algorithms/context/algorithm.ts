/**
 * The common interface of every algorithm that changes the prompt and leaves the weights alone.
 *
 * An algorithm is a sequence of steps, and a step is a generator: it yields what it wants from models, a round of
 * requests that do not depend on each other, and is given their replies in the order of the requests. Between steps
 * there is nothing but a state of plain JSON. Why this shape, and not an asynchronous function over models that are
 * handed in, or a hand-written state machine:
 *
 * - It reads like the papers: a loop that samples, reflects and goes on. The order of steps is the program's text.
 * - It is pure. The generator calls nobody; whoever runs it decides what answers, how many at once, in which order,
 *   and what is written down. That the order in which replies arrive can't matter holds by construction.
 * - It resumes without paying twice. A step computes nothing that is expensive, so after a kill it is started again
 *   from the state before it and given the replies that were recorded: `run.ts` asks only for those that are missing.
 *
 * Random choices come from {@linkcode Setting.seed} through `terms/draws.ts`. Every reply is JSON too.
 *
 * @module
 */

import type { Description } from "../algorithm.ts";
import type { Reply, Round } from "./requests.ts";

export type * from "./requests.ts";

/** A training problem, as far as a prompt or a reflector may see it. */
export interface ContextProblem {
  /** The question, as the policy is asked it. */
  readonly question: string;
  /** The right answer. Algorithms pass it on only where they may use ground truth. */
  readonly gold?: string;
  /** A right response in the task's own form, where the source has one: what labelled demonstrations show. */
  readonly solution?: string;
}

/** A worked example in the prompt. */
export interface Demonstration {
  /** The question. */
  readonly question: string;
  /** A response to it. */
  readonly response: string;
}

/** A piece of advice in the prompt, with where it comes from. */
export interface Experience {
  /** `G0`, `G1`, … */
  readonly id: string;
  /** The advice. */
  readonly text: string;
  /** Step that added it. */
  readonly since: number;
  /** Step that wrote its present text. */
  readonly changed: number;
}

/** What stands in the prompt around a problem: what these algorithms learn. */
export interface Context {
  /** Instructions by the name of their module, in order. */
  readonly instructions: Readonly<Record<string, string>>;
  /** Advice, in order. */
  readonly experiences: readonly Pick<Experience, "id" | "text">[];
  /** Worked examples, in order. */
  readonly demonstrations: readonly Demonstration[];
}

/** What an algorithm learns from. The same for all of a comparison. */
export interface Setting {
  /** Training problems, at least one. Those for validation are taken from them. */
  readonly problems: readonly ContextProblem[];
  /** What stands in the prompt before anything is learned. */
  readonly initial: Context;
  /** Most responses that may be sampled, all steps together. */
  readonly budget: number;
  /** Seed of every random choice, a whole number. */
  readonly seed: number;
}

/** What has been used up. */
export interface Spending {
  /** Responses sampled. */
  readonly responses: number;
  /** Requests to the reflector. */
  readonly reflections: number;
  /** Those of them that came to nothing. */
  readonly failures: number;
}

/** What every state has; the rest is an algorithm's own. Plain JSON. */
export interface ContextState {
  /** Steps done. */
  readonly step: number;
  /** Nothing is left to do. */
  readonly done: boolean;
  /** All steps together. */
  readonly spent: Spending;
}

/** What a step leaves. */
export interface StepResult<State> {
  /** The next state. */
  readonly state: State;
  /** Named numbers for the record. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** A step under way: yields rounds, is given their replies, returns the next state. */
export type Step<State> = Generator<Round, StepResult<State>, readonly Reply[]>;

/** What an algorithm asks of a runner. */
export interface ContextNeeds {
  /** Something that answers a {@linkcode ReflectionRequest}. */
  readonly reflector: boolean;
  /** Fewest training problems. */
  readonly problems: number;
  /** Fewest responses with which it can learn anything. */
  budget(problems: number): number;
}

/**
 * A configured algorithm. Its functions are pure.
 *
 * A runner evaluates `context(state)` on held-out problems whenever it likes: that is not part of the budget, and the
 * algorithm never hears of it.
 */
export interface ContextAlgorithm<State extends ContextState = ContextState> {
  /** Registry name, `snake_case`. */
  readonly name: string;
  /** Every option after defaults and presets; part of a cell's identity. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What the runner must provide with these options. */
  readonly needs: ContextNeeds;
  /**
   * The state before the first step.
   *
   * @throws {RangeError} if the setting has too few problems or too small a budget.
   */
  start(setting: Setting): State;
  /** One step from a state that is not done. */
  step(state: State, setting: Setting): Step<State>;
  /** The prompt that a state stands for. */
  context(state: State, setting: Setting): Context;
}

/** An algorithm as a plug-in: its description and the function that configures it. */
// deno-lint-ignore no-explicit-any
export interface ContextModule<Options = any> {
  /** What it is and which options it has. */
  readonly description: Description;
  /**
   * Checks the options and returns the algorithm.
   *
   * @throws {RangeError | TypeError} one sentence that names the option, the bad value and what to use instead.
   */
  // deno-lint-ignore no-explicit-any
  readonly create: (options?: Options) => ContextAlgorithm<any>;
}
