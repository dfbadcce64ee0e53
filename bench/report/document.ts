/**
 * The HTML document around what a page shows: one file that needs nothing else. `plot/plot.css` and `page.css` are its
 * style, `page.js` its script, `live.js` what it does while a run goes on.
 *
 * @module
 */
import { attributes, type Content, element, embeddedJson, raw } from "./html.ts";
import liveScript from "./live.js" with { type: "text" };
import style from "./page.css" with { type: "text" };
import script from "./page.js" with { type: "text" };
import { plotStyle } from "./plot/frame.ts";
import { choices } from "./view.ts";

/** What stands in a document. */
export interface DocumentParts {
  /** Names of the runs. */
  names: readonly string[];
  /** One article per run, see {@linkcode article}. */
  articles: Content;
  /** Version of Podium that made the numbers. */
  podium: string;
  /** What is embedded as JSON, by run. */
  data: readonly unknown[];
  /** The page is served while a run goes on: what it was made from, another text whenever that has grown. */
  live?: string;
}

/** What stands in an article. */
export interface ArticleParts {
  /** Number of the run on the page. */
  index: number;
  /** Name of the run. */
  name: string;
  /** What it is about. */
  lead: Content;
  /** Sections that the bar links to, each its id and a word for it. */
  links: readonly (readonly [id: string, words: string])[];
  /** Settings of the task switch. */
  tasks: readonly { key: string; title: string }[];
  /** The sections. */
  content: Content;
}

/** Without the end tags that HTML lets one leave out, which are a twentieth of the page. */
const lighter = (markup: string): string => markup.replace(/<\/(?:td|th|tr|li|dd|dt)>/g, "");

/** Ids are unique on a page: those of further runs get the number of the run. */
const renamed = (markup: string, index: number): string =>
  index === 0
    ? markup
    : markup.replace(/( (?:id|aria-labelledby|href)="#?)([\w-]+)"/g, (whole, before, id) =>
      before.includes("href") && !before.endsWith("#") ? whole : `${before}r${index}-${id}"`);

/** One run: its name, the bar, its sections. */
export function article({ index, name, lead, links, tasks, content }: ArticleParts): Content {
  const { markup } =
    element`<header class="run-head"><h1>${name}</h1><p>${lead}</p></header><div class="bar"><nav aria-label="Sections">${
      links.map(([id, words]) => element`<a href="#${id}">${words}</a>`)
    }</nav><div class="tools">${
      choices(`r${index}`, "task", "task", tasks)
    }<label class="filter"><span>algorithms</span><input type="search" data-filter placeholder="all; type to filter" autocomplete="off" spellcheck="false"></label></div></div>${content}`;
  return element`<article class="run" data-run="${index}"${
    attributes({ "data-when": `run:${index}`, hidden: index > 0 })
  }>${raw(lighter(renamed(markup, index)))}</article>`;
}

const skip = (id: string, words: string) => element`<a class="skip" href="#${id}">${words}</a>`;

/** The document. */
export function pageDocument({ names, articles, podium, data, live }: DocumentParts): string {
  return element`<!DOCTYPE html><html lang="en"${
    attributes({ "data-live": live })
  }><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"><link rel="icon" href="data:,"><title>Podium: ${
    names.join(", ")
  }</title><style>${plotStyle}${raw(style)}</style></head><body>${
    data.length > 0 ? skip("answer", "Skip to the answer") : skip("under-way", "Skip to the progress")
  }<div class="top"><strong>Podium</strong> <span class="muted">reproducible benchmark of RL post-training algorithms</span>${
    live !== undefined && element`<span class="live" role="status">live</span>`
  }${
    choices("page", "run", "run", names.map((title, index) => ({ key: `${index}`, title })))
  }</div><main>${articles}</main><footer class="foot muted">Made by <code>deno task report</code>, Podium ${podium}. ${
    data.length > 0 && "Every number on this page is taken or computed from the leaderboard embedded in it."
  }</footer><div id="tip" role="tooltip" hidden></div><div id="said" class="hidden" aria-live="polite"></div>${
    data.map((value, index) =>
      element`<script type="application/json" id="leaderboard-${index}">${embeddedJson(value)}</script>`
    )
  }<script>${raw(script)}</script>${live !== undefined && element`<script>${raw(liveScript)}</script>`}</body></html>`
    .markup;
}
