/**
 * Phrases that plan in responses to embedded questions, for planning-aware credit (HICRA, arXiv 2509.03646).
 *
 * @module
 */

/**
 * The phrases of the demonstrations' spoken style (`fixtures/search/demonstrations.ts`): announcing a search, going on
 * to the next hop, closing. Everything else that the policy writes is a query, a fact that it read out, or a tag.
 *
 * They suit policies that learned from these demonstrations. Other policies plan in other words: mine their own right
 * responses with `podium grams --responses FILE`.
 */
export const strategicGrams: readonly string[] = ["let us look up", "then", "so the answer is"];
