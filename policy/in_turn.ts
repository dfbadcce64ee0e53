/**
 * Work that shares buffers runs one after the other.
 *
 * @module
 */

/** Returns a function that runs work after all that it was given before, whether or not that failed. */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}
