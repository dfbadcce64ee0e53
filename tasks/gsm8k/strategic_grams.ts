/**
 * Phrases that plan in responses to embedded problems, for planning-aware credit (HICRA, arXiv 2509.03646).
 *
 * @module
 */

/**
 * What `podium grams --demonstrations` mines from the right ones among the demonstrations that the base policy is
 * pretrained on: n-grams of 1 to 5 words, the top 20 % of 17 clusters. The other 13 name what is counted (`apples`,
 * each in 7 % of the solutions; the rarest of these is in 35 %).
 *
 * They suit policies that learned from these demonstrations. Other policies plan in other words: mine their own right
 * responses with `podium grams --responses FILE`.
 */
export const strategicGrams: readonly string[] = [
  "first",
  "then",
  "let us check",
  "let us think",
  "so the answer is",
];
