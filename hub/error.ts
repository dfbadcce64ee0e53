/**
 * What is wrong with the hub, with what it sends or with the cache.
 *
 * @module
 */

/** Something of the hub that can't be had; the message is one sentence with repository, reason and what to do. */
export class HubError extends Error {
  /** Name shown in stack traces. */
  override readonly name: string = "HubError";
}
