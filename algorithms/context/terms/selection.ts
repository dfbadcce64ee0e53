/**
 * Which candidate is mutated next.
 *
 * @module
 */

import { coverFronts, instanceFronts, samplingProbabilities, type ScoreTable, undominated } from "../pareto.ts";
import { mean } from "../../terms/statistics.ts";
import { chooseWeighted, draw } from "./draws.ts";

/** How a parent is chosen. */
export interface SelectionOptions {
  /**
   * `pareto`: by how many instances it is best on, redundant ones left out; `best`: the best average;
   * `epsilon_greedy`: the best average, or anybody with probability {@linkcode SelectionOptions.epsilon}.
   */
  readonly selection: "pareto" | "best" | "epsilon_greedy";
  /** Who is redundant: see `pareto.ts`. */
  readonly dominance: "cover" | "textbook";
  /** Probability of a candidate at random. */
  readonly epsilon: number;
}

/** The best average; of equals the first. */
export function bestCandidate(scores: ScoreTable): number {
  const averages = scores.map((row) => mean(row));
  return averages.indexOf(Math.max(...averages));
}

/** Candidates that are not redundant, and the probability of each. */
export function paretoDistribution(
  scores: ScoreTable,
  dominance: SelectionOptions["dominance"],
): { survivors: number[]; probabilities: number[] } {
  const fronts = instanceFronts(scores);
  const { survivors, fronts: left } = dominance === "cover"
    ? coverFronts(fronts, scores)
    : { survivors: undominated(scores), fronts };
  const probability = samplingProbabilities(left, survivors);
  return { survivors, probabilities: survivors.map((survivor) => probability[survivor]) };
}

/** The parent of step `step`. */
export function selectParent(
  scores: ScoreTable,
  { selection, dominance, epsilon }: SelectionOptions,
  seed: number,
  step: number,
): number {
  const ticket = draw(seed, "parent", step);
  if (selection === "pareto") {
    const { survivors, probabilities } = paretoDistribution(scores, dominance);
    return survivors[chooseWeighted(probabilities, ticket)];
  }
  if (selection === "epsilon_greedy" && draw(seed, "explore", step) < epsilon) {
    return Math.floor(ticket * scores.length);
  }
  return bestCandidate(scores);
}
