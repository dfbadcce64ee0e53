/**
 * Rollouts: consecutive problems of the training order, sampled and graded, with all that the algorithm asks to see of
 * a response before it is scored.
 *
 * A place in the order of a seed is always the same problem and the same noise, whichever algorithm draws it and in
 * whichever step.
 *
 * @module
 */
import type { Response } from "../../algorithms/algorithm.ts";
import { fold, keyOf } from "../../policy/random.ts";
import { rewardsOf } from "../channels.ts";
import { requireFinite } from "../gates.ts";
import { tokenBefore } from "../pieces.ts";
import { planningOf, writtenPieces } from "../planning.ts";
import { trainingIndices } from "../problem_order.ts";
import { type Rollout, rollOut, type Timing } from "../rollout.ts";
import type { Drawn } from "../scoring.ts";
import type { Training } from "../suite.ts";
import type { StepParts, Stopwatch } from "./parts.ts";

/** What an algorithm may see of a response before it is scored. */
export type Facts = Omit<Response, "logProbs" | "oldLogProbs" | "referenceLogProbs" | "values" | "oldValues">;

/** A sampled response. */
export interface Draw {
  /** As the policy wrote it and the task graded it. */
  rollout: Rollout;
  /** What is scored. */
  sample: Drawn;
  /** What the algorithm sees. */
  facts: Facts;
}

/** Responses that were drawn together. */
export interface RolloutBatch {
  /** All responses; those to one prompt stand together. */
  draws: Draw[];
  /** The greedy response to each prompt, where the algorithm asks for them. */
  greedy: Rollout[];
}

/** Samples and grades the responses to `count` problems behind the `first` ones of the training order. */
export async function drawBatch(
  parts: StepParts,
  first: number,
  count: number,
  watch: Stopwatch,
): Promise<RolloutBatch> {
  const { policy, task, algorithm, training, seed } = parts;
  const { groupSize, temperature, topP, maxTokens, maxTotalTokens, promptsPerStep } = training;
  const problems = trainingIndices(parts.problems, seed, first, count).map((index) => parts.problems.at(index));
  const keys = problems.map((_, index) => {
    const place = first + index;
    return fold(keyOf(seed, "rollout", Math.floor(place / promptsPerStep) + 1), place % promptsPerStep);
  });
  const time: Timing = (part, work) => watch.time(part, work);
  const roll = (options: { samples: number; temperature: typeof temperature; topP?: number }) =>
    rollOut(policy, task, problems, { ...options, maxTokens, maxTotalTokens, keys, time });
  const rollouts = await roll({ samples: groupSize, temperature, topP });
  requireFinite(
    "the sampled log-prob",
    stepOf(first + count, training),
    rollouts.map(({ generation }) => generation.logProbs),
  );
  // Beside the budget of sampled responses, but not for free: they are counted in the costs.
  const greedy = algorithm.needs.greedy ? await roll({ samples: 1, temperature: 0 }) : [];
  const draws = rollouts.map((rollout): Draw => {
    const { prompt, generation, temperature } = rollout;
    return {
      rollout,
      sample: { prompt, response: generation.tokens, temperature },
      facts: factsOf(parts, rollout, greedy[rollout.group]),
    };
  });
  return { draws, greedy };
}

/** Number of the step in which so many prompts have been sampled. */
export function stepOf(prompts: number, { promptsPerStep }: Pick<Training, "promptsPerStep">): number {
  return Math.ceil(prompts / promptsPerStep);
}

function factsOf({ policy, task, algorithm, training }: StepParts, rollout: Rollout, greedy?: Rollout): Facts {
  const { group, problem, generation, text } = rollout;
  const { planning, steps } = algorithm.needs, { mask } = generation;
  const facts: Facts = {
    group,
    tokens: generation.tokens,
    ...mask && { mask },
    rewards: rewardsOf(rollout, training),
    truncated: generation.truncated,
    budget: training.maxTokens,
    ...greedy && { greedyRewards: rewardsOf(greedy, training) },
  };
  if (!planning && !steps) return facts;
  const pieces = writtenPieces(policy, generation);
  return {
    ...facts,
    ...planning && { planning: planningOf(task, pieces, mask) },
    ...steps && {
      // What ends the text ends the response: its stop token was chosen by the policy too.
      steps: task.gradeSteps!(problem, text).map(({ end, reward }) => ({
        end: end > 0 && end === text.length ? pieces.length - 1 : tokenBefore(pieces, end),
        reward,
      })),
    },
  };
}
