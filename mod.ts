/**
 * Podium: a reproducible benchmark of RL post-training algorithms for language models.
 *
 * One call trains the same policy with every algorithm of a suite, on the same problems, with the same random numbers,
 * and compares accuracy, response length, stability and cost. The parts can be imported on their own:
 * `@podium/rl/algorithms`, `@podium/rl/tasks`, `@podium/rl/policy`, `@podium/rl/bench`.
 *
 * @example
 * ```ts
 * import { leaderboardTable, loadSuite, runSuite } from "@podium/rl";
 *
 * const { leaderboard } = await runSuite(await loadSuite("quick"), { out: "runs/quick" });
 * console.log(leaderboardTable(leaderboard));
 * ```
 *
 * @module
 */
export { algorithms, findAlgorithm } from "./algorithms/mod.ts";
export * from "./bench/mod.ts";
export { type OpenOptions, openPolicy } from "./policy/mod.ts";
export { tasks } from "./tasks/mod.ts";
