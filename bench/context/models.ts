/**
 * The policy and the reflector of a cell, as an algorithm that changes the prompt asks them.
 *
 * @module
 */
import type { Models, Rollout as ContextRollout, RolloutRequest } from "../../algorithms/mod.ts";
import type { Policy } from "../../policy/policy.ts";
import { fold, keyOf } from "../../policy/random.ts";
import type { Problem, Task } from "../../tasks/task.ts";
import { canonical, sha256 } from "../canonical.ts";
import { rewardsOf } from "../channels.ts";
import { isRight, lengthOf, rollOut, rolloutParts } from "../rollout.ts";
import { mean } from "../statistics/describe.ts";
import type { Stopwatch } from "../step/parts.ts";
import type { Training } from "../suite.ts";
import { promptedTask } from "./prompted.ts";

/** A graded response with what the record says of it. Plain JSON, so that a journal can keep it. */
export interface RecordedRollout extends ContextRollout {
  /** The request's place, to tell groups apart. */
  readonly problem: number;
  /** First 16 hex digits of the SHA-256 of the prompt around the problem. */
  readonly context: string;
  /** Reward channels that algorithms see. */
  readonly rewards: Readonly<Record<string, number | null>>;
  /** Whether it got full marks. */
  readonly right: boolean;
  /** Length in tokens of the policy. */
  readonly tokens: number;
  /** Tokens read for it, where the policy is behind an endpoint. */
  readonly promptTokens?: number;
  /** Whether it was cut at the maximum length. */
  readonly truncated: boolean;
  /** First 16 hex digits of the SHA-256 of its tokens and log-probs. */
  readonly digest: string;
}

/** What responses are sampled with. */
export interface SamplingParts {
  /** The frozen policy. */
  policy: Policy;
  /** Writes prompts and grades responses. */
  task: Task;
  /** The problems of the setting, in its order. */
  problems: readonly Problem[];
  /** How responses are sampled, and which rewards count. */
  training: Training;
  /** Seed of the noise. */
  seed: number;
}

const short = (...parts: Parameters<typeof sha256>) => sha256(...parts).slice(0, 16);

/**
 * Answers requests for responses. Those in the same context are sampled together. The noise depends on seed, problem and
 * the request's draw alone: prompts are compared in pairs.
 *
 * The score is the mean of the reward channels that algorithms see; a channel that gave none counts as 0.
 */
export function policyRollouts(parts: SamplingParts, watch: Stopwatch): Models["rollOut"] {
  const { policy, task, problems, training, seed } = parts;
  const { temperature, topP, maxTokens, maxTotalTokens } = training;
  const noise = ({ problem, draw }: RolloutRequest) => fold(keyOf(seed, "context rollout", problem), draw);
  return async (requests, reply) => {
    const byContext = Map.groupBy(
      requests.map((request, index) => ({ request, index })),
      ({ request }) => canonical(request.context),
    );
    for (const [context, asked] of byContext) {
      const rollouts = await rollOut(
        policy,
        promptedTask(task, asked[0].request.context),
        asked.map(({ request }) => problems[request.problem]),
        {
          samples: 1,
          temperature,
          topP,
          maxTokens,
          maxTotalTokens,
          keys: asked.map(({ request }) => noise(request)),
          time: (part, work) => watch.time(part, work),
        },
      );
      rollouts.forEach((rollout, i) => {
        const rewards = rewardsOf(rollout, training), { index, request } = asked[i];
        const recorded: RecordedRollout = {
          response: rollout.text,
          score: mean(Object.values(rewards).map((reward) => reward ?? 0))!,
          answer: rollout.grade.answer,
          feedback: rollout.grade.reason,
          problem: request.problem,
          context: short(context),
          rewards,
          right: isRight(rollout),
          tokens: lengthOf(rollout),
          ...rollout.generation.promptTokens !== undefined && { promptTokens: rollout.generation.promptTokens },
          truncated: rollout.generation.truncated,
          digest: short(...rolloutParts(rollout)),
        };
        reply(index, recorded);
      });
    }
  };
}
