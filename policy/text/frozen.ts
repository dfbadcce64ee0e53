/**
 * A policy that is only asked: text or conversations go in, text comes out, and nothing is trained. A policy of this
 * process is one (`in_process.ts`), a model behind an OpenAI-compatible endpoint is another (`endpoint/`), and whoever
 * is handed one can't tell them apart.
 *
 * @module
 */
import type { Message } from "../policy.ts";
import { type Key, threefry } from "../random.ts";

/** One response to draw. */
export interface TextRequest {
  /** A text that is continued as it stands, or its token ids; or a conversation that is answered. */
  prompt: string | readonly number[] | readonly Message[];
  /**
   * Noise of this response, a whole number from 0: the same request with the same seed is the same response. Responses
   * to one prompt that are to differ get different seeds; {@linkcode seedOf} makes one of a sample's coordinates.
   */
  seed: number;
  /** Most tokens drawn. Default: as many as there is room for. */
  maxTokens?: number;
  /** Softmax temperature; 0 takes the most likely token. Default 1. */
  temperature?: number;
  /** Nucleus of sampling. Default 1. */
  topP?: number;
  /** Texts that end the response, which are not part of it. */
  stop?: readonly string[];
  /** Adds the tokens of the response with their log-probs, each beside so many of the most likely ones; 0 adds none of these. */
  logProbs?: number;
}

/** A token of a response. */
export interface ReplyToken {
  /** What it adds to the text: the texts of a response's tokens, joined, are its text. */
  text: string;
  /** Natural log-prob, as the sampler saw it. */
  logProb: number;
  /** The most likely tokens at its place, the most likely first. */
  likeliest: readonly { text: string; logProb: number }[];
}

/** What a response cost, in tokens. */
export interface Usage {
  /** Tokens of the prompt. */
  promptTokens: number;
  /** Those of them that were known from an earlier request, where a server says so. */
  cachedTokens?: number;
  /** Tokens drawn, with those that are not shown. */
  completionTokens: number;
}

/** One response. */
export interface Reply {
  /** The text. */
  text: string;
  /** Why it ended: `stop` (by itself, or by a stop text), `length` (truncated), or what a server says, such as `content_filter`. */
  finishReason: string;
  /** Its tokens, if they were asked for and the policy says them. */
  tokens?: readonly ReplyToken[];
  /** Tokens; null if a server doesn't say. */
  usage: Usage | null;
}

/** A part of a response that will not change. */
export interface Piece {
  /** The text that is added. */
  text: string;
  /** Its tokens, where they are known. */
  tokens: readonly ReplyToken[];
}

/** How responses are waited for. */
export interface RespondOptions {
  /**
   * Called with the pieces of each response as they become final, joined they are its text. If it returns false the
   * response may end there, as if it were truncated.
   */
  onText?: (request: number, piece: Piece) => boolean | void;
  /** Ends the waiting: what can be stopped is, and the reason of the signal is thrown. */
  signal?: AbortSignal;
}

/** A language model that is asked and not trained. */
export interface FrozenPolicy {
  /** What answers, for the record. */
  readonly backend: string;
  /**
   * Draws one response per request, in the order given.
   *
   * @throws {RangeError} one sentence, before anything is drawn, if a request can't be answered
   */
  respond(requests: readonly TextRequest[], options?: RespondOptions): Promise<Reply[]>;
}

/** The seed that stands for a key, below 2^31, so that every server takes it: `seedOf(keyOf(1, "rollout", step, prompt, sample))`. */
export function seedOf(key: Key): number {
  return threefry(key, 0x53454544, 0)[0] >>> 1;
}
