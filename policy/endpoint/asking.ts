/**
 * Asks until there is an answer: so many requests at once, failures that may pass tried again with growing pauses.
 *
 * @module
 */
import { keyOf, uniform } from "../random.ts";
import type { Answer } from "./answer.ts";
import { attempt, type Connection } from "./attempt.ts";
import { EndpointError } from "./error.ts";
import type { WireRequest } from "./wire.ts";

/** How often and how patiently. */
export interface Patience {
  /** Most requests at once. */
  readonly concurrency: number;
  /** How often a request is made again. */
  readonly retries: number;
  /** Pause before the first repetition, in milliseconds; it doubles. */
  readonly pause: number;
}

/** What an asker tells of. */
export interface Observer {
  /** An attempt is made. */
  attempted(): void;
  /** An answer came that is no use. */
  damaged(request: WireRequest, text: string, reason: string): Promise<void>;
}

/** Longest pause of ours, and longest one that a server may ask for, in milliseconds. */
const LONGEST_PAUSE = 60_000, LONGEST_WAIT = 300_000;

/** Asks one request, in its turn; `recorded` takes the answer before the next has its turn. */
export type Ask = <T>(
  request: WireRequest,
  body: object,
  recorded: (answer: Answer) => Promise<T>,
  signal: AbortSignal,
) => Promise<T>;

/**
 * An asker of one endpoint.
 *
 * The pause before attempt `n` is `pause · 2ⁿ · (1 + u)`, where u in (0, 1) is a counter-based random number of request
 * and attempt, so that requests that were refused together do not all come back together; a longer `Retry-After` counts.
 * While the endpoint is too busy for one request the others wait too, and where one is given up because the endpoint is
 * busy or not there, those that wait are given up with it. A signal starts nothing more; what the server has begun is
 * waited for, because it is paid for.
 *
 * @throws {EndpointError} from the asker: one sentence with address, reason and number of attempts
 */
export function asker(name: string, connection: Connection, patience: Patience, observer: Observer): Ask {
  const { concurrency, retries, pause } = patience, inTurn = turns(concurrency);
  let calm: Promise<unknown> = Promise.resolve(), trouble = new AbortController();

  /** Asks until there is an answer, or no more. */
  async function answered(request: WireRequest, body: object, signal: AbortSignal): Promise<Answer> {
    const key = keyOf(request.seed, "retry", request.id);
    for (let number = 0;; number++) {
      await calm;
      signal.throwIfAborted();
      observer.attempted();
      const outcome = await attempt(connection, request.path, body);
      if (!("reason" in outcome)) return outcome;
      const { reason, again, wait, server, damaged } = outcome;
      if (damaged !== undefined) await observer.damaged(request, damaged, reason);
      if (!again || number === retries || wait > LONGEST_WAIT) {
        const attempts = number === 0 ? "" : ` after ${number + 1} attempts`;
        const later = wait > LONGEST_WAIT ? `, and it asks for a pause of ${Math.ceil(wait / 1000)} seconds` : "";
        const error = new EndpointError(`${name}: ${reason}${attempts}${later}.`, later ? {} : { server });
        if (server) {
          trouble.abort(error);
          trouble = new AbortController();
        }
        throw error;
      }
      const own = Math.min(LONGEST_PAUSE, pause * 2 ** number * (1 + uniform(key, number)));
      const rest = sleep(Math.max(wait, own), signal);
      if (server === "busy" && wait > 0) calm = Promise.all([calm, sleep(wait, signal)]);
      await rest;
    }
  }

  return (request, body, recorded, signal) => {
    const either = AbortSignal.any([signal, trouble.signal]);
    return inTurn(async () => await recorded(await answered(request, body, either)));
  };
}

/** Lets so much work run at once, in the order it came. */
function turns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/** Waits, or until the signal. */
function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
