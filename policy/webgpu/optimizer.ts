/**
 * One optimizer step on the GPU: the global norm, clipping and AdamW, with one wait at the end.
 *
 * @module
 */
import { adamwScalars, planAdamw } from "../ops/adamw.ts";
import { planGlobalNorm } from "../ops/global_norm.ts";
import type { StepOptions } from "../policy.ts";
import type { Engine } from "./engine.ts";
import { type Matrix, Plan } from "./plan.ts";

/** AdamW over an engine's parameters. */
export interface Optimizer {
  /** Steps taken; set when moments of another time are written. */
  steps: number;
  /**
   * Updates weights and moments and clears the gradient. With a gradient that is not finite nothing is updated. Returns
   * the norm before clipping.
   */
  step(options: StepOptions): Promise<number>;
  dispose(): void;
}

/** An optimizer that has taken some steps before. */
export function createOptimizer({ gpu, parameters }: Engine, steps = 0): Optimizer {
  let built: { plan: Plan; maxNorm: Matrix; scalars: Matrix; norm: Matrix } | undefined;
  const build = () => {
    const plan = new Plan(gpu, {}), maxNorm = plan.input(1, 1), scalars = plan.input(1, 9);
    const norm = planGlobalNorm(plan, parameters.shards.map(({ gradient }) => gradient), maxNorm);
    for (const { decays, ...vectors } of parameters.shards) planAdamw(plan, vectors, { norm, scalars, decays });
    return { plan, maxNorm, scalars, norm };
  };
  return {
    get steps() {
      return steps;
    },
    set steps(taken) {
      steps = taken;
    },
    async step({ learningRate, maxNorm = 1, betas = [0.9, 0.99], epsilon = 1e-8, weightDecay = 0 }) {
      const { plan, norm, ...given } = built ??= build();
      const scalars = adamwScalars({ clip: 1, learningRate, betas, epsilon, weightDecay, step: steps + 1 });
      gpu.upload(given.maxNorm.buffer, Float32Array.of(maxNorm));
      gpu.upload(given.scalars.buffer, Float32Array.from(scalars));
      plan.run({});
      parameters.clear("gradient");
      const [copy] = await gpu.download([{ buffer: norm.buffer, offset: 0, size: 8 }]);
      const [found, clip] = new Float32Array(copy);
      if (clip >= 0) steps++;
      return found;
    },
    dispose: () => built?.plan.dispose(),
  };
}
