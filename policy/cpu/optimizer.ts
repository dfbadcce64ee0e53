/**
 * One optimizer step: clipping by the global norm, then AdamW on the flat vector of all weights.
 *
 * @module
 */
import { parameterSlots } from "../model/config.ts";
import { adamwScalarNames, adamwScalars } from "../ops/adamw.ts";
import { clipFactor, globalNorm } from "../ops/global_norm.ts";
import type { StepOptions } from "../policy.ts";
import type { Engine } from "./engine.ts";
import { floats } from "./session.ts";

/** AdamW's moments in the order of the weights, and the number of steps taken. */
export interface Optimizer {
  m: Float32Array;
  v: Float32Array;
  steps: number;
  /** 1 where weight decay applies; made with the first step, so that a policy that is only scored has no use for it. */
  mask?: Float32Array;
}

/**
 * Updates weights and optimizer in place and clears the gradient. With a gradient that is not finite nothing is
 * updated. Returns the norm before clipping.
 */
export async function stepOptimizer(
  engine: Engine,
  optimizer: Optimizer,
  gradient: Float32Array,
  { learningRate, maxNorm = 1, betas = [0.9, 0.99], epsilon = 1e-8, weightDecay = 0 }: StepOptions,
): Promise<number> {
  const norm = globalNorm(gradient);
  if (!Number.isFinite(norm)) {
    gradient.fill(0);
    return norm;
  }
  const { weights } = engine, { m, v } = optimizer, mask = optimizer.mask ??= decayMask(engine);
  const clip = clipFactor(norm, maxNorm);
  const scalars = adamwScalars({ clip, learningRate, betas, epsilon, weightDecay, step: ++optimizer.steps });
  const next = await engine.run(
    "adamw",
    Object.fromEntries([
      ...Object.entries({ weights, m, v, gradient, mask }).map(([name, data]) => [name, floats(data, [data.length])]),
      ...adamwScalarNames.map((name, i) => [name, floats(Float32Array.of(scalars[i]), [1])]),
    ]),
    {},
  );
  weights.set(next.next_weights);
  m.set(next.next_m);
  v.set(next.next_v);
  gradient.fill(0);
  engine.weightsChanged();
  return norm;
}

/** 1 on the entries of matrices, 0 on norms and biases, which weight decay leaves alone. */
function decayMask({ config, weights }: Engine): Float32Array {
  const mask = new Float32Array(weights.length);
  for (const { shape, offset, length } of parameterSlots(config).values()) {
    if (shape.length > 1) mask.fill(1, offset, offset + length);
  }
  return mask;
}
