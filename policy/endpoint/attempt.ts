/**
 * One attempt to have a request answered, and what became of it.
 *
 * @module
 */
import { type Answer, joinEvents, messageOf, readAnswer } from "./answer.ts";

/** Where and how an endpoint is reached. */
export interface Connection {
  /** Address without a slash at its end, for example `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** The key, where there is one; it is sent to that address and shown nowhere. */
  readonly key?: string;
  /** Longest silence of the server, in milliseconds. */
  readonly timeout: number;
}

/** Why an attempt failed. */
export interface Failure {
  /** The reason, as a part of a sentence. */
  readonly reason: string;
  /** Whether another attempt may help. */
  readonly again: boolean;
  /** Milliseconds that the server wants us to wait. */
  readonly wait: number;
  /** Whether it is the server that fails, not the request: too busy for anybody (`busy`), or not there (`gone`). */
  readonly server?: "busy" | "gone";
  /** What came of an answer that is no use, and that may have been paid for. */
  readonly damaged?: string;
}

/** Longest answer that is read, in bytes. */
const MAX_BYTES = 2 ** 26;

/** What to do about a status. */
const HINTS: Readonly<Record<number, string>> = {
  401: "check the key",
  403: "check the key",
  404: "check address and model",
};

/** Asks once. */
export async function attempt(
  { baseUrl, key, timeout }: Connection,
  path: string,
  body: object,
): Promise<Answer | Failure> {
  const failed = (reason: string, again: boolean, more: Partial<Failure> = {}): Failure => {
    // What a server says may hold what a terminal takes for orders.
    const line = reason.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
    return { reason: key ? line.replaceAll(key, "***") : line, again, wait: 0, ...more };
  };
  const silence = silenceOf(timeout);
  let response: Response | undefined, text = "", broken: unknown;
  try {
    response = await fetch(baseUrl + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...key && { authorization: `Bearer ${key}` } },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: silence.signal,
    });
    const decoder = new TextDecoder();
    let size = 0;
    for await (const bytes of response.body ?? []) {
      silence.restart();
      if ((size += bytes.length) > MAX_BYTES) {
        return failed(`the answer is longer than ${MAX_BYTES / 2 ** 20} MiB`, false);
      }
      text += decoder.decode(bytes, { stream: true });
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      return failed(`no permission to ask it (run deno with --allow-net=${new URL(baseUrl).host})`, false);
    }
    broken = error;
  } finally {
    silence.end();
  }
  if (response && !response.ok) return refusalOf(response, text, failed);
  const found = response && answerOf(response, text);
  if (found && typeof found !== "string") return found;
  const reason = broken === undefined
    ? found!
    : (broken as Error).name === "TimeoutError"
    ? `the server is silent for ${timeout} ms`
    : `the connection failed (${(broken as Error).message.replace(/\s+/g, " ").replace(/\.$/, "")})`;
  return failed(reason, true, { ...text !== "" && { damaged: text }, ...!response && { server: "gone" } });
}

/** The answer in the body of a good response, whole or streamed; a text says what is wrong. */
function answerOf(response: Response, text: string): Answer | string {
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
    const joined = joinEvents(text);
    return typeof joined === "string" ? joined : readAnswer(joined);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return "the answer is not JSON";
  }
  const message = messageOf(body);
  return message === undefined ? readAnswer(body) : `the answer is an error (${message})`;
}

function refusalOf(
  response: Response,
  text: string,
  failed: (reason: string, again: boolean, more?: Partial<Failure>) => Failure,
): Failure {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    return failed(`it sends us on to ${headers.get("location")}; give the address that answers`, false);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy between us may answer with a page.
  }
  const said = [messageOf(body), HINTS[status]].filter((part) => part !== undefined).join("; ");
  const reason = `HTTP status ${status}${said && ` (${said})`}`;
  const { code } = (body as { error?: { code?: unknown } } | undefined)?.error ?? {};
  const again = status === 408 || status === 409 || status === 429 || status >= 500;
  // An account without money answers 429 too, for ever.
  if (!again || code === "insufficient_quota") return failed(reason, false);
  return failed(reason, true, {
    wait: waitOf(headers),
    ...(status === 429 || headers.has("retry-after")) && { server: "busy" },
  });
}

/** Milliseconds of `Retry-After`, in seconds or as a date, which the server's own date is subtracted from. */
function waitOf(headers: Headers): number {
  const exact = Number(headers.get("retry-after-ms") ?? NaN), after = headers.get("retry-after") ?? "";
  const seconds = after.trim() === "" ? NaN : Number(after);
  const until = Date.parse(after) - Date.parse(headers.get("date") ?? "");
  const wait = [exact, 1000 * seconds, until].find(Number.isFinite) ?? 0;
  return Math.max(0, wait);
}

/** A signal that fires when nothing has restarted it for so many milliseconds. */
function silenceOf(timeout: number): { signal: AbortSignal; restart: () => void; end: () => void } {
  const controller = new AbortController();
  const start = () => setTimeout(() => controller.abort(new DOMException("silence", "TimeoutError")), timeout);
  let timer = start();
  const end = () => clearTimeout(timer);
  const restart = () => {
    end();
    timer = start();
  };
  return { signal: controller.signal, restart, end };
}
