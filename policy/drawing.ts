/**
 * Responses that are being drawn, for back ends that draw from probabilities outside their kernels: what each has so
 * far, how its next token is chosen, and what ends it.
 *
 * @module
 */
import { drawNucleus, drawToken, likeliestToken, likeliestTokens } from "./ops/sample.ts";
import type { Draw, GenerateOptions, GenerateRequest, Generation } from "./policy.ts";
import { uniform } from "./random.ts";
import type { Completes } from "./stop_texts.ts";

/** A response that is being drawn. */
export interface Drawing {
  /** What it answers. */
  readonly request: GenerateRequest;
  /** The prompt, and the response as far as it had begun. */
  readonly context: readonly number[];
  /** Softmax temperature; 0 takes the most likely token. */
  readonly temperature: number;
  /** Most tokens drawn. */
  readonly maxTokens: number;
  /** Token to feed next. */
  token: number;
  /** Tokens before it: its position, and the number of keys that the cache holds. */
  length: number;
  /** Tokens drawn so far. */
  readonly tokens: number[];
  /** Their log-probs. */
  readonly logProbs: number[];
  /** Ended by a stop token or a stop text. */
  stopped: boolean;
  /** Nothing more is drawn. */
  done: boolean;
  /** Told of every token; false ends the response. */
  readonly told?: (draw: Draw) => boolean | void;
}

/** How tokens are drawn, with what ends a response. */
export interface DrawOptions extends Omit<GenerateOptions, "stopTexts"> {
  /** Token ids that end a response. */
  stopTokens: readonly number[];
  /** Asked of the drawn tokens after each of them. Default: never. */
  completes?: Completes;
}

/** One for each request, before its first token. */
export function drawingsOf(requests: readonly GenerateRequest[], options: DrawOptions): Drawing[] {
  const { maxTokens, temperature = 1, onToken } = options;
  return requests.map((request, index) => {
    const context = request.begun?.length ? [...request.prompt, ...request.begun] : request.prompt;
    const most = typeof maxTokens === "number" ? maxTokens : maxTokens[index];
    return {
      request,
      context,
      temperature: typeof temperature === "number" ? temperature : temperature[index],
      maxTokens: most,
      token: context[context.length - 1],
      length: context.length - 1,
      tokens: [],
      logProbs: [],
      stopped: false,
      done: most === 0,
      told: onToken && ((draw) => onToken(index, draw)),
    };
  });
}

/** Draws the next token from its probabilities [V], at the drawing's temperature. */
export function draw(drawing: Drawing, probabilities: Float32Array, options: DrawOptions): void {
  const { stopTokens, completes = () => false, topP = 1, likeliest = 0 } = options, { tokens } = drawing;
  drawing.token = choose(probabilities, drawing, topP);
  drawing.logProbs.push(Math.log(probabilities[drawing.token]));
  tokens.push(drawing.token);
  drawing.length++;
  drawing.stopped = stopTokens.includes(drawing.token) || completes(tokens);
  drawing.done = drawing.stopped || tokens.length === drawing.maxTokens;
  if (drawing.told?.(show(probabilities, drawing.token, likeliest)) === false) drawing.done = true;
}

/** What was drawn. */
export function generationOf({ tokens, logProbs, stopped }: Drawing): Generation {
  return { tokens, logProbs: Float32Array.from(logProbs), truncated: !stopped };
}

function choose(probabilities: Float32Array, { request, tokens, temperature }: Drawing, topP: number): number {
  if (temperature === 0) return likeliestToken(probabilities);
  const noise = uniform(request.key, (request.begun?.length ?? 0) + tokens.length);
  return topP < 1 ? drawNucleus(probabilities, topP, noise) : drawToken(probabilities, noise);
}

/** A drawn token beside the most likely ones. */
function show(probabilities: Float32Array, token: number, likeliest: number): Draw {
  const withLogProb = (token: number) => ({ token, logProb: Math.fround(Math.log(probabilities[token])) });
  return { ...withLogProb(token), likeliest: likeliestTokens(probabilities, likeliest).map(withLogProb) };
}
