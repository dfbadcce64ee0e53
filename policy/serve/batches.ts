/**
 * Requests that arrive while others are drawn wait and are then drawn together.
 *
 * @module
 */
import type { FrozenPolicy, Piece, Reply, TextRequest } from "../text/frozen.ts";

/** What belongs together: the responses of one HTTP request. */
interface Job {
  readonly requests: readonly TextRequest[];
  readonly onText: (request: number, piece: Piece) => boolean;
  readonly resolve: (replies: Reply[]) => void;
  readonly reject: (error: unknown) => void;
  /** Whether some of it was given away. */
  shown: boolean;
}

/** Draws the responses to some requests. */
export type Respond = (
  requests: readonly TextRequest[],
  onText: (request: number, piece: Piece) => boolean,
) => Promise<Reply[]>;

/**
 * Asks a policy in batches of at most `most` responses, or of one job that has more. What is drawn does not depend on the
 * batch; a request that can't be answered fails alone.
 *
 * @param signal ends what is drawn; those who wait get its reason
 */
export function inBatches(policy: FrozenPolicy, most: number, signal: AbortSignal): Respond {
  const waiting: Job[] = [];
  let running = false;

  async function draw(jobs: readonly Job[]): Promise<void> {
    const places = jobs.flatMap((job) => job.requests.map((request, index) => ({ job, request, index })));
    try {
      signal.throwIfAborted();
      const replies = await policy.respond(places.map(({ request }) => request), {
        signal,
        onText(place, piece) {
          const { job, index } = places[place];
          job.shown = true;
          return job.onText(index, piece);
        },
      });
      let start = 0;
      for (const { requests, resolve } of jobs) resolve(replies.slice(start, start += requests.length));
    } catch (error) {
      const lost = jobs.filter((job) => jobs.length === 1 || job.shown || signal.aborted);
      for (const { reject } of lost) reject(error);
      for (const job of jobs) if (!lost.includes(job)) await draw([job]);
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      let count = 0, responses = 0;
      while (count < waiting.length && (count === 0 || responses + waiting[count].requests.length <= most)) {
        responses += waiting[count++].requests.length;
      }
      await draw(waiting.splice(0, count));
    }
    running = false;
  }

  return (requests, onText) =>
    new Promise((resolve, reject) => {
      waiting.push({ requests, onText, resolve, reject, shown: false });
      if (running) return;
      running = true;
      setTimeout(run); // Those that arrive at the same moment come along.
    });
}
