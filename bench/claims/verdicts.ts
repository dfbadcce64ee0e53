/**
 * Verdicts of all claims that some leaderboards allow, and the file they are kept in (`verdicts.schema.json`).
 *
 * @module
 */
import { reasonOf } from "../../policy/reason.ts";
import { canonical } from "../canonical.ts";
import type { Benchmark } from "../benchmark.ts";
import { processors } from "../leaderboard/format.ts";
import type { Board, Leaderboard, LeaderboardRow } from "../leaderboard/shape.ts";
import { Refusal } from "../outcomes.ts";
import { configure } from "../context/family.ts";
import { writeAtomically } from "../records.ts";
import { validated } from "../schema.ts";
import type { Suite, SuiteAlgorithm } from "../suite.ts";
import type { Claim, Verdict } from "./claim.ts";
import { combined, judgeTests } from "./judge.ts";
import { scaleOf } from "./scale.ts";
import { claimSentence } from "./sentences.ts";
import schema from "./verdicts.schema.json" with { type: "json" };

/** What the verdicts file holds. */
export interface Verdicts {
  /** Version of this shape. */
  format: 3;
  /** The runs that claims were judged by, each claim by one of them. */
  sources: VerdictSource[];
}

/** A run, and the verdicts that it led to. */
export interface VerdictSource {
  /** Name of the suite that was run. */
  suite: string;
  /** Where it was run. */
  environment: Leaderboard["environment"];
  /** The claims that were judged by it. */
  verdicts: Verdict[];
}

/** A verdict with the run that led to it. */
export interface SourcedVerdict extends Verdict, Omit<VerdictSource, "verdicts"> {}

/** All verdicts, in the order of the claims; those on claims that are not among them stand last. */
export function verdictsOf({ sources }: Verdicts, claims: readonly Pick<Claim, "id">[] = []): SourcedVerdict[] {
  const order = new Map(claims.map(({ id }, index) => [id, index]));
  return sources.flatMap(({ suite, environment, verdicts }) =>
    verdicts.map((verdict) => ({ ...verdict, suite, environment }))
  ).sort((a, b) => (order.get(a.id) ?? claims.length) - (order.get(b.id) ?? claims.length));
}

/** What a run was made with, for people. */
export function environmentText({ suite, environment }: Omit<VerdictSource, "verdicts">): string {
  const { podium, backend, machines, instructions } = environment;
  return `suite ${suite} with Podium ${podium}, ${backend}, on ${processors(environment)}` +
    (machines !== undefined || instructions === null ? "" : ` (${instructions})`);
}

/** Several verdicts as one; of a claim that is in several the first with numbers counts, else the first. */
export function mergedVerdicts(all: readonly Verdicts[]): Verdicts {
  const judged = new Set<string>(),
    sources = new Map<string, VerdictSource>(),
    given = all.flatMap((one) => one.sources);
  const measured = new Set(
    given.flatMap(({ verdicts }) => verdicts.filter(({ seeds }) => seeds > 0).map(({ id }) => id)),
  );
  for (const { suite, environment, verdicts } of given) {
    const fresh = verdicts.filter(({ id, seeds }) => !judged.has(id) && (seeds > 0 || !measured.has(id)));
    const key = canonical([suite, environment]);
    for (const { id } of fresh) judged.add(id);
    const others = sources.get(key)?.verdicts ?? [];
    if (fresh.length > 0) sources.set(key, { suite, environment, verdicts: [...others, ...fresh] });
  }
  return { format: 3, sources: [...sources.values()] };
}

const labelOf = ({ label, name }: SuiteAlgorithm) => label ?? name;

/** Labels that the tests of a claim name. */
export function labelsOf({ tests }: Claim): string[] {
  return [...new Set(tests.flatMap(({ a, b }) => [a, b]))];
}

/** What makes an entry what it is; its learning rate may have been tuned. */
function settings({ training: shared }: Suite, entry: SuiteAlgorithm): string {
  const { learningRate: _tuned, ...training } = { rewards: shared.rewards, ...entry.training };
  return canonical({ name: entry.name, options: JSON.parse(JSON.stringify(configure(entry).options)), training });
}

/** A row of a board that ran what the claims suite calls by this label; another of that name is not meant. */
function rowOf(suite: Suite, label: string, { suite: ran }: Leaderboard, board: Board): LeaderboardRow | undefined {
  if (label === board.base.label) return suite.policy === board.policy.source ? board.base : undefined;
  const named = (entry: SuiteAlgorithm) => labelOf(entry) === label;
  const own = ran.tasks.find(({ task }) => task === board.task)!, entry = own.algorithms.find(named);
  const meant = suite.algorithms.find(named);
  if (!entry || !meant || settings(own, entry) !== settings(suite, meant)) return undefined;
  return board.rows.find((row) => row.label === label);
}

/**
 * Judges a claim by the first board that holds all it compares, and has numbers of it if any has; null if none holds it.
 * A learning curve may have no evaluation where one is asked for.
 */
function judge(claim: Claim, suite: Suite, leaderboards: readonly Leaderboard[]): VerdictSource | null {
  let unmeasured: VerdictSource | null = null;
  for (const leaderboard of leaderboards) {
    const board = leaderboard.boards.find(({ task }) => task === claim.task);
    if (!board) continue;
    const rows = new Map(labelsOf(claim).map((label) => [label, rowOf(suite, label, leaderboard, board)] as const));
    const found = [...rows.values()].filter((row) => row !== undefined);
    if (found.length < rows.size) continue;
    const tests = judgeTests(claim, (label) => rows.get(label)!);
    const verdict = combined(tests.map((test) => test.verdict)), { id, paper, published } = claim;
    const judged: Verdict = {
      id,
      claim: claim.claim,
      paper,
      published,
      scale: scaleOf(leaderboard, board, found),
      seeds: Math.min(...tests.map(({ seeds }) => seeds)),
      verdict,
      sentence: claimSentence(verdict, tests),
      tests,
    };
    const { suite: { name }, environment } = leaderboard;
    const source: VerdictSource = { suite: name, environment, verdicts: [judged] };
    if (judged.seeds > 0) return source;
    unmeasured ??= source;
  }
  return unmeasured;
}

/** Suite that says what the labels of a claim mean. */
export const suiteOf = ({ suite = "claims" }: Pick<Claim, "suite">): string => suite;

/**
 * Judges what the leaderboards allow.
 *
 * @param suites the suites of the claims, which say what their labels mean; claims of others are left out
 */
export function judgeAll(
  claims: readonly Claim[],
  suites: readonly Benchmark[],
  leaderboards: readonly Leaderboard[],
): Verdicts {
  const judged = claims.flatMap((claim) => {
    const suite = suites.find(({ name }) => name === suiteOf(claim))?.tasks.find(({ task }) => task === claim.task);
    return suite && judge(claim, suite, leaderboards) || [];
  });
  return mergedVerdicts([{ format: 3, sources: judged }]);
}

/**
 * Reads a verdicts file and checks it against its schema.
 *
 * @throws {Refusal} one sentence naming the file, if it is not one.
 */
export async function readVerdicts(path: string): Promise<Verdicts> {
  let value: unknown;
  try {
    value = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new Refusal(`${path}: can't be read (${reasonOf(error)}); give a file of \`podium claims --save\`.`);
  }
  return validated<Verdicts>(schema, value, `${path} holds no verdicts`);
}

/** Checks verdicts against their schema and writes them atomically. */
export async function writeVerdicts(path: string, verdicts: Verdicts): Promise<void> {
  validated(schema, JSON.parse(JSON.stringify(verdicts)), path);
  await writeAtomically(path, JSON.stringify(verdicts, null, 2) + "\n");
}
