/**
 * Responses in turns: the policy writes until a text that calls its tool, the environment replies, the policy goes on,
 * until it ends the response or a limit does. Without an environment a response is one turn.
 *
 * A reply becomes tokens on its own and is appended as it is: nothing the policy wrote is encoded again, so that its
 * tokens are the ones it chose. Token `t` of a response, counted with the tokens of the tool, uses noise `t` of its key;
 * so a response depends neither on its company nor on how long the others take.
 *
 * A response has three limits: tokens of the policy, tokens in all, and the environment's number of replies. One that
 * runs into any of them is truncated. A reply that leaves no room for another token of the policy is not appended.
 *
 * @module
 */
import type { GenerateRequest, Generation, Policy, Tokenizer } from "../policy/policy.ts";
import type { Environment, Problem } from "../tasks/task.ts";

/** A turn of the policy that was replied to. */
export interface Exchange {
  /** What the policy wrote in this turn. */
  query: string;
  /** What the environment answered. */
  reply: string;
}

/** A response with the text of its tools; their tokens have log-prob 0 here. */
export interface Dialogue extends Generation {
  /** 1 where the policy chose the token, 0 where the environment wrote it; absent without an environment. */
  mask?: Uint8Array;
  /** What was asked and replied, in order; absent without an environment. */
  exchanges?: readonly Exchange[];
}

/** A response to draw. */
export interface DialogueRequest extends GenerateRequest {
  /** What it is a response to. */
  problem: Problem;
  /** Softmax temperature. */
  temperature: number;
}

/** Limits of a response. */
export interface DialogueOptions {
  /** Most tokens of the policy. */
  maxTokens: number;
  /** Most tokens in all. Default: {@linkcode totalOfTokens} times those of the policy. */
  maxTotalTokens?: number;
  /** Nucleus of sampling. */
  topP?: number;
  /** Has the environment reply, to count the seconds. Default: has it reply. */
  time?: <T>(part: "tools", work: () => Promise<T>) => Promise<T>;
}

/** Tokens in all that a response may have for each of its policy, where the settings say nothing. */
export const totalOfTokens = 16;

/** Number of tokens that the policy chose: the length of a response. */
export function chosenTokens({ tokens, mask }: { tokens: ArrayLike<number>; mask?: ArrayLike<number> }): number {
  let count = 0;
  for (let index = 0; index < tokens.length; index++) if (mask?.[index] !== 0) count++;
  return count;
}

/** The entries of a row that stand at tokens of the policy. */
export function ofPolicy<T extends Float32Array | Float64Array>(row: T, mask?: ArrayLike<number>): T {
  return mask ? row.filter((_, index) => mask[index] !== 0) as T : row;
}

/** What the policy wrote; a full stop stands where a tool replied, so that no phrase is found across it. */
export function ownText(tokenizer: Tokenizer, { tokens, mask }: Pick<Dialogue, "tokens" | "mask">): string {
  const turns: number[][] = [[]];
  tokens.forEach((token, index) => {
    if (mask?.[index] !== 0) turns[turns.length - 1].push(token);
    else if (turns[turns.length - 1].length > 0) turns.push([]);
  });
  return turns.map((turn) => tokenizer.decode(turn)).join(" . ");
}

/** Tokens of replies by tokenizer: samples of one problem often ask the same. */
const encoded = new WeakMap<Tokenizer, Map<string, readonly number[]>>();

/** Replies whose tokens are kept; then all are forgotten. */
const KEPT_REPLIES = 10_000;

function tokensOf(tokenizer: Tokenizer, reply: string): readonly number[] {
  let known = encoded.get(tokenizer);
  if (!known || known.size >= KEPT_REPLIES) encoded.set(tokenizer, known = new Map());
  let tokens = known.get(reply);
  if (!tokens) known.set(reply, tokens = tokenizer.encode(reply));
  return tokens;
}

/** A response on its way. */
class Draft implements Dialogue {
  readonly tokens: number[] = [];
  readonly exchanges: Exchange[] = [];
  readonly #logProbs: number[] = [];
  readonly #mask: number[] = [];
  /** Tokens of the policy so far. */
  length = 0;
  truncated = false;
  open = true;

  constructor(readonly request: DialogueRequest) {}

  get logProbs(): Float32Array {
    return Float32Array.from(this.#logProbs);
  }

  get mask(): Uint8Array {
    return Uint8Array.from(this.#mask);
  }

  /** Appends what the policy drew, with its log-probs, or a text of the environment. */
  append(tokens: readonly number[], logProbs?: ArrayLike<number>): void {
    tokens.forEach((token, index) => {
      this.tokens.push(token);
      this.#logProbs.push(logProbs?.[index] ?? 0);
      this.#mask.push(logProbs ? 1 : 0);
    });
    if (logProbs) this.length += tokens.length;
  }

  end({ truncated }: { truncated: boolean }): void {
    this.open = false;
    this.truncated = truncated;
  }
}

/** Draws the responses, all that are not finished together in each turn. */
export async function converse(
  policy: Policy,
  environment: Environment | undefined,
  requests: readonly DialogueRequest[],
  { maxTokens, maxTotalTokens = totalOfTokens * maxTokens, topP, time = (_, work) => work() }: DialogueOptions,
): Promise<Dialogue[]> {
  const temperaturesOf = (list: readonly DialogueRequest[]) => list.map(({ temperature }) => temperature);
  if (!environment) {
    return await policy.generate(requests, { maxTokens, topP, temperature: temperaturesOf(requests) });
  }
  const drafts = requests.map((request) => new Draft(request));
  for (let open = drafts; open.length > 0; open = drafts.filter((draft) => draft.open)) {
    const turns = await policy.generate(
      open.map(({ request, tokens }) => ({ ...request, begun: tokens })),
      {
        maxTokens: open.map((draft) => Math.min(maxTokens - draft.length, maxTotalTokens - draft.tokens.length)),
        topP,
        temperature: temperaturesOf(open.map(({ request }) => request)),
        stopTexts: environment.stops,
      },
    );
    const answer = async (draft: Draft, index: number) => {
      const { tokens, logProbs, truncated } = turns[index];
      draft.append(tokens, logProbs);
      if (truncated || policy.stopTokens.includes(tokens[tokens.length - 1])) return draft.end({ truncated });
      // Asked even where there is no room: only the environment knows whether the text ended the response.
      const reply = await environment.reply(draft.request.problem, policy.tokenizer.decode(draft.tokens));
      if (reply === null) return draft.end({ truncated: false });
      const added = tokensOf(policy.tokenizer, reply);
      const full = draft.length === maxTokens || draft.tokens.length + added.length >= maxTotalTokens;
      if (full || draft.exchanges.length === environment.maxTurns) return draft.end({ truncated: true });
      draft.exchanges.push({ query: policy.tokenizer.decode(tokens), reply });
      draft.append(added);
    };
    await time("tools", () => Promise.all(open.map(answer)));
  }
  return drafts.map(({ tokens, logProbs, truncated, mask, exchanges }) => ({
    tokens,
    logProbs,
    truncated,
    mask,
    exchanges,
  }));
}
