/**
 * A frozen policy behind an OpenAI-compatible endpoint.
 *
 * The client is ours and small. The official library draws the jitter of its retries from `Math.random`, changes requests
 * by environment variables that no record would show (`OPENAI_CUSTOM_HEADERS`, `OPENAI_ORG_ID` …), and brings 20 MB for
 * two addresses. It does test that our server is what it expects.
 *
 * @module
 */
import { openJournal, readEntries } from "../journal.ts";
import { reasonOf } from "../reason.ts";
import type { FrozenPolicy, Reply, RespondOptions, TextRequest } from "../text/frozen.ts";
import { type Account, openAccount, type Prices } from "./account.ts";
import { asker, type Patience } from "./asking.ts";
import { EndpointError } from "./error.ts";
import { type Answered, type Entry, recordingFormat } from "./recording.ts";
import { type WireRequest, wireRequest } from "./wire.ts";

/** Which model, where, and how it is asked. */
export interface EndpointOptions extends Partial<Patience> {
  /** Address up to the version, for example `https://api.openai.com/v1`. */
  baseUrl: string;
  /** Name of the model. */
  model: string;
  /** Name of the environment variable that holds the key, for example `OPENAI_API_KEY`. Default: no key is sent. */
  keyFrom?: string;
  /** Longest silence of the server, in milliseconds: with `stream` between two tokens, or else for a whole answer. Default 120,000. */
  timeout?: number;
  /** Whether answers travel token by token, so that a long one is not a silence. It changes nothing else. Default false. */
  stream?: boolean;
  /**
   * Further fields of every request, which have the last word, as `{ reasoning_effort: "low" }`; null leaves a field out
   * that a server does not know, as `{ seed: null }`.
   */
  extra?: Readonly<Record<string, unknown>>;
  /** File of the recording, which is made if it is not there. Default: nothing is recorded. */
  recording?: string;
  /** Answers from the recording alone, without a network. Default false. */
  offline?: boolean;
  /** What a million tokens cost. */
  prices?: Prices;
}

/** What was asked and what it cost. */
export interface Accounts {
  /** The replies that were used, each once: the cost of the run, the same whether it was recorded, resumed or replayed. */
  readonly used: Account;
  /** Those of them that this process had to ask for. */
  readonly asked: Account;
  /** Attempts of this process, with those that failed. */
  readonly attempts: number;
  /** Answers to this process that were no use, and may have been paid for. */
  readonly damaged: number;
}

/** A frozen policy behind an endpoint. */
export interface Endpoint extends FrozenPolicy {
  /** What was asked so far and what it cost. */
  accounts(): Accounts;
}

/**
 * Opens an endpoint; nothing is asked yet.
 *
 * Conversations are asked at `/chat/completions`, texts and token ids at `/completions`, a request per response. With a
 * recording each answer is on the disk before it is used, an equal request is never made twice, and one that fails lets
 * those under way finish first. `respond` throws an {@linkcode EndpointError}, one sentence, for what is not answered.
 *
 * Two things can't be helped: an answer that was on its way when this process was killed, and two processes that ask the
 * same at the same moment, where the answer that is recorded first counts for both.
 *
 * @example
 * ```ts ignore
 * const endpoint = await openEndpoint({
 *   baseUrl: "https://api.openai.com/v1",
 *   model: "gpt-4o-mini",
 *   keyFrom: "OPENAI_API_KEY",
 *   recording: "answers.jsonl",
 *   prices: { input: 0.15, output: 0.6 },
 * });
 * const prompt = [{ role: "user", content: "What is 7 times 8?" }];
 * const [reply] = await endpoint.respond([{ prompt, seed: 1, maxTokens: 64 }]);
 * console.log(reply.text, endpoint.accounts().used.money);
 * ```
 *
 * @throws {EndpointError} one sentence, if an option makes no sense, the key is missing, or a recording can't be read
 */
export async function openEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { model, keyFrom, timeout = 120_000, stream = false, extra, recording, offline = false, prices } = options;
  const { concurrency = 8, retries = 8, pause = 500 } = options, baseUrl = checkedUrl(options.baseUrl);
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new EndpointError(`${concurrency} requests at once make no sense; give a whole number from 1.`);
  }
  const name = `${model} at ${baseUrl}`, key = keyFrom && !offline ? keyOfEnvironment(name, keyFrom) : undefined;
  const recorded = offline ? await recordedEntries(recording) : undefined;
  const journal = recording && !offline ? openJournal(recording, recordingFormat(recording)) : undefined;
  const used = openAccount(prices), asked = openAccount(prices);
  const answers = new Map<string, { answer: Promise<Answered>; signal: AbortSignal }>();
  let attempts = 0, damaged = 0;

  /** Puts an entry on the disk, if there is a recording; returns the one that counts. */
  const keep = async (entry: Entry) => journal ? await onDisk(recording!, journal.add(entry)) : entry;

  const ask = asker(name, { baseUrl, key, timeout }, { concurrency, retries, pause }, {
    attempted: () => void attempts++,
    async damaged({ id }, text, reason) {
      damaged++;
      await keep({ id, damaged: text, reason });
    },
  });

  async function find(request: WireRequest, signal: AbortSignal): Promise<Answered> {
    const found = recorded?.get(request.id) ?? (journal && await onDisk(recording!, journal.find(request.id)));
    if (found) return found as Answered;
    if (offline) throw notRecorded(recording!, request);
    const body = stream ? { ...request.body, stream: true, stream_options: { include_usage: true } } : request.body;
    return await ask(request, body, async (answer) => {
      asked.add(answer.reply.usage);
      // As it will be read again, to the last bit: JSON knows no -0.
      const entry: Answered = JSON.parse(JSON.stringify({ ...request, endpoint: baseUrl, answer }));
      return await keep(entry) as Answered;
    }, signal);
  }

  /** The answer to a request, which is asked once however often it is wanted. */
  async function answerTo(request: WireRequest, signal: AbortSignal): Promise<Answered> {
    while (true) {
      const running = answers.get(request.id);
      if (!running) {
        const answer = find(request, signal);
        answers.set(request.id, { answer, signal });
        answer.then(({ answer }) => used.add(answer.reply.usage), () => answers.delete(request.id));
        return await answer;
      }
      try {
        return await running.answer;
      } catch (error) {
        // Those who asked first may have stopped; we go on.
        if (!running.signal.aborted || signal.aborted) throw error;
      }
    }
  }

  return {
    backend: `endpoint/1 ${name}`,
    async respond(requests: readonly TextRequest[], { onText, signal }: RespondOptions = {}) {
      const wire = requests.map((request) => wireRequest(model, request, extra));
      const failed = new AbortController(), ended = AbortSignal.any([failed.signal, ...signal ? [signal] : []]);
      ended.throwIfAborted();
      const replies: Reply[] = [];
      await Promise.all(wire.map(async (request, index) => {
        try {
          const { answer: { reply } } = await answerTo(request, ended);
          replies[index] = reply;
          onText?.(index, { text: reply.text, tokens: reply.tokens ?? [] });
        } catch (error) {
          failed.abort(error); // The others end what they have begun; all are waited for.
        }
      }));
      ended.throwIfAborted();
      return replies;
    },
    accounts: () => ({ used: used.sum(), asked: asked.sum(), attempts, damaged }),
  };
}

/** The address without a slash at its end. */
function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new EndpointError(`${text}: no address of an endpoint; give one such as https://api.openai.com/v1.`);
  }
  if (url.username || url.password || url.search || url.hash) {
    const rest = "user, password, query and fragment do not belong there; a key is named with keyFrom";
    throw new EndpointError(`${url.origin}${url.pathname}: ${rest}.`);
  }
  return url.href.replace(/\/+$/, "");
}

function keyOfEnvironment(name: string, variable: string): string {
  let key: string | undefined;
  try {
    key = Deno.env.get(variable)?.trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    const message = `${name}: no permission to read ${variable}; run deno with --allow-env=${variable}.`;
    throw new EndpointError(message, { cause: error });
  }
  if (!key) throw new EndpointError(`${name}: its key is to come from ${variable}, which is not set; set it.`);
  return key;
}

/** What a recording that is only read holds. */
async function recordedEntries(path: string | undefined): Promise<Map<string, Entry>> {
  if (path === undefined) throw new EndpointError("Offline there is only a recording to answer; name its file.");
  return await onDisk(path, readEntries(path, recordingFormat(path)));
}

/** What a recording is asked for; a failure of the disk is a sentence. */
async function onDisk<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof EndpointError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      throw new EndpointError(`${path}: there is no such recording.`, { cause: error });
    }
    throw new EndpointError(`${path}: the recording can't be used (${reasonOf(error)}).`, { cause: error });
  }
}

function notRecorded(path: string, { body, seed }: WireRequest): EndpointError {
  const asked = JSON.stringify(body.prompt ?? body.messages);
  const shown = asked.length > 80 ? `${asked.slice(0, 80)}…` : asked;
  const message = `${path}: the request ${shown} (seed ${seed}) was not recorded; ` +
    "only the run that was recorded can be replayed.";
  return new EndpointError(message);
}
