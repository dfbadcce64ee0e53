/**
 * What an endpoint can't answer.
 *
 * @module
 */

/** A request that an endpoint, or its recording, did not answer; the message is one sentence with who, what and why. */
export class EndpointError extends Error {
  /** Name shown in stack traces. */
  override readonly name = "EndpointError";
}
