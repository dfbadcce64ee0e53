/**
 * Requests to the hub, and what its refusals mean.
 *
 * @module
 */

import { hubCacheDirectory } from "./cache_directory.ts";
import { HubError } from "./error.ts";
import { reasonOf } from "./reason.ts";
import { nounOf, pageOf, type Repository } from "./repository.ts";

/** How the hub is reached. */
export interface Connection {
  /** Where it is, without a slash at the end. */
  readonly endpoint: string;
  /** Sent to the endpoint, and to nobody else. */
  readonly token?: string;
  /** Only what is in the cache. */
  readonly offline?: boolean;
  /** Directory of the cache. */
  readonly cache: string;
}

/** The connection that the environment names: `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`, and `HF_HUB_CACHE` or `HF_HOME`. */
export function connectionOfEnvironment(): Connection {
  const token = Deno.env.get("HF_TOKEN")?.trim();
  return {
    endpoint: (Deno.env.get("HF_ENDPOINT")?.trim() || "https://huggingface.co").replace(/\/+$/, ""),
    ...token && { token },
    offline: /^(1|true|yes|on)$/i.test(Deno.env.get("HF_HUB_OFFLINE")?.trim() ?? ""),
    cache: hubCacheDirectory(),
  };
}

/** What is asked of the hub, for messages. */
export interface Subject {
  /** Of which repository. */
  readonly repository: Repository;
  /** What is fetched: `revision main`, a path. */
  readonly what: string;
}

/** A refusal of the hub. */
export class HubRefusal extends HubError {
  /** Its status, and its word for the reason (`RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo`). */
  constructor(message: string, readonly status: number, readonly code: string | null) {
    super(message);
  }
}

/** Milliseconds before a request that found the hub busy or out of reach is sent again. */
const PAUSES = [250, 1000];

/** A `fetch` that sends the token, tries again where that may help, and throws a sentence for every refusal. */
export function requests(connection: Connection, { repository, what }: Subject): typeof fetch {
  const label = `hub:${repository.name}`;
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (connection.offline) {
      throw new HubError(
        `${label}: ${what} is not in the cache (${connection.cache}), and HF_HUB_OFFLINE is set; run once without it.`,
      );
    }
    const headers = new Headers(init?.headers);
    if (connection.token && url.origin === new URL(connection.endpoint).origin) {
      headers.set("Authorization", `Bearer ${connection.token}`);
    }
    for (let attempt = 0;; attempt++) {
      let response: Response;
      try {
        response = await fetch(url, { ...init, headers });
      } catch (error) {
        if (attempt < PAUSES.length && !(error instanceof Deno.errors.NotCapable)) {
          await pause(PAUSES[attempt]);
          continue;
        }
        throw new HubError(`${label}: ${unreachable(url, error)}`, { cause: error });
      }
      if (response.ok) return response;
      await response.body?.cancel();
      if (attempt < PAUSES.length && (response.status >= 500 || response.status === 429)) {
        await pause(PAUSES[attempt]);
        continue;
      }
      const code = response.headers.get("X-Error-Code");
      const message = `${label}: ${refusal(response, code, { repository, what }, connection)}`;
      throw new HubRefusal(message, response.status, code);
    }
  };
}

/** What the library reads from the hub's answers; a sentence if it can't. */
export async function understood<T>({ name }: Repository, endpoint: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof HubError) throw error;
    const reason = reasonOf(error);
    throw new HubError(`hub:${name}: the answer of ${endpoint} makes no sense (${reason}).`, { cause: error });
  }
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function unreachable(url: URL, error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    // Where it may not go is the message's, after a redirection.
    const host = /net access to "([^"]+)"/.exec(error.message)?.[1] ?? url.host;
    return `this process may not reach ${host}; allow it when asked at a terminal, or add it to --allow-net of the ` +
      "task in deno.json.";
  }
  const reason = reasonOf(error);
  return `${url.origin} can't be reached (${reason}); HF_HUB_OFFLINE=1 uses what is in the cache.`;
}

function refusal(response: Response, code: string | null, subject: Subject, { endpoint, token }: Connection): string {
  const { status } = response, noun = nounOf(subject.repository);
  const page = `${endpoint}/${pageOf(subject.repository)}`;
  if (code === "GatedRepo") {
    const how = token ? "with the account that HF_TOKEN belongs to" : "and set HF_TOKEN to a token of that account";
    return `access is gated (status ${status}); accept its terms on ${page} ${how}.`;
  }
  if (status === 401 || status === 403) {
    return token
      ? `the hub refuses the token in HF_TOKEN (status ${status}); check that it is valid and may read ${page}.`
      : `the hub refuses access (status ${status}): the ${noun} is private or gated, or there is none of that name; ` +
        `check ${page} and set HF_TOKEN to a token that may read it.`;
  }
  if (status === 404 && code === "RepoNotFound") return `there is no such ${noun} on ${endpoint}.`;
  if (status === 404) return `the hub has no ${subject.what} (status 404).`;
  if (status === 429) return "the hub answers that there were too many requests (status 429); wait a few minutes.";
  const reason = response.headers.get("X-Error-Message") ?? response.statusText;
  return `the hub fails on ${subject.what} (status ${status}${reason && `: ${reason}`}); try again later.`;
}
