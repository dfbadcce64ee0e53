/**
 * Phrases that plan in responses to embedded problems, for planning-aware credit (HICRA, arXiv 2509.03646).
 *
 * @module
 */

/**
 * What the two longer styles of the demonstrations plan with. Mining the right ones as the paper does finds `first`,
 * `then`, `the answer is` and `so the answer is`, and with them `boxed` and `cdot`, which are LaTeX; the other two are
 * in a quarter of the responses, below its cut.
 *
 * They suit policies that learned from these demonstrations. Other policies plan in other words: mine their own right
 * responses with `podium grams --responses FILE`.
 */
export const strategicGrams: readonly string[] = [
  "first",
  "then",
  "let us think",
  "let us check",
  "the answer is",
  "so the answer is",
];
