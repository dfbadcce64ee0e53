/**
 * The page: one HTML file that needs nothing else. `plot/plot.css` and `page.css` are its style, `page.js` its script.
 *
 * @module
 */
import { counted } from "../leaderboard/format.ts";
import type { Verdicts } from "../claims/verdicts.ts";
import { attributes, element, embeddedJson, type Markup, raw } from "./html.ts";
import style from "./page.css" with { type: "text" };
import script from "./page.js" with { type: "text" };
import { plotStyle } from "./plot/frame.ts";
import { labelsOf, type ReportRun, viewsOf } from "./run.ts";
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
import { looksOf } from "./series.ts";
import { choices } from "./view.ts";

/** How the page is made. */
export interface PageOptions {
  /** The page is served while a run goes on, and asks for changes. */
  live?: boolean;
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

/** Without the end tags that HTML lets one leave out, which are a twentieth of the page. */
const lighter = (markup: string): string => markup.replace(/<\/(?:td|th|tr|li|dd|dt)>/g, "");

/** Ids are unique on a page: those of further runs get the number of the run. */
const renamed = (markup: string, index: number): string =>
  index === 0
    ? markup
    : markup.replace(/( (?:id|aria-labelledby|href)="#?)([\w-]+)"/g, (whole, before, id) =>
      before.includes("href") && !before.endsWith("#") ? whole : `${before}r${index}-${id}"`);

function runMarkup(run: ReportRun, index: number, claims: readonly Verdicts[], embedded: string | null): Markup {
  const { suite } = run.leaderboard, { answer, sections } = sectionsOf(run, index, claims, embedded);
  const tasks = viewsOf(run.leaderboard).map(({ key, title }) => ({ key, title }));
  const facts = [
    counted(labelsOf(run.leaderboard).length, "algorithm"),
    counted(suite.tasks.length, "task"),
    counted(suite.tasks[0].seeds.length, "seed"),
  ];
  const content = element`<header class="run-head"><h1>${run.name}</h1><p>${suite.summary} <span class="muted">${
    facts.join(" × ")
  }</span></p></header><div class="bar"><nav aria-label="Sections"><a href="#answer">In short</a>${
    sections.map(([id, words]) => element`<a href="#${id}">${words}</a>`)
  }</nav><div class="tools">${
    choices(
      `r${index}`,
      "task",
      "task",
      tasks,
    )
  }<label class="filter"><span>algorithms</span><input type="search" data-filter placeholder="all; type to filter" autocomplete="off" spellcheck="false"></label></div></div>${answer}${
    sections.map(([, , content]) => content)
  }`;
  return element`<article class="run" data-run="${index}"${
    attributes({ "data-when": `run:${index}`, hidden: index > 0 })
  }>${
    raw(
      lighter(renamed(content.markup, index)),
    )
  }</article>`;
}

/** The whole page. */
export async function reportPage(
  runs: readonly ReportRun[],
  claims: readonly Verdicts[],
  { live = false }: PageOptions = {},
): Promise<string> {
  const embedded = await Promise.all(runs.map(({ leaderboard }) => embeddedSuite(leaderboard.suite)));
  const title = `Podium: ${runs.map(({ name }) => name).join(", ")}`;
  return element`<!DOCTYPE html><html lang="en"${
    attributes({ "data-live": live })
  }><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"><link rel="icon" href="data:,"><title>${title}</title><style>${plotStyle}${
    raw(style)
  }</style></head><body><a class="skip" href="#answer">Skip to the answer</a><div class="top"><strong>Podium</strong> <span class="muted">reproducible benchmark of RL post-training algorithms</span>${
    live &&
    element`<span class="live" role="status">live</span>`
  }${choices("page", "run", "run", runs.map(({ name }, index) => ({ key: `${index}`, title: name })))}</div><main>${
    runs.map((run, index) => runMarkup(run, index, claims, embedded[index]))
  }</main><footer class="foot muted">Made by <code>deno task report</code>, Podium ${
    runs[0].leaderboard.environment
      .podium
  }. Every number on this page is taken or computed from the leaderboard embedded in it.</footer><div id="tip" role="tooltip" hidden></div><div id="said" class="hidden" aria-live="polite"></div>${
    runs.map(({ leaderboard }, index) =>
      element`<script type="application/json" id="leaderboard-${index}">${embeddedJson(leaderboard)}</script>`
    )
  }<script>${raw(script)}</script></body></html>`.markup;
}
