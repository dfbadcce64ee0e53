/**
 * From numbers to coordinates, and the round numbers at which an axis is marked.
 *
 * @module
 */

/** A number on an axis to its coordinate. */
export interface Scale {
  /** Coordinate of a value. */
  (value: number): number;
  /** Values at both ends. */
  readonly domain: readonly [number, number];
  /** Coordinates of both ends. */
  readonly range: readonly [number, number];
  /** Values at which the axis is marked. */
  readonly ticks: readonly number[];
}

/** Smallest and largest of the numbers that are there; null of none. */
export function extentOf(values: readonly (number | null)[]): [number, number] | null {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** Distance of ticks, 1, 2 or 5 times a power of ten, so that there are about `wanted` of them over `span`. */
export function tickStep(span: number, wanted: number): number {
  const rough = span / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999999)!;
  return factor * power;
}

/** Multiples of a step from `low` to `high`, written without the rounding of repeated sums. */
function multiples(low: number, high: number, step: number): number[] {
  const digits = Math.max(0, -Math.floor(Math.log10(step)) + 1);
  const first = Math.ceil(low / step - 1e-6), last = Math.floor(high / step + 1e-6);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toFixed(digits)));
}

/** What an axis covers. */
export interface AxisOptions {
  /** About so many ticks. Default 5. */
  ticks?: number;
  /** The axis does not reach below this. */
  floor?: number;
  /** Nor above this. */
  ceiling?: number;
  /** Widen the axis to whole ticks. Default true. */
  round?: boolean;
}

/** A linear scale over an extent, by default widened to whole ticks. An extent without width gets one. */
export function linear(
  extent: readonly [number, number] | null,
  range: readonly [number, number],
  options: AxisOptions = {},
): Scale {
  const { ticks: wanted = 5, floor = -Infinity, ceiling = Infinity, round = true } = options;
  let [low, high] = extent ?? [0, 1];
  if (low === high) {
    [low, high] = [low - Math.max(Math.abs(low) * 0.1, 1e-3), high + Math.max(Math.abs(high) * 0.1, 1e-3)];
  }
  const step = tickStep(high - low, wanted);
  if (round) [low, high] = [Math.floor(low / step + 1e-6) * step, Math.ceil(high / step - 1e-6) * step];
  low = Math.max(low, floor);
  high = Math.min(high, ceiling);
  if (low >= high) [low, high] = [Math.min(low, high - step), Math.max(high, low + step)];
  const [from, to] = range;
  const scale = (value: number) => from + (to - from) * (value - low) / (high - low);
  return Object.assign(scale, { domain: [low, high] as const, range, ticks: multiples(low, high, step) });
}

/** A logarithmic scale with the given ticks. Values are positive. */
export function logarithmic(
  [low, high]: readonly [number, number],
  range: readonly [number, number],
  ticks: readonly number[],
): Scale {
  const [from, to] = range, wide = low === high ? 1 : Math.log(high / low);
  const scale = (value: number) => low === high ? (from + to) / 2 : from + (to - from) * Math.log(value / low) / wide;
  return Object.assign(scale, { domain: [low, high] as const, range, ticks });
}
