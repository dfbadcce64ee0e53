/**
 * What replies cost: tokens, and money where prices are given.
 *
 * @module
 */
import type { Usage } from "../text/frozen.ts";

/** Prices of a million tokens, in any one currency. */
export interface Prices {
  /** Tokens of prompts. */
  readonly input: number;
  /** Tokens drawn. */
  readonly output: number;
  /** Tokens of prompts that the server knew. Default: as `input`. */
  readonly cachedInput?: number;
}

/** Sums over replies. */
export interface Account {
  /** Replies. */
  readonly replies: number;
  /** Replies whose tokens the server did not say; they count nowhere else. */
  readonly unmeasured: number;
  /** Tokens of prompts. */
  readonly promptTokens: number;
  /** Those of them that the server knew. */
  readonly cachedTokens: number;
  /** Tokens drawn. */
  readonly completionTokens: number;
  /** Money, in the currency of the prices; null without prices. */
  readonly money: number | null;
}

/** Adds replies up. The money is computed from whole numbers of tokens, so the order of the replies changes no bit of it. */
export function openAccount(prices?: Prices): { add(usage: Usage | null): void; sum(): Account } {
  let replies = 0, unmeasured = 0, promptTokens = 0, cachedTokens = 0, completionTokens = 0;
  return {
    add(usage) {
      replies++;
      if (!usage) return void unmeasured++;
      promptTokens += usage.promptTokens;
      cachedTokens += usage.cachedTokens ?? 0;
      completionTokens += usage.completionTokens;
    },
    sum() {
      const tokens = { replies, unmeasured, promptTokens, cachedTokens, completionTokens };
      if (!prices) return { ...tokens, money: null };
      const { input, output, cachedInput = input } = prices;
      const money = (promptTokens - cachedTokens) * input + cachedTokens * cachedInput + completionTokens * output;
      return { ...tokens, money: money / 1e6 };
    },
  };
}
