/**
 * Runs an algorithm that changes the prompt, against whatever answers its requests.
 *
 * Every reply is handed to `record` as soon as it is there. After a kill, start the step again from the state before it
 * with what was recorded: replies that are there are used, and only the others are asked for. In which order replies
 * arrived makes no difference.
 *
 * ```ts
 * import { gepa, learnContext, type Models } from "@podium/rl/algorithms";
 *
 * // A policy that is right if it is told to be, and a reflector that tells it so.
 * const models: Models = {
 *   async rollOut(requests, reply) {
 *     requests.forEach(({ context }, i) => {
 *       const score = context.instructions.main.includes("Be right.") ? 1 : 0;
 *       reply(i, { response: "…", score, answer: null, feedback: score ? "right" : "wrong" });
 *     });
 *   },
 *   async reflect(requests, reply) {
 *     requests.forEach((_, i) => reply(i, { text: "Be right.", calls: 1 }));
 *   },
 * };
 * const problems = Array.from({ length: 8 }, (_, i) => ({ question: `question ${i}` }));
 * const initial = { instructions: { main: "" }, experiences: [], demonstrations: [] };
 * const { context } = await learnContext(gepa.create(), { problems, initial, budget: 40, seed: 1 }, models);
 * if (context.instructions.main !== "Be right.") throw new Error("unexpected prompt");
 * ```
 *
 * @module
 */

import type {
  Context,
  ContextAlgorithm,
  ContextState,
  Reflection,
  ReflectionRequest,
  Reply,
  Rollout,
  RolloutRequest,
  Setting,
  StepResult,
} from "./algorithm.ts";

/** What answers requests. Both call `reply` once per request, in any order, with the request's index. */
export interface Models {
  /** The policy and the grader. */
  rollOut(requests: readonly RolloutRequest[], reply: (index: number, rollout: Rollout) => void): Promise<void>;
  /** The reflector, where the algorithm needs one. */
  reflect?(
    requests: readonly ReflectionRequest[],
    reply: (index: number, reflection: Reflection) => void,
  ): Promise<void>;
}

/** A reply of a step, with where it belongs. Plain JSON. */
export interface RecordedReply {
  /** Round within the step. */
  readonly round: number;
  /** Request within the round. */
  readonly index: number;
  /** The reply. */
  readonly reply: Reply;
}

/** What is there of a step already, and where replies are written down. */
export interface Journal {
  /** Replies of an earlier, interrupted run of the same step, in any order. */
  readonly recorded?: readonly RecordedReply[];
  /** Is given every new reply at once; the next round waits for it. */
  record?(entry: RecordedReply): void | Promise<void>;
}

/**
 * One step from `state`.
 *
 * @throws {Error} if the models leave a request without reply, or whatever they throw. What was recorded stays good.
 */
export async function runStep<State extends ContextState>(
  algorithm: ContextAlgorithm<State>,
  state: State,
  setting: Setting,
  models: Models,
  { recorded = [], record }: Journal = {},
): Promise<StepResult<State>> {
  const step = algorithm.step(state, setting);
  let next = step.next();
  for (let round = 0; !next.done; round++) {
    const { kind, requests } = next.value;
    const replies = new Array<Reply | undefined>(requests.length);
    for (const entry of recorded) if (entry.round === round) replies[entry.index] = entry.reply;
    const missing = requests.flatMap((_, index) => replies[index] === undefined ? [index] : []);
    const written: (void | Promise<void>)[] = [];
    const reply = (position: number, reply: Reply) => {
      const index = missing[position];
      replies[index] = reply;
      written.push(record?.({ round, index, reply }));
    };
    try {
      if (missing.length > 0) {
        if (kind === "rollouts") await models.rollOut(missing.map((index) => requests[index]), reply);
        else if (models.reflect) await models.reflect(missing.map((index) => requests[index]), reply);
        else throw new Error(`${algorithm.name} needs a reflector, and none is there.`);
      }
    } finally {
      await Promise.all(written);
    }
    const answered = replies.filter((reply) => reply !== undefined);
    if (answered.length < requests.length) {
      throw new Error(`${algorithm.name}: ${answered.length} of ${requests.length} ${kind} of a round were answered.`);
    }
    next = step.next(answered);
  }
  return next.value;
}

/** What {@linkcode learnContext} returns. */
export interface Learned<State extends ContextState = ContextState> {
  /** The last state. */
  readonly state: State;
  /** The prompt it stands for. */
  readonly context: Context;
}

/** All steps, from the start or from `from`; `each` is given the result of every step. */
export async function learnContext<State extends ContextState>(
  algorithm: ContextAlgorithm<State>,
  setting: Setting,
  models: Models,
  { from, each }: { from?: State; each?: (result: StepResult<State>) => void | Promise<void> } = {},
): Promise<Learned<State>> {
  let state = from ?? algorithm.start(setting);
  while (!state.done) {
    const result = await runStep(algorithm, state, setting, models);
    await each?.(result);
    state = result.state;
  }
  return { state, context: algorithm.context(state, setting) };
}
