/**
 * The responses of a training step: one rollout batch, or, where the algorithm asks for it, as many as it takes to
 * fill the step with groups that its selection keeps (dynamic sampling, DAPO, arXiv 2503.14476 §3.2).
 *
 * All algorithms get the same number of sampled responses, so further batches are not extra: they are those of the
 * following steps. A step that used three batches moves the step counter on by three, and when all batches of the run
 * are used the last step learns from what it has.
 *
 * @module
 */
import type { Algorithm } from "../../algorithms/algorithm.ts";
import { type Draw, drawBatch, type RolloutBatch } from "./draw.ts";
import type { StepParts, Stopwatch } from "./parts.ts";

/** What a step learns from, and what was sampled for it. */
export interface Collected {
  /** Number of the last rollout batch that was used. */
  last: number;
  /** Rollout batches that were used, with all that was sampled. */
  batches: RolloutBatch[];
  /** Responses of the step, in whole groups numbered from 0. */
  draws: Draw[];
  /** Whether each of these is learned from, where the algorithm was asked already. */
  selection?: boolean[];
}

/** Draws the rollout batches of a step that begins with batch `first`. */
export async function collect(
  parts: StepParts,
  first: number,
  state: unknown,
  watch: Stopwatch,
): Promise<Collected> {
  const { algorithm, training } = parts, { refill } = algorithm.needs;
  if (!refill) {
    const batch = await drawBatch(parts, first, watch);
    return { last: first, batches: [batch], draws: batch.draws };
  }
  const furthest = Math.max(first, Math.min(first + refill.rounds, training.steps));
  const batches: RolloutBatch[] = [], draws: Draw[] = [], selection: boolean[] = [];
  let last = first, groups = 0;
  for (;; last++) {
    const batch = await drawBatch(parts, last, watch);
    batches.push(batch);
    for (const kept of keptGroups(algorithm, batch, state)) {
      if (groups === training.promptsPerStep) break;
      for (const { draw, selected } of kept) {
        draws.push({ ...draw, facts: { ...draw.facts, group: groups } });
        selection.push(selected);
      }
      groups++;
    }
    if (groups === training.promptsPerStep || last === furthest) break;
  }
  return { last, batches, draws, selection };
}

/** Groups of a rollout batch of which the algorithm keeps a response. It is asked with the sampler's log-probs. */
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
