/**
 * What an endpoint can't answer.
 *
 * @module
 */

/** A request that an endpoint, or its recording, did not answer; the message is one sentence with who, what and why. */
export class EndpointError extends Error {
  /** Name shown in stack traces. */
  override readonly name = "EndpointError";
  /** Whether it was the server that failed, not the request: too busy for anybody, or not there. */
  readonly server?: "busy" | "gone";

  /** An error with its sentence. */
  constructor(message: string, { server, ...options }: ErrorOptions & Pick<EndpointError, "server"> = {}) {
    super(message, options);
    if (server !== undefined) this.server = server;
  }
}
