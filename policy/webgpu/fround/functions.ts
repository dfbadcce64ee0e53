/**
 * `exponential` and `logarithm` of `../functions.ts`.
 *
 * @module
 */
const { fround } = Math;

const EXPONENTIAL = [
  1.9875691500e-4,
  1.3981999507e-3,
  8.3334519073e-3,
  4.1665795894e-2,
  1.6666665459e-1,
  5.0000001201e-1,
].map(fround);

const LOGARITHM = [
  7.0376836292e-2,
  -1.1514610310e-1,
  1.1676998740e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
].map(fround);

/** ln 2 = HIGH - LOW; HIGH has few bits, so that a product with a small whole number is exact. */
const HIGH = 0.693359375, LOW = fround(2.12194440e-4);
const ROOT = fround(0.70710678), PER_LN2 = fround(1.44269504);

/** Horner's scheme, the highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => fround(fround(sum * x) + coefficient));
}

/** e^x of a float32 number; 0 below -87, and beyond 88 as at 88. */
export function exponential(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < -87) return 0;
  const c = Math.min(x, 88), n = Math.floor(fround(fround(c * PER_LN2) + 0.5));
  const r = fround(fround(c - fround(n * HIGH)) + fround(n * LOW)), p = polynomial(EXPONENTIAL, r);
  return fround(fround(fround(fround(fround(p * r) * r) + r) + 1) * 2 ** n);
}

/** ln x of a float32 number of 2^-126 or more. */
export function logarithm(x: number): number {
  if (!Number.isFinite(x)) return x;
  const [bits] = new Uint32Array(Float32Array.of(x).buffer);
  let e = (bits >>> 23) - 126, [m] = new Float32Array(Uint32Array.of(bits & 0x7fffff | 0x3f000000).buffer);
  if (m < ROOT) {
    e -= 1;
    m *= 2;
  }
  m = fround(m - 1);
  const z = fround(m * m), p = polynomial(LOGARITHM, m);
  const fraction = fround(fround(fround(fround(p * m) * z) - fround(e * LOW)) - fround(0.5 * z));
  return fround(fround(fraction + m) + fround(e * HIGH));
}
