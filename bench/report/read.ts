/**
 * Reads what a page is made of: runs, leaderboards and verdicts files.
 *
 * @module
 */
import { reasonOf } from "../../policy/reason.ts";
import type { Leaderboard } from "../leaderboard/leaderboard.ts";
import { openLeaderboard } from "../leaderboard/open.ts";
import { Refusal } from "../outcomes.ts";
import { readJson } from "../records.ts";
import verdictsSchema from "../claims/verdicts.schema.json" with { type: "json" };
import type { Verdicts } from "../claims/verdicts.ts";
import { validated } from "../schema.ts";
import { readPrompts } from "./prompts.ts";
import { readResponses } from "./responses.ts";
import type { ReportRun } from "./run.ts";

/** What a page shows. */
export interface ReportSources {
  /** The runs. */
  runs: ReportRun[];
  /** Verdicts on claims. */
  claims: Verdicts[];
}

const withoutSlash = (path: string) => path.replace(/(.)\/+$/, "$1");

/** Whether a path is a directory. */
export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    throw new Refusal(
      `${path}: can't be read (${reasonOf(error)}); give the directory of a run, or a leaderboard.json.`,
    );
  }
}

/** Whether any cell of a leaderboard is recorded in a directory. */
async function hasRecords({ boards }: Leaderboard, directory: string): Promise<boolean> {
  for (const { cell } of boards.flatMap(({ rows }) => rows.flatMap(({ seeds }) => seeds))) {
    if (await Deno.stat(`${directory}/${cell}/cell.json`).then(() => true, () => false)) return true;
  }
  return false;
}

/** A run with its responses, from its leaderboard. */
export async function runOf(leaderboard: Leaderboard, source: string, directory: string): Promise<ReportRun> {
  const responses = await readResponses(leaderboard, directory), prompts = await readPrompts(leaderboard, directory);
  const recorded = await hasRecords(leaderboard, directory);
  return {
    name: leaderboard.suite.name,
    source,
    directory: recorded ? directory : null,
    leaderboard,
    responses,
    prompts,
  };
}

/** Whether a parsed JSON file is meant to hold verdicts, rather than a leaderboard. */
const isClaims = (value: unknown): boolean => typeof value === "object" && value !== null && "verdicts" in value;

/** Verdicts, checked. */
const verdictsIn = (value: unknown, source: string): Verdicts =>
  validated<Verdicts>(verdictsSchema, value, `${source} is not a verdicts file`);

/** Verdicts beside a run, if there are some. */
export async function claimsBeside(directory: string): Promise<Verdicts[]> {
  const path = `${directory}/claims.json`, value = await readJson<Verdicts>(path);
  return value && isClaims(value) ? [verdictsIn(value, path)] : [];
}

/** Names that tell runs apart: those that are there twice get their source. */
function distinct(runs: readonly ReportRun[]): ReportRun[] {
  return runs.map((run) =>
    runs.filter(({ name }) => name === run.name).length > 1 ? { ...run, name: `${run.name} (${run.source})` } : run
  );
}

/**
 * Reads run directories, leaderboard.json files and verdicts files.
 *
 * @throws {Refusal} one sentence naming the path, if one of them is none of these.
 */
export async function readSources(paths: readonly string[]): Promise<ReportSources> {
  const runs: ReportRun[] = [], claims: Verdicts[] = [];
  for (const given of paths) {
    const path = withoutSlash(given);
    const value = await isDirectory(path) ? undefined : await readJson(path).catch(() => undefined);
    if (isClaims(value)) {
      claims.push(verdictsIn(value, path));
      continue;
    }
    const { leaderboard, directory } = await openLeaderboard(path);
    runs.push(await runOf(leaderboard, path, directory));
    claims.push(...await claimsBeside(directory));
  }
  if (runs.length === 0) {
    throw new Refusal("no run among what was given; give the directory of a run, or a leaderboard.json.");
  }
  return { runs: distinct(runs), claims };
}
