/**
 * The responses of a training step: to one batch of prompts, or, where the algorithm asks for it, to as many as it
 * takes to fill the step with groups that its selection keeps (dynamic sampling, DAPO, arXiv 2503.14476 §3.2).
 *
 * All algorithms get the same number of sampled responses, so further prompts are not extra: they are those of the
 * following steps. A step that used 40 prompts where others use 16 is step 3 when it ends, and when the prompts of the
 * run are used up the last step learns from what it has. Only as many prompts are drawn as groups are missing; programs
 * that draw whole batches cut what is left over.
 *
 * @module
 */
import type { Algorithm } from "../../algorithms/algorithm.ts";
import { type Draw, drawBatch, type RolloutBatch, stepOf } from "./draw.ts";
import type { StepParts, Stopwatch } from "./parts.ts";

/** What a step learns from, and what was sampled for it. */
export interface Collected {
  /** Number of the step: so many times `promptsPerStep` prompts, or fewer, are sampled when it ends. */
  step: number;
  /** Prompts that were sampled for it. */
  prompts: number;
  /** All that was sampled, in the order it was drawn. */
  batches: RolloutBatch[];
  /** Responses of the step, in whole groups numbered from 0. */
  draws: Draw[];
  /** Whether each of these is learned from, where the algorithm was asked already. */
  selection?: boolean[];
}

/** Draws the responses of a step; `used` prompts of the training order were sampled before it. */
export async function collect(
  parts: StepParts,
  used: number,
  state: unknown,
  watch: Stopwatch,
): Promise<Collected> {
  const { algorithm, training } = parts, { promptsPerStep } = training, { refill } = algorithm.needs;
  if (!refill) {
    const batch = await drawBatch(parts, used, promptsPerStep, watch);
    return {
      step: stepOf(used + promptsPerStep, training),
      prompts: promptsPerStep,
      batches: [batch],
      draws: batch.draws,
    };
  }
  const batches: RolloutBatch[] = [], draws: Draw[] = [], selection: boolean[] = [];
  let prompts = 0, groups = 0;
  while (batches.length <= refill.rounds) {
    const count = Math.min(promptsPerStep - groups, promptsPerStep * training.steps - used - prompts);
    if (count <= 0) break;
    const batch = await drawBatch(parts, used + prompts, count, watch);
    prompts += count;
    batches.push(batch);
    for (const kept of keptGroups(algorithm, batch, state)) {
      for (const { draw, selected } of kept) {
        draws.push({ ...draw, facts: { ...draw.facts, group: groups } });
        selection.push(selected);
      }
      groups++;
    }
  }
  return { step: stepOf(used + prompts, training), prompts, batches, draws, selection };
}

/** Groups of which the algorithm keeps a response. It is asked with the sampler's log-probs. */
function keptGroups(algorithm: Algorithm, { draws }: RolloutBatch, state: unknown) {
  const batch = draws.map(({ rollout, facts }) => {
    const logProbs = Float64Array.from(rollout.generation.logProbs);
    return { ...facts, logProbs, oldLogProbs: logProbs };
  });
  const selection = algorithm.select!(batch, state);
  const groups = new Map<number, { draw: Draw; selected: boolean }[]>();
  draws.forEach((draw, index) => {
    const group = groups.get(draw.facts.group) ?? [];
    groups.set(draw.facts.group, group);
    group.push({ draw, selected: selection[index] });
  });
  return [...groups.values()].filter((group) => group.some(({ selected }) => selected));
}
