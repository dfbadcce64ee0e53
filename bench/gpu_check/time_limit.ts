/**
 * How long a check may take: machines with a GPU are lent by the minute.
 *
 * @module
 */

/** Time that runs out. */
export interface TimeLimit {
  /** All of it, in seconds. */
  readonly seconds: number;
  /** What is left. */
  left(): number;
}

/** A limit that starts now. */
export function timeLimit(seconds: number): TimeLimit {
  const start = performance.now();
  return { seconds, left: () => seconds - (performance.now() - start) / 1000 };
}

/** Why something is left out that takes some time; null if there is time. */
export function tooLate(limit: TimeLimit, what: string, needs: number): string | null {
  const left = limit.left();
  if (left >= needs) return null;
  return `${what}: left out, it may take ${needs.toFixed(0)} s and of ${limit.seconds.toFixed(0)} s there are ` +
    `${Math.max(0, left).toFixed(0)} for it`;
}
