/**
 * The endpoints that cells ask: the policy's and the reflector's, where a model answers behind one.
 *
 * @module
 */
import { openEndpoint } from "../../policy/endpoint/endpoint.ts";
import { EndpointError } from "../../policy/endpoint/error.ts";
import type { Cell } from "../cell.ts";
import { isEndpoint, LONGEST_SILENCE, partsOf } from "./endpoint_policy.ts";

/** An endpoint, and how it is asked. */
export interface AskedEndpoint {
  /** Address up to the version. */
  baseUrl: string;
  /** Name of the model. */
  model: string;
  /** Environment variable with the key; absent: none is sent. */
  keyFrom?: string;
  /** Whether it is asked conversations, or texts that it continues. */
  isChat: boolean;
  /** Whether it must say how many tokens it draws: the length of a policy's response is known from that alone. */
  mustCount: boolean;
}

/** The endpoints that some cells ask, each once. */
export function endpointsOf(cells: readonly Pick<Cell, "sources">[]): AskedEndpoint[] {
  const all = cells.flatMap(({ sources: { policy, policyKey, reflector } }): AskedEndpoint[] => [
    ...isEndpoint(policy)
      ? [{ ...partsOf(policy), ...policyKey !== undefined && { keyFrom: policyKey }, mustCount: true }]
      : [],
    ...reflector
      ? [{
        baseUrl: reflector.url,
        model: reflector.model,
        ...reflector.keyFrom !== undefined && { keyFrom: reflector.keyFrom },
        isChat: true,
        mustCount: false,
      }]
      : [],
  ]);
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** What is asked to see whether anybody answers. */
const GREETING = "Say yes.";

/** Attempts after the first: one that is not there is not waited for long. */
const RETRIES = 3;

/**
 * Asks every endpoint for one token, so that a key that is missing or wrong, an address where nobody answers and a model
 * that is not there are said before anything is written or paid for. One that is too busy is there, and will be waited
 * for. The answers are not recorded.
 *
 * @param options `pause`: milliseconds before the first repetition, default 500
 * @throws {EndpointError} one sentence, for the first that does not answer
 */
export async function requireAnswers(
  endpoints: readonly AskedEndpoint[],
  { signal, pause }: { signal?: AbortSignal; pause?: number } = {},
): Promise<void> {
  for (const asked of endpoints) {
    try {
      await greet(asked, signal, pause);
    } catch (error) {
      if (!(error instanceof EndpointError && error.server === "busy")) throw error;
    }
  }
}

async function greet(
  { baseUrl, model, keyFrom, isChat, mustCount }: AskedEndpoint,
  signal: AbortSignal | undefined,
  pause = 500,
): Promise<void> {
  const endpoint = await openEndpoint({ baseUrl, model, keyFrom, timeout: LONGEST_SILENCE, retries: RETRIES, pause });
  const prompt = isChat ? [{ role: "user" as const, content: GREETING }] : GREETING;
  const [{ usage }] = await endpoint.respond([{ prompt, seed: 0, maxTokens: 1 }], { signal });
  if (mustCount && !usage) {
    throw new EndpointError(
      `${model} at ${baseUrl}: does not say how many tokens it draws, so no length would be known; ask another server.`,
    );
  }
}
