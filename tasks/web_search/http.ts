/**
 * Search engines on the network, over HTTP and JSON: SearXNG (free, your own instance) and Serper (Google's results, for
 * money). A request is made again after a time-out, a cut connection, an unreadable answer, 429 or 5xx, with a pause
 * that doubles; requests start one after another, at a rate.
 *
 * The web changes from minute to minute. A run that must be repeated needs a recording (`recording.ts`).
 *
 * | engine | request | passages |
 * |---|---|---|
 * | `searxng` | `GET URL/search?q=…&format=json`; the instance must allow `json` in `search.formats` of its settings | `results[]`: `url`, `title`, `content` |
 * | `serper` | `POST URL/search` with `{"q", "num"}` and the header `X-API-KEY`; URL is `https://google.serper.dev` | `organic[]`: `link`, `title`, `snippet` |
 *
 * @module
 */

import { type Passage, type Search, SearchError } from "./search.ts";

/** How to ask an engine. */
export interface HttpSearchOptions {
  /** Address of the engine, without the path `/search`. */
  readonly url: string;
  /** Key of the account, where the engine wants one. */
  readonly apiKey?: string;
  /** Longest wait for a whole answer, in milliseconds. Default 10,000. */
  readonly timeout?: number;
  /** How often a request is made again. Default 4. */
  readonly retries?: number;
  /** Pause before the first repetition, in milliseconds; it doubles. A longer `Retry-After` counts. Default 500. */
  readonly pause?: number;
  /** Most requests that start in a second. Default 5. */
  readonly perSecond?: number;
}

/** An engine: how it is asked and where its answer has what. */
interface Engine {
  readonly request: (base: string, query: string, limit: number, apiKey: string) => [url: string, init: RequestInit];
  readonly list: string;
  readonly columns: { readonly id: string; readonly title: string; readonly text: string };
  /** What to do about a status. */
  readonly hints: Readonly<Record<number, string>>;
}

const ENGINES = {
  searxng: {
    request: (base, query) => [`${base}/search?${new URLSearchParams({ q: query, format: "json" })}`, {}],
    list: "results",
    columns: { id: "url", title: "title", text: "content" },
    hints: { 403: "allow json in search.formats of the instance's settings.yml" },
  },
  serper: {
    request: (base, query, limit, apiKey) => [`${base}/search`, {
      method: "POST",
      headers: { "X-API-KEY": apiKey, "Content-Type": "application/json" },
      body: JSON.stringify({ q: query, num: limit }),
    }],
    list: "organic",
    columns: { id: "link", title: "title", text: "snippet" },
    hints: { 401: "check the API key", 403: "check the API key" },
  },
} as const satisfies Record<string, Engine>;

/** Name of an engine. */
export type EngineName = keyof typeof ENGINES;
/** Names of the engines. */
export const engineNames = Object.keys(ENGINES) as readonly EngineName[];

/** Longest `Retry-After` that is waited for, in seconds. */
const LONGEST_WAIT = 60;

/** What went wrong with one request. */
interface Failure {
  readonly reason: string;
  /** Whether another attempt may help. */
  readonly again: boolean;
  /** What the engine wants us to wait, in milliseconds. */
  readonly wait: number;
}

/**
 * Searches with an engine.
 *
 * @throws {SearchError} from the search, if the engine can't be reached or gives no usable answer.
 */
export function httpSearch(name: EngineName, options: HttpSearchOptions): Search {
  const { timeout = 10_000, retries = 4, pause = 500, perSecond = 5, apiKey = "" } = options;
  const base = options.url.replace(/\/+$/, "");
  const engine: Engine = ENGINES[name];
  let turn: Promise<void> = Promise.resolve();
  /** Waits for its turn: each request starts an interval behind the one before. */
  const takeTurn = () => {
    const mine = turn;
    turn = mine.then(() => sleep(1000 / perSecond));
    return mine;
  };

  return async (query, { limit }) => {
    if (query.trim() === "") return [];
    for (let attempt = 0;; attempt++) {
      await takeTurn();
      const answer = await ask(engine, engine.request(base, query, limit, apiKey), timeout);
      if (Array.isArray(answer)) return answer.slice(0, limit);
      if (!answer.again || attempt === retries) {
        const attempts = attempt === 0 ? "" : ` after ${attempt + 1} attempts`;
        throw new SearchError(`${name} at ${base}, query ${JSON.stringify(query)}: ${answer.reason}${attempts}.`);
      }
      await sleep(Math.max(answer.wait, pause * 2 ** attempt));
    }
  };
}

async function ask(engine: Engine, [url, init]: [string, RequestInit], timeout: number): Promise<Passage[] | Failure> {
  const failed = (reason: string, again: boolean, wait = 0): Failure => ({ reason, again, wait });
  let response: Response, body: string;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) });
    body = await response.text();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      return failed(
        `no permission to ask it (run deno with --allow-net=${new URL(url).host}, and with --jobs 1)`,
        false,
      );
    }
    if ((error as Error).name === "TimeoutError") return failed(`no answer within ${timeout} ms`, true);
    return failed(`the connection failed (${(error as Error).message.replace(/\s+/g, " ").replace(/\.$/, "")})`, true);
  }
  if (!response.ok) {
    const seconds = Number(response.headers.get("Retry-After") ?? 0);
    const hint = engine.hints[response.status];
    const again = response.status === 429 || response.status >= 500;
    const wait = seconds > 0 ? 1000 * Math.min(seconds, LONGEST_WAIT) : 0;
    return failed(`HTTP status ${response.status}${hint ? ` (${hint})` : ""}`, again, wait);
  }
  let found: unknown;
  try {
    found = JSON.parse(body)?.[engine.list];
  } catch {
    return failed("the answer is not JSON", true);
  }
  if (!Array.isArray(found)) return failed(`the answer has no list "${engine.list}"`, false);
  return found.flatMap((item) => passageOf(engine, item) ?? []);
}

/** A result as a passage; one without an address is left out, other columns may be missing. */
function passageOf({ columns }: Engine, item: Record<string, unknown> | null): Passage | null {
  const text = (column: string) => typeof item?.[column] === "string" ? item[column] as string : "";
  const id = text(columns.id);
  return id === "" ? null : { id, title: text(columns.title), text: text(columns.text) };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
