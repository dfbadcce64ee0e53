/**
 * What the page shows: of finished runs, of one that goes on, of one whose sweep goes on.
 *
 * @module
 */
import { counted } from "../leaderboard/format.ts";
import type { Verdicts } from "../claims/verdicts.ts";
import type { Benchmark } from "../benchmark.ts";
import { environment } from "../environment.ts";
import type { Sweep } from "../sweep.ts";
import { article, pageDocument } from "./document.ts";
import { type Content, element, type Markup } from "./html.ts";
import { allTasks, labelsOf, type ReportRun, viewsOf } from "./run.ts";
import { algorithmsSection } from "./sections/algorithms.ts";
import { answerSection } from "./sections/answer.ts";
import { claimsSection } from "./sections/claims.ts";
import { pairsSection } from "./sections/pairs.ts";
import { curvesSection, tradeoffSection } from "./sections/plots.ts";
import { rankingSection } from "./sections/ranking.ts";
import { embeddedSuite, reproduceSection } from "./sections/reproduce.ts";
import { promptsSection } from "./sections/prompts.ts";
import { responsesSection } from "./sections/responses.ts";
import { stabilitySection } from "./sections/stability.ts";
import { sweepSection } from "./sections/sweep.ts";
import { columnsSection, costSection, lengthsSection } from "./sections/tables.ts";
import { tuningSection } from "./sections/tuning.ts";
import { underWaySection } from "./sections/under_way.ts";
import { looksOf } from "./series.ts";
import type { UnderWay } from "./under_way.ts";

/** A page that is served while its run goes on, and asks for changes. */
export interface Live {
  /** What it was made from: another text whenever that has grown. */
  version: string;
  /** How far the run is. */
  underWay: UnderWay;
}

/** How the page is made. */
export interface PageOptions {
  /** The run goes on. */
  live?: Live;
}

/** The sections of a run, each its heading's words and its content. */
function sectionsOf(run: ReportRun, index: number, claims: readonly Verdicts[], embedded: string | null) {
  const looks = looksOf(labelsOf(run.leaderboard)), scope = `r${index}`;
  const all: [id: string, words: string, content: Markup | null][] = [
    ["ranking", "Ranking", rankingSection(run, looks)],
    ["columns", "Columns", columnsSection(run, scope, looks)],
    ["curves", "Curves", curvesSection(run, scope, looks)],
    ["tradeoff", "Accuracy and length", tradeoffSection(run, looks)],
    ["pairs", "Chance", pairsSection(run, looks)],
    ["claims", "Claims", claimsSection(claims)],
    ["stability", "Stability", stabilitySection(run, scope, looks)],
    ["lengths", "Length", lengthsSection(run, looks)],
    ["cost", "Cost", costSection(run, looks)],
    ["sweep", "Learning rates", sweepSection(run, looks)],
    ["algorithms", "Algorithms", algorithmsSection(run, looks)],
    ["prompts", "Prompts", promptsSection(run, looks)],
    ["responses", "Responses", responsesSection(run, looks)],
    ["reproduce", "Repeat it", reproduceSection(run, embedded, index)],
  ];
  return { answer: answerSection(run, looks), sections: all.filter(([, , content]) => content !== null) };
}

function runArticle(
  run: ReportRun,
  index: number,
  claims: readonly Verdicts[],
  embedded: string | null,
  underWay: UnderWay | undefined,
): Content {
  const { suite } = run.leaderboard, { answer, sections } = sectionsOf(run, index, claims, embedded);
  const facts = [
    counted(labelsOf(run.leaderboard).length, "algorithm"),
    counted(suite.tasks.length, "task"),
    counted(suite.tasks[0].seeds.length, "seed"),
  ];
  return article({
    index,
    name: run.name,
    lead: element`${suite.summary} <span class="muted">${facts.join(" × ")}</span>`,
    links: [
      ...underWay ? [["under-way", "Progress"]] as const : [],
      ["answer", "In short"],
      ...sections.map(([id, words]) => [id, words] as const),
    ],
    tasks: viewsOf(run.leaderboard).map(({ key, title }) => ({ key, title })),
    content: [underWay && underWaySection(underWay), answer, ...sections.map(([, , content]) => content)],
  });
}

/** The whole page. */
export async function reportPage(
  runs: readonly ReportRun[],
  claims: readonly Verdicts[],
  { live }: PageOptions = {},
): Promise<string> {
  const embedded = await Promise.all(runs.map(({ leaderboard }) => embeddedSuite(leaderboard.suite)));
  return pageDocument({
    names: runs.map(({ name }) => name),
    articles: runs.map((run, index) => runArticle(run, index, claims, embedded[index], live?.underWay)),
    podium: runs[0].leaderboard.environment.podium,
    data: runs.map(({ leaderboard }) => leaderboard),
    live: live?.version,
  });
}

/** The page of a run whose sweep goes on: there is no leaderboard before its end. */
export function sweepPage(benchmark: Benchmark, sweep: Sweep, { version, underWay }: Live): string {
  const { name, summary, tasks } = benchmark, keys = tasks.map(({ task }) => ({ key: task, title: task }));
  return pageDocument({
    names: [name],
    articles: article({
      index: 0,
      name,
      lead: summary,
      links: [["under-way", "Progress"], ["tuning", "Learning rates"]],
      tasks: keys.length > 1 ? [{ key: allTasks, title: "all tasks" }, ...keys] : keys,
      content: [underWaySection(underWay), tuningSection(benchmark, sweep, underWay)],
    }),
    podium: environment().podium,
    data: [],
    live: version,
  });
}
