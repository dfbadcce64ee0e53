/**
 * What is trained: the interface between the runner and a language model, whatever computes it.
 *
 * A step is `generate` → `logProbs` (the old log-probs, from the training kernels) → the algorithm's derivative →
 * `accumulate` → `step`. Nothing here knows about rewards or algorithms.
 *
 * @module
 */
import type { Key } from "./random.ts";

/** A prompt and what follows it, as token ids. `prompt` has at least one token. */
export interface Sample {
  /** Token ids of the prompt. */
  prompt: readonly number[];
  /** Token ids of what follows. */
  response: readonly number[];
}

/** How responses are drawn. */
export interface GenerateOptions {
  /** Most tokens drawn. One number, or one per request. */
  maxTokens: number | readonly number[];
  /** Softmax temperature; 0 takes the most likely token. One number, or one per request. */
  temperature?: number | readonly number[];
  /** Smallest set of tokens whose probability reaches this (nucleus sampling); 1 keeps all. */
  topP?: number;
  /** Token ids that end a response; the stop token is part of the response. Default: those of the policy. */
  stopTokens?: readonly number[];
  /**
   * Texts that end a turn: nothing is drawn behind the first token with which the drawn ones hold one of them. That
   * token is kept whole, with what it may hold behind the text.
   */
  stopTexts?: readonly string[];
  /**
   * Called with each token as it is drawn, with the number of its request; if it returns false the response ends there,
   * truncated. What is drawn does not depend on it.
   */
  onToken?: (request: number, draw: Draw) => boolean | void;
  /** How many of the most likely tokens `onToken` is shown beside each drawn one, where a back end knows them. Default 0. */
  likeliest?: number;
}

/** A token and its natural log-prob, as the sampler saw it (temperature applied). */
export interface TokenLogProb {
  /** Token id. */
  token: number;
  /** Log-prob, rounded to float32. */
  logProb: number;
}

/** One token as it is drawn. */
export interface Draw extends TokenLogProb {
  /** The most likely tokens at its place, if they were asked for; the most likely first, impossible ones left out. */
  likeliest: readonly TokenLogProb[];
}

/** One response to sample: requests with an equal prompt share its computation. */
export interface GenerateRequest {
  /** Token ids of the prompt. */
  prompt: readonly number[];
  /** Noise of this response: token `t` uses `uniform(key, t)`, counted from the start of the response. */
  key: Key;
  /** Token ids of the response so far (the policy's own and those of a tool), which is continued. Default: none. */
  begun?: readonly number[];
}

/** One sampled response, or what was drawn to continue one. */
export interface Generation {
  /** Token ids that were drawn, with the stop token if one was. */
  tokens: number[];
  /** Log-prob of each token as the sampler saw it (temperature applied). The training kernels may differ in the last bits. */
  logProbs: Float32Array;
  /** True if `maxTokens` ended it. */
  truncated: boolean;
  /** Number of tokens that the model drew, where they are not `tokens`: behind an endpoint only their text is known. */
  length?: number;
  /** Number of tokens that it read for it, where it is behind an endpoint, which counts them: they have a price. */
  promptTokens?: number;
}

/** Log-probs of one sample's response tokens. */
export interface Scores {
  /** Natural log-prob of each response token. */
  logProbs: Float32Array;
  /** Entropy in nats of the distribution each response token was drawn from. */
  entropy: Float32Array;
}

/** One optimizer step: AdamW after clipping by the global gradient norm. */
export interface StepOptions {
  /** Size of the step. */
  learningRate: number;
  /** Largest global gradient norm; larger gradients are scaled down to it. Default 1. */
  maxNorm?: number;
  /** Adam's decay rates. Default [0.9, 0.99]. */
  betas?: readonly [number, number];
  /** Adam's epsilon. Default 1e-8. */
  epsilon?: number;
  /** Decoupled weight decay, on matrices only. Default 0. */
  weightDecay?: number;
}

/** A GPU, for the record. */
export interface ComputeDevice {
  /** What the adapter calls itself. */
  readonly name: string;
  /** True if a CPU plays the GPU. */
  readonly software: boolean;
  /** What the self-test found to hold, bit for bit, when the device was opened. */
  readonly selfTest: Readonly<Record<string, boolean>>;
  /** Whether the log-probs of sampling are those of scoring, so that a difference is a failure: all of it held, in float32. */
  readonly exact: boolean;
  /** That rollouts are computed with matrices in float16; absent where not. */
  readonly rolloutWeights?: "f16";
}

/** A policy that can be sampled, scored, trained and saved. */
export interface Policy {
  /** Token ids ↔ text. */
  readonly tokenizer: Tokenizer;
  /** Ids that end a response. */
  readonly stopTokens: readonly number[];
  /** Number of trained numbers. */
  readonly parameterCount: number;
  /** Most tokens of a prompt and its response together that the model is made for. */
  readonly contextLength: number;
  /** Back end and its version, for the record (for example `cpu/1 onnxruntime-node 1.30.0`). */
  readonly backend: string;
  /** The GPU that computes it; absent on the CPU. */
  readonly device?: ComputeDevice;
  /** Draws one response per request, in the order given. */
  generate(requests: readonly GenerateRequest[], options: GenerateOptions): Promise<Generation[]>;
  /** Scores the response tokens of each sample. `temperature` divides the logits (default 1). */
  logProbs(samples: readonly Sample[], options?: { temperature?: number }): Promise<Scores[]>;
  /**
   * Adds the weight gradients of `Σ derivative · log-prob` over all response tokens to the accumulated gradient.
   *
   * Returns the samples' scores, bit for bit those of `logProbs`: the same pass computes them. A sample whose
   * derivative is all zero costs nothing and has null.
   *
   * @throws {RangeError} if a sample has another number of derivatives than response tokens.
   */
  accumulate(
    samples: readonly Sample[],
    derivatives: readonly ArrayLike<number>[],
    options?: { temperature?: number },
  ): Promise<(Scores | null)[]>;
  /** Forgets the accumulated gradient. */
  discardGradient(): void;
  /** Applies and clears the accumulated gradient; returns its global norm before clipping. */
  step(options: StepOptions): Promise<{ norm: number }>;
  /** SHA-256 (hex) of the weights and the optimizer state. */
  digest(): Promise<string>;
  /** Writes a Hugging Face directory (weights, config, tokenizer) atomically; `optimizer: true` adds what resuming needs. */
  save(directory: string, options?: { optimizer?: boolean }): Promise<void>;
  /**
   * Writes what training changes to one file, in place of what it holds: the weights, and with `optimizer: true` what
   * resuming needs. A kill leaves a mixture of old and new: keep the last checkpoint under another name.
   */
  checkpoint(file: string, options?: { optimizer?: boolean }): Promise<void>;
  /**
   * Takes weights and optimizer state from a file that `checkpoint` wrote; without optimizer state it starts anew.
   *
   * @throws {Error} if the file is damaged, or of a model of another size; nothing has changed then.
   */
  restore(file: string): Promise<void>;
  /** Frees native memory. */
  dispose(): Promise<void>;
}

/**
 * A value function trained beside a policy: the same decoder with a head of one number in place of the vocabulary. It
 * has weights and an optimizer of its own.
 */
export interface Critic {
  /** Number of trained numbers. */
  readonly parameterCount: number;
  /** Value before each response token: from the hidden state that token is predicted from. One row per sample. */
  values(samples: readonly Sample[]): Promise<Float32Array[]>;
  /**
   * Adds the weight gradients of `Σ derivative · value` over all response tokens to the accumulated gradient.
   *
   * @throws {RangeError} if a sample has another number of derivatives than response tokens.
   */
  accumulate(samples: readonly Sample[], derivatives: readonly ArrayLike<number>[]): Promise<void>;
  /** Forgets the accumulated gradient. */
  discardGradient(): void;
  /** Applies and clears the accumulated gradient; returns its global norm before clipping. */
  step(options: StepOptions): Promise<{ norm: number }>;
  /** SHA-256 (hex) of the weights and the optimizer state. */
  digest(): Promise<string>;
  /** Writes weights and configuration atomically; `optimizer: true` adds what resuming needs. */
  save(directory: string, options?: { optimizer?: boolean }): Promise<void>;
  /**
   * Writes what training changes to one file, in place of what it holds: the weights, and with `optimizer: true` what
   * resuming needs. A kill leaves a mixture of old and new: keep the last checkpoint under another name.
   */
  checkpoint(file: string, options?: { optimizer?: boolean }): Promise<void>;
  /**
   * Takes weights and optimizer state from a file that `checkpoint` wrote; without optimizer state it starts anew.
   *
   * @throws {Error} if the file is damaged, or of a model of another size; nothing has changed then.
   */
  restore(file: string): Promise<void>;
  /** Frees native memory. */
  dispose(): Promise<void>;
}

/** Text ↔ token ids. */
export interface Tokenizer {
  /** Token ids of a text; nothing is added. */
  encode(text: string): number[];
  /** Text of token ids, without special tokens. */
  decode(ids: readonly number[]): string;
  /** Number of token ids. */
  readonly vocabularySize: number;
  /** How conversations are written; absent where the policy has no chat template and gets plain text. */
  readonly chat?: ChatTemplate;
}

/** How a conversation becomes the text of a prompt. */
export interface ChatTemplate {
  /** The template as the checkpoint has it, for the record. */
  readonly text: string;
  /**
   * Writes a conversation.
   *
   * @param options `tools`: descriptions of what may be called, as JSON schemas; `addGenerationPrompt`: whether the
   * answer's beginning is written, which the policy continues (default true)
   * @throws {Error} what the template says, if it refuses the conversation
   */
  render(messages: readonly Message[], options?: { tools?: readonly object[]; addGenerationPrompt?: boolean }): string;
}

/** One message of a conversation; templates read further properties, such as `tool_calls`. */
export interface Message {
  /** `system`, `user`, `assistant` or `tool`. */
  readonly role: string;
  /** What is said. */
  readonly content?: string | null;
  /** Further properties. */
  readonly [name: string]: unknown;
}
