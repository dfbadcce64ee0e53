/**
 * What a training step is given.
 *
 * @module
 */
import type { Algorithm } from "../../algorithms/algorithm.ts";
import type { Critic, Policy } from "../../policy/policy.ts";
import type { Problems, Task } from "../../tasks/task.ts";
import type { Gates, Training } from "../suite.ts";

/** Everything a step works with. */
export interface StepParts {
  /** The policy being trained. */
  policy: Policy;
  /** The frozen policy, where the algorithm asks for one. */
  reference?: Policy;
  /** The value function being trained, where the algorithm asks for one. */
  critic?: Critic;
  /** Writes prompts and grades responses. */
  task: Task;
  /** Training problems. */
  problems: Problems;
  /** The configured algorithm. */
  algorithm: Algorithm;
  /** Training settings. */
  training: Training;
  /** Limits beyond which the run is stopped. */
  gates: Gates;
  /** Seed of problems and noise. */
  seed: number;
  /** A clock in milliseconds, for the cost columns only. Absent: no times. */
  clock?: () => number;
}

/** Seconds spent in the parts of a step. */
export interface StepSeconds {
  /** Prompts to tokens and sampling, with the replies of tools. */
  rollout: number;
  /** Of these: replies of tools. Absent where the task has none. */
  tools?: number;
  /** Grading. */
  grade: number;
  /** Selection, credit, loss and its derivative. */
  algorithm: number;
  /** Old, current and reference log-probs; values. */
  score: number;
  /** Gradients and optimizers. */
  update: number;
}

/** Adds up the seconds of the parts of a step. */
export class Stopwatch {
  /** Seconds so far. */
  readonly seconds: StepSeconds = { rollout: 0, grade: 0, algorithm: 0, score: 0, update: 0 };
  readonly #clock: () => number;

  /** A stopwatch that reads `clock`, in milliseconds. */
  constructor(clock: () => number = () => 0) {
    this.#clock = clock;
  }

  /** Does the work and counts its time. */
  async time<T>(part: keyof StepSeconds, work: () => Promise<T>): Promise<T> {
    const start = this.#clock();
    const result = await work();
    this.#add(part, start);
    return result;
  }

  /** The same for work that is done when it returns. */
  count<T>(part: keyof StepSeconds, work: () => T): T {
    const start = this.#clock();
    const result = work();
    this.#add(part, start);
    return result;
  }

  #add(part: keyof StepSeconds, start: number): void {
    this.seconds[part] = (this.seconds[part] ?? 0) + (this.#clock() - start) / 1000;
  }
}
