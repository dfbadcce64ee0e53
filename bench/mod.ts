/**
 * Suites, the runner, records and the leaderboard.
 *
 * @example
 * ```ts
 * import { leaderboardTable, loadSuite, runSuite } from "@podium/rl/bench";
 *
 * const suite = await loadSuite("quick");
 * const { leaderboard } = await runSuite(suite, { out: "runs/quick" });
 * console.log(leaderboardTable(leaderboard));
 * ```
 *
 * @module
 */
export type * from "../algorithms/algorithm.ts";
export type * from "../policy/policy.ts";
export type { Key } from "../policy/random.ts";
export type { Backend, LoraOptions, LoraTarget } from "../policy/mod.ts";
export type { Environment as TaskEnvironment } from "../tasks/task.ts";
export type * from "../tasks/task.ts";
export type { BackendChoice } from "./backend.ts";
export * from "./benchmark.ts";
export * from "./cell.ts";
export type * from "./claims/claim.ts";
export { claims } from "./claims/index.ts";
export { verdictsTable } from "./claims/table.ts";
export { judgeAll, type Verdicts, type VerdictSource } from "./claims/verdicts.ts";
export type { EndpointPolicyOptions, Recording } from "./context/endpoint_policy.ts";
export * from "./compare/compare.ts";
export type { MeasureChange } from "./compare/measures.ts";
export type { SettingChange } from "./compare/settings.ts";
export { type Environment, environment } from "./environment.ts";
export * from "./evaluate.ts";
export type { CellEvent } from "./execution/executor.ts";
export { exportRecords, textFormats } from "./export/export.ts";
export * from "./false_findings.ts";
export * from "./leaderboard/leaderboard.ts";
export { leaderboardMarkdown } from "./leaderboard/markdown.ts";
export type { Lengths, LengthSummary } from "./lengths.ts";
export * from "./leaderboard/metrics.ts";
export { type OpenedLeaderboard, openLeaderboard } from "./leaderboard/open.ts";
export { leaderboardPicture } from "./leaderboard/picture.ts";
export { leaderboardTable } from "./leaderboard/table.ts";
export { type Merged, mergeRuns } from "./merge/merge.ts";
export type { OpenModels } from "./models.ts";
export { requireServed } from "./needs.ts";
export * from "./outcomes.ts";
export type { RecordedLeakage } from "./leakage.ts";
export { changesPrompt, configure, findModule, namesPrompt } from "./context/family.ts";
export type { ReflectorSource } from "./context/reflector.ts";
export type { AlgorithmMemory, CellMemory, SuiteMemory } from "./memory/plan.ts";
export { openParts, type Plan, type PlannedCell, planSuite } from "./parts.ts";
export { openSource, type SourceOptions } from "./policies.ts";
export type { CellFailure, CellResult } from "./records.ts";
export * from "./rollout.ts";
export * from "./run_cell.ts";
export * from "./run_suite.ts";
export * from "./statistics/aggregates.ts";
export * from "./statistics/bootstrap.ts";
export * from "./statistics/describe.ts";
export * from "./statistics/detectable_difference.ts";
export * from "./statistics/false_positives.ts";
export * from "./statistics/interval.ts";
export * from "./statistics/multiple_testing.ts";
export * from "./statistics/optimality_gap.ts";
export * from "./statistics/p_values.ts";
export * from "./statistics/paired_difference.ts";
export * from "./statistics/pairs.ts";
export * from "./statistics/pass_at_k.ts";
export * from "./statistics/performance_profile.ts";
export * from "./statistics/probability_of_improvement.ts";
export * from "./statistics/rank_sum.ts";
export * from "./statistics/resamples.ts";
export * from "./statistics/scores.ts";
export * from "./statistics/sign_flips.ts";
export * from "./statistics/signed_rank.ts";
export * from "./statistics/statistic.ts";
export * from "./statistics/unpaired_difference.ts";
export * from "./statistics/wilson.ts";
export * from "./step.ts";
export * from "./suite.ts";
export * from "./sweep.ts";
export type { Dialogue, Exchange } from "./turns.ts";
export * from "./verify.ts";
