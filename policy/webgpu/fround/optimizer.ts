/**
 * The norm of the gradient, summed in chunks of 4096 and then over the chunks, and AdamW.
 *
 * @module
 */
import { sumOfLanes } from "./sums.ts";

const { fround } = Math;

/** Numbers that a workgroup squares. */
const CHUNK = 4096;

/** The norm of vectors, and the factor that clips it: -1 where it is not finite. */
export function exactNormAndClip(gradients: readonly Float32Array[], maxNorm: number): [number, number] {
  const partial = gradients.flatMap((gradient) =>
    Array.from({ length: Math.ceil(gradient.length / CHUNK) }, (_, n) => {
      const chunk = gradient.subarray(n * CHUNK, (n + 1) * CHUNK);
      return sumOfLanes(chunk.length, (i) => fround(chunk[i] ** 2));
    })
  );
  const sum = sumOfLanes(partial.length, (n) => partial[n]), root = fround(Math.sqrt(sum));
  if (!Number.isFinite(sum)) return [sum, -1];
  return [root, root > maxNorm ? fround(maxNorm / root) : 1];
}

/** What AdamW updates. */
export interface Moments {
  weights: Float32Array;
  m: Float32Array;
  v: Float32Array;
}

/** One step of AdamW, in place. `scalars` are those of `adamwScalars`, in float32; `clip` is that of the norm. */
export function exactAdamw(
  { weights, m, v }: Moments,
  gradient: Float32Array,
  { scalars, clip, decays }: { scalars: Float32Array; clip: number; decays: boolean },
): void {
  if (clip < 0) return;
  const [, decay, b1, c1, b2, c2, rate, correction, epsilon] = scalars;
  gradient.forEach((value, i) => {
    const g = fround(value * clip);
    m[i] = fround(m[i] * b1) + fround(g * c1);
    v[i] = fround(v[i] * b2) + fround(fround(g * g) * c2);
    const decayed = decays ? fround(weights[i] - fround(weights[i] * decay)) : weights[i];
    const denominator = fround(fround(fround(Math.sqrt(v[i])) * correction) + epsilon);
    weights[i] = decayed - fround(fround(m[i] / denominator) * rate);
  });
}
