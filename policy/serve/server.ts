/**
 * Any policy as an OpenAI-compatible server: `/v1/completions`, `/v1/chat/completions` and `/v1/models`.
 *
 * The same request with the same seed has the same answer, whatever else is being served. A request without a seed gets
 * the next of a sequence that begins anew with the server. Log-probs are those of the distribution that was drawn from,
 * with the temperature applied.
 *
 * @module
 */
import { reasonOf } from "../reason.ts";
import { keyOf } from "../random.ts";
import { type FrozenPolicy, seedOf } from "../text/frozen.ts";
import { checkHost, checkKey, isLoopback, readJson } from "./access.ts";
import { inBatches, type Respond } from "./batches.ts";
import { type Envelope, wholeBody } from "./bodies.ts";
import { type Kind, readWish } from "./parameters.ts";
import { ApiRefusal, errorResponse, refusalOf } from "./refusal.ts";
import { streamed } from "./stream.ts";

/** What is served, and to whom. */
export interface ServeOptions {
  /** Name of the model. */
  model: string;
  /** Address to listen at. Default: `127.0.0.1`, this machine alone. */
  hostname?: string;
  /** Port to listen at; 0, the default: one that is free. */
  port?: number;
  /** Key that requests must bring. Default: none is needed. */
  key?: string;
  /** Milliseconds since 1970, for the time of an answer. */
  clock: () => number;
  /** Stands for the weights in every answer, as `system_fingerprint`. */
  fingerprint: string;
  /** Most tokens of a response. Default 1024. */
  maxTokens?: number;
  /** Most requests that are answered or wait; more get 429. Default 64. */
  maxRequests?: number;
  /** Most bytes of a request. Default 1 MiB. */
  maxBytes?: number;
  /** Milliseconds that answers have to become whole once the server is stopped. Default 5000. */
  grace?: number;
  /** Called with one sentence when something failed that no client is to blame for. */
  onProblem?: (message: string) => void;
}

/** A server that runs. */
export interface PolicyServer {
  /** Base address for clients, for example `http://127.0.0.1:8000/v1`. */
  readonly url: string;
  /** Takes no more requests, lets answers become whole for a while, cuts those that don't, and ends. */
  stop(): Promise<void>;
}

/** Most responses that are drawn together, and of one request. */
const MAX_RESPONSES = 128;

/** Milliseconds in which the body of a request must arrive. */
const BODY_TIMEOUT = 30_000;

/** Milliseconds in which clients can read that they were cut. */
const LAST_WORDS = 1000;

/**
 * Serves a policy, which stays the caller's.
 *
 * @throws {Error} one sentence, if the address can't be had
 */
export function servePolicy(policy: FrozenPolicy, options: ServeOptions): PolicyServer {
  const { model, hostname = "127.0.0.1", port = 0, key, clock, fingerprint, grace = 5000 } = options;
  const { maxTokens = 1024, maxRequests = 64, maxBytes = 2 ** 20, onProblem } = options;
  const cut = new AbortController(), draw = inBatches(policy, MAX_RESPONSES, cut.signal);
  const limits = { maxTokens, maxResponses: MAX_RESPONSES }, started = Math.floor(clock() / 1000);
  let answers = 0, unseeded = 0, underWay = 0, stopping = false;

  const respond: Respond = async (requests, onText) => {
    if (underWay >= maxRequests) {
      throw new ApiRefusal(429, `${underWay} requests are under way or wait; try again.`, "rate_limit_exceeded");
    }
    underWay++;
    try {
      return await draw(requests, onText);
    } finally {
      underWay--;
    }
  };

  const card = { id: model, object: "model", created: started, owned_by: "podium" };

  async function complete(kind: Kind, request: Request): Promise<Response> {
    const body = await readJson(request, maxBytes, BODY_TIMEOUT);
    const wish = readWish(kind, body, limits, () => seedOf(keyOf(unseeded++, "unseeded")));
    if (wish.model !== model) throw noModel(wish.model, model);
    const envelope: Envelope = {
      id: `${kind === "text" ? "cmpl" : "chatcmpl"}-${started.toString(36)}-${(answers++).toString(36)}`,
      created: Math.floor(clock() / 1000),
      model,
      system_fingerprint: fingerprint,
    };
    if (wish.stream) return await streamed(respond, kind, envelope, wish);
    const replies = await respond(wish.requests, () => !request.signal.aborted);
    return Response.json(wholeBody(kind, envelope, wish, replies));
  }

  async function answer(request: Request): Promise<Response> {
    if (isLoopback(hostname)) checkHost(request);
    if (key !== undefined) checkKey(request, key);
    const route = `${request.method} ${pathOf(request)}`;
    if (route === "GET /v1/models") return Response.json({ object: "list", data: [card] });
    if (route.startsWith("GET /v1/models/")) {
      const name = route.slice("GET /v1/models/".length);
      if (name !== model) throw noModel(name, model);
      return Response.json(card);
    }
    const kind = route === "POST /v1/completions" ? "text" : route === "POST /v1/chat/completions" ? "chat" : undefined;
    if (!kind) throw new ApiRefusal(404, `There is no ${route} here; see /v1/models.`, "unknown_url");
    if (stopping) throw new ApiRefusal(503, "The server is stopping.", "stopping");
    return await complete(kind, request);
  }

  async function handle(request: Request): Promise<Response> {
    try {
      return await answer(request);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.status === 500) onProblem?.(refusal.message);
      return errorResponse(refusal);
    }
  }

  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({ hostname, port, onListen: () => {} }, handle);
  } catch (error) {
    const remedy = error instanceof Deno.errors.NotCapable
      ? `run deno with --allow-net=${hostname}:${port}`
      : "choose another address or port";
    throw new Error(`${hostname}:${port}: can't serve there (${reasonOf(error)}); ${remedy}.`);
  }
  const shown = server.addr.hostname.includes(":") ? `[${server.addr.hostname}]` : server.addr.hostname;
  return {
    url: `http://${shown}:${server.addr.port}/v1`,
    async stop() {
      stopping = true;
      const refusal = new ApiRefusal(503, "The server was stopped before the answer was whole.", "stopping");
      const ended = server.shutdown(), timers: ReturnType<typeof setTimeout>[] = [];
      const later = (milliseconds: number) =>
        new Promise<void>((resolve) => timers.push(setTimeout(resolve, milliseconds)));
      later(grace).then(() => cut.abort(refusal));
      await Promise.race([ended, later(grace + LAST_WORDS)]); // A client that reads nothing can't keep us.
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** The path, without a slash at its end. */
function pathOf(request: Request): string {
  const path = new URL(request.url).pathname.replace(/(.)\/$/, "$1");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function noModel(name: string, model: string): ApiRefusal {
  return new ApiRefusal(
    404,
    `There is no model ${JSON.stringify(name)} here; there is ${model}.`,
    "model_not_found",
    "model",
  );
}
