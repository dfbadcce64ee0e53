/**
 * The optimizer's kernels against their exact reference.
 *
 * @module
 */
import fc from "fast-check";
import { adamwScalars, planAdamw } from "../ops/adamw.ts";
import { planGlobalNorm } from "../ops/global_norm.ts";
import { random } from "../ops/inputs.ts";
import { exactTest, gpu, matrixOf, numbersOf, sameNumbers } from "./checking_test.ts";
import { exactAdamw, exactNormAndClip } from "./fround/optimizer.ts";
import { type Matrix, Plan } from "./plan.ts";

/** Float32 numbers of a vector. */
const vector = (name: string, length: number, scale: number) => Float32Array.from(random(name, [length], scale).data);

/** A vector [1, n] on the device. */
const row = (data: ArrayLike<number>) => matrixOf(data, 1, data.length);

exactTest("the norm of the gradient: vectors shorter and longer than a chunk, and more chunks than lanes", async () => {
  for (const lengths of [[1], [4096, 63], [5000, 1, 4097], [66 * 4096 + 5, 700]]) {
    const gradients = lengths.map((length, n) => vector(`gradient ${n}`, length, 10 ** -n));
    for (const maxNorm of [0.5, 1e4]) {
      const plan = new Plan(gpu, {}), norm = planGlobalNorm(plan, gradients.map(row), row([maxNorm]));
      plan.run({});
      sameNumbers((await numbersOf([norm, 2]))[0], exactNormAndClip(gradients, maxNorm), `norm of ${lengths}`);
      plan.dispose();
    }
  }
});

exactTest("a norm that is not finite has a factor of -1", async () => {
  for (const bad of [NaN, Infinity, 1e30]) {
    const gradient = vector("gradient", 300, 1).fill(bad, 77, 78), plan = new Plan(gpu, {});
    const norm = planGlobalNorm(plan, [row(gradient)], row([1]));
    plan.run({});
    sameNumbers((await numbersOf([norm, 2]))[0], exactNormAndClip([gradient], 1), `norm with ${bad}`);
    plan.dispose();
  }
});

exactTest(
  "adamw: steps in a row, with and without decay, clipped and not; none with a norm that is not finite",
  async () => {
    const numbers = fc.record({
      learningRate: fc.double({ min: 1e-6, max: 0.1, noNaN: true }),
      betas: fc.tuple(fc.constantFrom(0, 0.5, 0.9), fc.constantFrom(0.9, 0.99, 0.999)),
      epsilon: fc.constantFrom(1e-8, 1e-6),
      weightDecay: fc.double({ min: 0, max: 0.3, noNaN: true }),
      clip: fc.oneof(fc.constant(1), fc.constant(-1), fc.double({ min: 0.01, max: 1, noNaN: true })),
      decays: fc.boolean(),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(numbers, async ({ clip, decays, seed, ...options }) => {
        const of = (name: string, scale: number) => vector(`${name} ${seed}`, 333, scale),
          zeros = new Float32Array(333);
        const expected = { weights: of("weights", 2), m: zeros.slice(), v: zeros.slice() };
        const scalars = row(zeros.slice(0, 9)), norm = row([0, clip]), gradient = row(zeros);
        const found: Record<keyof typeof expected, Matrix> = {
          weights: row(expected.weights),
          m: row(expected.m),
          v: row(expected.v),
        };
        const plan = new Plan(gpu, {});
        planAdamw(plan, { ...found, gradient }, { norm, scalars, decays });
        for (let step = 1; step <= 3; step++) {
          const given = of(`gradient ${step}`, 0.1),
            numbers = Float32Array.from(adamwScalars({ clip: 1, ...options, step }));
          gpu.upload(gradient.buffer, given);
          gpu.upload(scalars.buffer, numbers);
          plan.run({});
          exactAdamw(expected, given, { scalars: numbers, clip: Math.fround(clip), decays });
        }
        const [weights, m, v] = await numbersOf([found.weights, 333], [found.m, 333], [found.v, 333]);
        sameNumbers(m, expected.m, "m");
        sameNumbers(v, expected.v, "v");
        sameNumbers(weights, expected.weights, "weights");
        plan.dispose();
      }),
      { numRuns: 20 },
    );
  },
);
