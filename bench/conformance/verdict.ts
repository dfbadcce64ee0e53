/**
 * How computed quantities are compared with expected ones, and what an outcome says.
 *
 * @module
 */
import { Unsupported } from "./golden_case.ts";

/** Whether a value is an object and no list. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Largest error that passes. */
export const TOLERANCE = 1e-9;

/** How one case or table came out. */
export interface Outcome {
  /** Case id, or `primitives.` and the table's name. */
  id: string;
  /** Label of the case's algorithm, or `primitives`. */
  algorithm: string;
  /** The verdict. */
  status: "passed" | "failed" | "unsupported";
  /** Largest error over the quantities that were compared; `NaN` if none was. */
  error: number;
  /** Why it did not pass; empty if it did. */
  reason: string;
  /** Registry name of the algorithm that computed the case, where one did. */
  by?: string;
}

/**
 * Error of numbers, nested lists, records and per-response values against per-token rows, scaled by the expected
 * magnitude; words must be the same.
 */
export function difference(expected: unknown, actual: unknown): number {
  if (ArrayBuffer.isView(actual)) actual = Array.from(actual as Float64Array);
  if (typeof expected === "boolean") expected = Number(expected);
  if (typeof actual === "boolean") actual = Number(actual);
  if (expected === null) return actual === null || Number.isNaN(actual) ? 0 : Infinity;
  if (typeof expected === "number") {
    // One number per response, a row per token: every token must have that number.
    if (Array.isArray(actual)) return Math.max(0, ...actual.map((part) => difference(expected, part)));
    if (typeof actual !== "number" || !Number.isFinite(actual)) return Infinity;
    return Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  }
  if (typeof expected === "string") return expected === actual ? 0 : Infinity;
  if (isRecord(expected)) {
    if (!isRecord(actual) || Object.keys(actual).length !== Object.keys(expected).length) return Infinity;
    return Math.max(0, ...Object.entries(expected).map(([name, part]) => difference(part, actual[name])));
  }
  if (!Array.isArray(expected) || !Array.isArray(actual) || expected.length !== actual.length) return Infinity;
  return Math.max(0, ...expected.map((part, i) => difference(part, actual[i])));
}

/** An error in words. */
export const say = (error: number) => Number.isFinite(error) ? error.toExponential(1) : "more than any number";

/** Verdict on pairs of expected and computed quantities. */
export function judge(id: string, algorithm: string, pairs: Iterable<readonly [string, unknown, unknown]>): Outcome {
  let error = NaN, worst = "";
  const missing: string[] = [];
  for (const [name, expected, actual] of pairs) {
    if (actual === undefined) {
      missing.push(name);
      continue;
    }
    const own = difference(expected, actual);
    if (!(own <= error)) [error, worst] = [own, name];
  }
  if (error > TOLERANCE) return { id, algorithm, status: "failed", error, reason: `${worst} differs by ${say(error)}` };
  if (missing.length === 0) return { id, algorithm, status: "passed", error, reason: "" };
  const compared = worst === "" ? "" : `; the rest agrees to ${say(error)}`;
  return { id, algorithm, status: "unsupported", error, reason: `not computed: ${missing.join(", ")}${compared}` };
}

/** Runs `work`, turning what it throws into an outcome. */
export function attempt(id: string, algorithm: string, work: () => Outcome): Outcome {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof Unsupported) return { id, algorithm, status: "unsupported", error: NaN, reason };
    return { id, algorithm, status: "failed", error: Infinity, reason };
  }
}
