/**
 * Complex numbers with a bound on their rounding error, so that sin 7π is 0 and 10⁻²⁰ is not.
 *
 * @module
 */

/** A complex double and how far it may be from the true value. */
export interface Complex {
  readonly re: number;
  readonly im: number;
  readonly error: number;
}

const EPSILON = 2 ** -52;
/** The smallest double with all its digits. */
const SMALLEST = 2 ** -1022;

/** A number that was rounded once. */
export function complex(re: number, im = 0, error = 0): Complex {
  return { re, im, error: error + EPSILON * (Math.abs(re) + Math.abs(im)) };
}

/**
 * A product or power of numbers that are not 0 is not 0 either: one that is too small for a double has no value, as one
 * that is too large has none. Otherwise all of them would be equal.
 */
function notZero(value: Complex): Complex {
  return size(value) < SMALLEST ? { re: NaN, im: NaN, error: Infinity } : value;
}

/** Absolute value. */
export function size({ re, im }: Complex): number {
  return Math.hypot(re, im);
}

/** Sum. */
export function plus(a: Complex, b: Complex): Complex {
  return complex(a.re + b.re, a.im + b.im, a.error + b.error);
}

/** Product. */
export function times(a: Complex, b: Complex): Complex {
  const error = size(a) * b.error + size(b) * a.error + a.error * b.error;
  const product = complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re, error);
  return size(a) === 0 || size(b) === 0 ? product : notZero(product);
}

/** 1/a. */
export function inverse(a: Complex): Complex {
  const square = a.re * a.re + a.im * a.im;
  return notZero(complex(a.re / square, -a.im / square, a.error / square));
}

/** e^a. */
export function exp(a: Complex): Complex {
  const radius = Math.exp(a.re);
  if (a.im === 0) return notZero(complex(radius, 0, radius * a.error));
  return notZero(complex(radius * Math.cos(a.im), radius * Math.sin(a.im), radius * a.error));
}

/** Principal logarithm. */
export function log(a: Complex): Complex {
  const radius = size(a);
  return complex(Math.log(radius), Math.atan2(a.im, a.re), a.error / radius);
}

/** Principal square root. */
export function sqrt(a: Complex): Complex {
  if (a.im === 0 && a.re >= 0) {
    const root = Math.sqrt(a.re);
    return complex(root, 0, a.re === 0 ? Math.sqrt(a.error) : a.error / (2 * root));
  }
  const radius = size(a), root = Math.sqrt(radius);
  const re = Math.sqrt(Math.max(0, (radius + a.re) / 2)), im = Math.sqrt(Math.max(0, (radius - a.re) / 2));
  return complex(re, a.im < 0 ? -im : im, a.error / (2 * root));
}

/** Principal power; real where base and exponent allow it. */
export function pow(base: Complex, exponent: Complex): Complex {
  if (base.im === 0 && exponent.im === 0 && (base.re > 0 || Number.isInteger(exponent.re))) {
    const value = Math.pow(base.re, exponent.re);
    const relative = Math.abs(exponent.re) * base.error / Math.abs(base.re) +
      exponent.error * Math.abs(Math.log(Math.abs(base.re)));
    const result = complex(value, 0, Math.abs(value) * (Number.isFinite(relative) ? relative : 0));
    return base.re === 0 ? result : notZero(result);
  }
  if (base.re === 0 && base.im === 0) return exponent.re > 0 ? complex(0) : complex(NaN);
  return exp(times(exponent, log(base)));
}

/** Sine and cosine. */
export function sinCos(a: Complex): readonly [sine: Complex, cosine: Complex] {
  if (a.im === 0) return [complex(Math.sin(a.re), 0, a.error), complex(Math.cos(a.re), 0, a.error)];
  const sinh = Math.sinh(a.im), cosh = Math.cosh(a.im), error = a.error * cosh;
  return [
    complex(Math.sin(a.re) * cosh, Math.cos(a.re) * sinh, error),
    complex(Math.cos(a.re) * cosh, -Math.sin(a.re) * sinh, error),
  ];
}

/** Whether both parts are finite. */
export function isFinite({ re, im }: Complex): boolean {
  return Number.isFinite(re) && Number.isFinite(im);
}
