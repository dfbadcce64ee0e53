/**
 * A frozen policy behind an OpenAI-compatible endpoint, as the policy of cells that learn a prompt.
 *
 * Its text is known and not its tokens: here a token is a UTF-16 unit, so that the record's hashes cover every letter, and
 * lengths are what the server counts. Log-probs are 0. It is asked, not scored or trained.
 *
 * Answers are recorded beside the cell (`answers.jsonl`), those of evaluations too: an equal request is never paid for
 * twice, not after a kill either, and `verify` gives them again without a network.
 *
 * @module
 */
import { EndpointError } from "../../policy/endpoint/error.ts";
import { openEndpoint } from "../../policy/endpoint/endpoint.ts";
import type { GenerateOptions, Generation, Policy } from "../../policy/policy.ts";
import { seedOf } from "../../policy/text/frozen.ts";
import { sha256 } from "../canonical.ts";
import { Refusal } from "../outcomes.ts";

/** Where answers are recorded, or read. */
export interface Recording {
  /** Directory of the record. */
  directory: string;
  /** Whether its answers are all there is: nothing is asked. */
  replay?: boolean;
}

/** What a million tokens cost, read and written, in any one currency. No number of a cell depends on it. */
export interface TokenPrices {
  /** Tokens of prompts. */
  input: number;
  /** Tokens drawn. */
  output: number;
}

/**
 * Longest silence of a server, in milliseconds: answers travel whole, and a long one may take a slow machine minutes. To
 * give one up too early is to pay for it twice.
 */
export const LONGEST_SILENCE = 600_000;

/** How a policy behind an endpoint is asked, beside its source. */
export interface EndpointPolicyOptions {
  /** Environment variable with the key; absent: none is sent. */
  keyFrom?: string;
  /** Absent: nothing is recorded. */
  recording?: Recording;
}

/** Whether a source is a policy behind an endpoint. */
export const isEndpoint = (source: string): boolean => /^(endpoint|completions):/.test(source);

/**
 * Address, model and interface of a source.
 *
 * @throws {Refusal} one sentence, if it names none
 */
export function partsOf(source: string): { baseUrl: string; model: string; isChat: boolean } {
  const [, kind, baseUrl, model] = /^(endpoint|completions):(https?:\/\/[^#\s]+)#(.+)$/.exec(source) ?? [];
  if (model === undefined) {
    throw new Refusal(
      `policy ${source}: no address and model of an endpoint; give endpoint:URL#MODEL, as ` +
        "endpoint:http://localhost:8000/v1#base, or completions:URL#MODEL for a model without chat.",
    );
  }
  return { baseUrl, model, isChat: kind === "endpoint" };
}

const units = (text: string) => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));

/** Text of units; one call takes no more than so many arguments. */
const text = (ids: readonly number[]) => {
  let joined = "";
  for (let start = 0; start < ids.length; start += 4096) {
    joined += String.fromCharCode(...ids.slice(start, start + 4096));
  }
  return joined;
};

/** The value for one request of an option that is one for all or one for each. */
const oneOf = (value: number | readonly number[], index: number) => typeof value === "number" ? value : value[index];

/**
 * Opens the policy of a source `endpoint:URL#MODEL` (conversations: a prompt is what the user says) or
 * `completions:URL#MODEL` (texts that are continued); nothing is asked yet.
 *
 * @throws {Refusal} one sentence, if the source names no address and model
 * @throws {EndpointError} one sentence, if the key is missing or a recording can't be read
 */
export async function openEndpointPolicy(
  source: string,
  { keyFrom, recording }: EndpointPolicyOptions = {},
): Promise<Policy> {
  const { baseUrl, model, isChat } = partsOf(source);
  const endpoint = await openEndpoint({
    baseUrl,
    model,
    timeout: LONGEST_SILENCE,
    ...recording
      ? { keyFrom, recording: `${recording.directory}/answers.jsonl`, offline: recording.replay ?? false }
      : {},
  });
  const unable = () => Promise.reject(new EndpointError(`policy ${source}: can only be asked, not scored or trained.`));

  async function generate(
    requests: readonly { prompt: readonly number[]; key: Parameters<typeof seedOf>[0] }[],
    { maxTokens, temperature = 1, topP }: GenerateOptions,
  ): Promise<Generation[]> {
    const replies = await endpoint.respond(requests.map(({ prompt, key }, index) => ({
      prompt: isChat ? [{ role: "user" as const, content: text(prompt) }] : text(prompt),
      seed: seedOf(key),
      maxTokens: oneOf(maxTokens, index),
      temperature: oneOf(temperature, index),
      ...topP !== undefined && { topP },
    })));
    return replies.map(({ text, finishReason, usage }) => {
      if (!usage) {
        throw new EndpointError(`policy ${source}: does not say how many tokens it draws; no length is known.`);
      }
      const tokens = units(text);
      return {
        tokens,
        logProbs: new Float32Array(tokens.length),
        truncated: finishReason === "length",
        length: usage.completionTokens,
        promptTokens: usage.promptTokens,
      };
    });
  }

  return {
    tokenizer: { vocabularySize: 65_536, encode: units, decode: text },
    stopTokens: [],
    parameterCount: 0,
    contextLength: Number.MAX_SAFE_INTEGER,
    backend: endpoint.backend,
    generate,
    logProbs: unable,
    accumulate: unable,
    discardGradient: () => {},
    step: unable,
    // Nobody sees its weights: it is who answers under this name.
    digest: () => Promise.resolve(sha256("endpoint 1", source)),
    save: unable,
    checkpoint: unable,
    restore: unable,
    dispose: () => Promise.resolve(),
  };
}
