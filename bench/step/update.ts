/**
 * The updates of a step: for each minibatch of whole groups log-probs → loss and derivative → accumulate → optimizer
 * step, of the policy and, where there is one, of the critic.
 *
 * @module
 */
import type { Credit, Credited, Response } from "../../algorithms/algorithm.ts";
import type { Scores, StepOptions } from "../../policy/policy.ts";
import { cameTrue } from "../foretell.ts";
import { difference, requireAtMost, requireFinite, requireFiniteNumber, requireMasked } from "../gates.ts";
import { minibatchesOf } from "../needs.ts";
import { accumulate, score } from "../scoring.ts";
import type { Training } from "../suite.ts";
import { chosenTokens } from "../turns.ts";
import type { StepParts, Stopwatch } from "./parts.ts";
import { rows, type Scored } from "./score.ts";

/** What the updates of a step came to. */
export interface Updates {
  /** One per minibatch that had anything to learn from. */
  losses: number[];
  /** Global gradient norm of the policy before clipping, one per minibatch. */
  norms: number[];
  /** The same of the critic; empty without one. */
  criticNorms: number[];
  /**
   * Largest |ratio - 1| of the first minibatch, whose current policy is the old one: log-probs of the gradient pass
   * against the old ones. 0 where the old ones are those of the gradient pass, or nothing was learned from.
   */
  ratioDifference: number;
  /** Derivatives of the loss, in the order they were used; the critic's after those of the log-probs. */
  gradients: Float64Array[];
  /** Tokens of the policy in responses with a gradient. */
  tokensTrained: number;
  /** What the losses reported, averaged over the minibatches. */
  metrics: Record<string, number>;
}

/** Learning rate of a step: linear warm-up, then constant. */
export function learningRateAt(training: Training, step: number): number {
  return training.learningRate * Math.min(1, step / Math.max(1, training.warmupSteps));
}

/** Splits responses into minibatches of whole groups, in the order of the groups; fewer if there are fewer groups. */
function split(batch: readonly Response[], wanted: number): number[][] {
  const groups = new Set(batch.map(({ group }) => group)).size, count = Math.min(wanted, groups);
  const minibatches: number[][] = Array.from({ length: count }, () => []);
  batch.forEach(({ group }, index) => minibatches[Math.floor(group * count / groups)].push(index));
  return minibatches;
}

/** Largest |ratio - 1| between the scores that came with a gradient and the log-probs it was computed for. */
function ratioDifference(found: readonly (Scores | null)[], current: readonly Float64Array[]): number {
  const places = found.flatMap((scores, place) => scores ? [place] : []);
  const { max } = difference(places.map((place) => found[place]!.logProbs), places.map((place) => current[place]));
  return Math.expm1(max);
}

/** Learns from a scored batch; `selection` says from which responses (absent: all). */
export async function update(
  parts: StepParts,
  step: number,
  { batch, samples, foretold }: Scored,
  selection: readonly boolean[] | undefined,
  credit: Credit,
  watch: Stopwatch,
): Promise<Updates> {
  const { policy, critic, algorithm, training, gates } = parts;
  const { maxNorm, betas, weightDecay } = training;
  const options: StepOptions = { learningRate: learningRateAt(training, step), maxNorm, betas, weightDecay };
  const updates: Updates = {
    losses: [],
    norms: [],
    criticNorms: [],
    ratioDifference: 0,
    gradients: [],
    tokensTrained: 0,
    metrics: {},
  };
  const { losses, norms, criticNorms, gradients, metrics } = updates;

  for (const [number, minibatch] of split(batch, minibatchesOf(algorithm, training)).entries()) {
    const learned = selection ? minibatch.filter((index) => selection[index]) : minibatch;
    const chosen = learned.map((index) => samples[index]);
    // Nothing was updated before the first minibatch: its current scores are the old ones.
    const current = number === 0
      ? learned.map((index) => batch[index].logProbs)
      : rows((await watch.time("score", () => score(policy, chosen))).map(({ logProbs }) => logProbs));
    requireFinite("the log-prob", step, current);
    const values = !critic
      ? undefined
      : number === 0
      ? learned.map((index) => batch[index].values!)
      : rows(await watch.time("score", () => critic.values(chosen)));
    if (values) requireFinite("the value", step, values);
    const credited: Credited[] = learned.map((index, place) => ({
      ...batch[index],
      logProbs: current[place],
      advantages: credit.advantages[index],
      ...values && { values: values[place] },
      ...credit.returns && { returns: credit.returns[index] },
    }));
    if (credited.length === 0) {
      policy.discardGradient();
    } else {
      const { loss, gradient, valueGradient, metrics: reported } = watch.count(
        "algorithm",
        () => algorithm.loss(credited, credit.state),
      );
      requireFiniteNumber("the loss", step, loss);
      requireFinite("the derivative", step, gradient);
      losses.push(loss);
      gradients.push(...gradient);
      for (const [name, value] of Object.entries(reported)) metrics[name] = (metrics[name] ?? 0) + value;
      requireMasked(algorithm.name, step, learned.map((index) => batch[index].mask), [gradient, valueGradient]);
      gradient.forEach((row, place) => {
        if (row.some((entry) => entry !== 0)) updates.tokensTrained += chosenTokens(credited[place]);
      });
      if (!foretold || !cameTrue(foretold, learned, gradient, policy, algorithm)) {
        const found = await watch.time("update", () => accumulate(policy, chosen, gradient));
        if (number === 0) {
          updates.ratioDifference = ratioDifference(found, current);
          requireAtMost(
            "ratio",
            "the difference between 1 and the ratio of current to old policy before the first update",
            step,
            updates.ratioDifference,
            gates.ratio,
          );
        }
      }
      if (critic) {
        if (!valueGradient) throw new Error(`${algorithm.name} has a critic, but its loss gave no valueGradient.`);
        requireFinite("the derivative of the value", step, valueGradient);
        gradients.push(...valueGradient);
        await watch.time("update", () => critic.accumulate(chosen, valueGradient));
      }
    }
    const { norm } = await watch.time("update", () => policy.step(options));
    requireFiniteNumber("the gradient norm", step, norm);
    norms.push(norm);
    if (critic) {
      const learningRate = options.learningRate * algorithm.needs.critic!.learningRateFactor;
      const { norm } = await watch.time("update", () => critic.step({ ...options, learningRate }));
      requireFiniteNumber("the gradient norm of the critic", step, norm);
      criticNorms.push(norm);
    }
  }
  for (const name of Object.keys(metrics)) metrics[name] /= losses.length;
  return updates;
}
