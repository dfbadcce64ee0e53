/**
 * Soft overlong punishment: a reward for the length of a response (DAPO, arXiv 2503.14476 eq. 13).
 *
 * @module
 */

/**
 * 0 up to `maxLength − cache` tokens, then linear down to −1 at `maxLength`, −1 beyond. (verl's line goes on below −1,
 * but its responses end at `maxLength`.)
 *
 * @param length tokens of the response
 * @param maxLength L_max of the paper: 20480, of which 16384 are free of charge
 * @param cache L_cache of the paper, 4096: how many tokens before `maxLength` the punishment begins
 * @throws {RangeError} if `cache` is greater than `maxLength`: even an empty response would be punished.
 */
export function softOverlong(length: number, maxLength: number, cache: number): number {
  if (cache > maxLength) {
    throw new RangeError(
      `The overlong cache is ${cache} tokens, but a response has at most ${maxLength}; use a smaller cache`,
    );
  }
  const free = maxLength - cache;
  if (length <= free) return 0;
  return length >= maxLength ? -1 : (free - length) / cache;
}
