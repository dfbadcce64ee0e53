/**
 * The leaderboard as a picture: an SVG for a README, without any dependency. The same leaderboard gives the same bytes.
 *
 * One row per algorithm: its accuracy at the evaluation's temperature as an interval with one dot per seed, the policy
 * before training as a dashed line through all of them, and beside it the same as numbers. With one task response length
 * and seconds follow, with several the accuracy on each.
 *
 * @module
 */
import { interquartileMean } from "../statistics/aggregates.ts";
import { mean } from "../statistics/describe.ts";
import { counted, fixed, interval, none, percent, problemCount, sizeText } from "./format.ts";
import { given } from "./numbers.ts";
import type { Board, Leaderboard, LeaderboardRow } from "./shape.ts";
import { rankText } from "./table.ts";

const width = 820, margin = 24, rowHeight = 34, firstRow = 156;
/** Width of a column of numbers, of one task and of several, whose names are the titles. */
const columnWidths = { one: 72, several: 92 };
/** Longest name that is shown whole. */
const longestName = 26;

/** Colours for a light page, and those that differ on a dark one. The card is painted, so that either is legible anywhere. */
const style = `
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: #1f2328; }
.title { font-size: 18px; font-weight: 600; }
.small, .muted { fill: #59636e; }
.small { font-size: 12px; }
.name { font-weight: 600; }
.number { text-anchor: end; font-variant-numeric: tabular-nums; }
.middle { text-anchor: middle; }
.stop { fill: #d1242f; }
.card { fill: #ffffff; stroke: #d1d9e0; }
.stripe { fill: #f6f8fa; }
.grid { stroke: #dfe4ea; }
.line { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 5 4; }
.interval { fill: #0969da; fill-opacity: 0.22; }
.mean { stroke: #0969da; stroke-width: 2.5; }
.dot { fill: #0969da; stroke: #ffffff; }
.share { fill: #0969da; fill-opacity: 0.4; }
.before .interval, .before .share { fill: #59636e; }
.before .mean { stroke: #59636e; }
.before .dot { fill: #59636e; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; }
.small, .muted { fill: #9198a1; }
.stop { fill: #f85149; }
.card { fill: #0d1117; stroke: #3d444d; }
.stripe { fill: #151b23; }
.grid { stroke: #2f363e; }
.line { stroke: #9198a1; }
.interval, .share { fill: #4493f8; }
.interval { fill-opacity: 0.3; }
.mean { stroke: #4493f8; }
.dot { fill: #4493f8; stroke: #0d1117; }
.before .interval, .before .share, .before .dot { fill: #9198a1; }
.before .mean { stroke: #9198a1; }
}`;

/** Text between tags or in an attribute. Control characters have no place in XML. */
function escaped(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f]/g, " ").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A coordinate, to a tenth of a pixel. */
const at = (value: number): string => String(Math.round(value * 10) / 10);

/** The last part of a path, or the text itself. */
const baseName = (path: string): string => path.replace(/[/\\]+$/, "").split(/[/\\]/).at(-1)!;

const text = (x: number, y: number, kind: string, content: string): string =>
  `<text x="${at(x)}" y="${at(y)}"${kind && ` class="${kind}"`}>${escaped(content)}</text>`;

/** Shares of 0 to 1 between which everything lies, at whole ticks, and the distance of the ticks. */
function axisOf(values: readonly number[]): { low: number; high: number; tick: number } {
  const lowest = Math.min(1, ...values), highest = Math.max(0, ...values);
  if (lowest > highest) return { low: 0, high: 1, tick: 0.2 };
  const tick = [0.01, 0.02, 0.05, 0.1].find((tick) => (highest - lowest) / tick <= 6) ?? 0.2;
  // A hundredth of a tick of tolerance: 0.3 / 0.1 is not 3.
  let low = Math.floor(lowest / tick + 0.01), high = Math.ceil(highest / tick - 0.01);
  if (low === high) {
    low--;
    high++;
  }
  return { low: Math.max(0, low * tick), high: Math.min(1, high * tick), tick };
}

/** A number beside the plot, and the bar below it as a share of the longest. */
interface Column {
  text: string;
  bar: number | null;
}

/** What is drawn of one algorithm. */
interface Drawn {
  rank: string;
  label: string;
  /** Said below the name if seeds are missing. */
  note: string | undefined;
  share: { mean: number; low: number | null; high: number | null } | null;
  dots: { seed: number; share: number }[];
  columns: Column[];
  /** The row in words, for those who can't see it. */
  sentence: string;
}

/** What is said below a name if seeds are missing. */
function noteOf({ seeds }: LeaderboardRow): string | undefined {
  const missing = seeds.filter(({ hash }) => hash === null);
  if (missing.length === 0) return undefined;
  const gate = missing.find(({ failure }) => failure)?.failure?.gate;
  const why = gate === undefined ? "" : ` (gate ${gate})`;
  return `${seeds.length - missing.length} of ${counted(seeds.length, "seed")}${why}`;
}

/** `64.2 percent (60.5 to 67.6)` */
function spoken(share: Drawn["share"]): string {
  const [number, range] = interval(share && { ...share, n: 1 }).split(" [");
  return `${number} percent${range ? ` (${range.slice(0, -1).replace(", ", " to ")})` : ""}`;
}

/** A column of numbers whose bars are shares of the largest; `digits` after the point. */
function columnOf(values: readonly (number | null)[], digits: number): Column[] {
  const largest = Math.max(0, ...given(values)) || 1;
  // Before training, the first row, nothing was spent.
  return values.map((value, index) =>
    value === null || (index === 0 && value === 0)
      ? { text: none, bar: null }
      : { text: value.toFixed(digits), bar: value / largest }
  );
}

/** Rows of one task, the policy before training first. */
function boardRows({ base, rows, comparison }: Board): Drawn[] {
  const all = [base, ...rows];
  const lengths = columnOf(all.map(({ metrics }) => metrics.length.mean?.mean ?? null), 1);
  const seconds = columnOf(all.map(({ metrics }) => metrics.cost.seconds?.mean ?? null), 1);
  return all.map((row, index): Drawn => {
    const { label, metrics, seeds } = row, { average } = metrics.accuracy;
    const rank = index === 0 ? "" : rankText(label, comparison), place = rank && `${rank.replace("=", "")}. `;
    const finished = seeds.filter(({ hash }) => hash !== null).length;
    const missing = finished < seeds.length ? `, ${finished} of ${seeds.length} seeds finished` : "";
    return {
      rank,
      label,
      note: noteOf(row),
      share: average,
      dots: seeds.flatMap(({ seed, metrics: { accuracy } }) =>
        accuracy.average === null ? [] : [{ seed, share: accuracy.average }]
      ),
      columns: [lengths[index], seconds[index]],
      sentence: average
        ? `${place}${label}: ${spoken(average)}, mean length ${fixed(1)(metrics.length.mean)} tokens${missing}.`
        : `${place}${label}: no finished seed.`,
    };
  });
}

/** Rows over several tasks: the interquartile mean, dots that are a seed's mean over tasks, and the tasks beside it. */
function overallRows({ boards, overall }: Leaderboard): Drawn[] {
  const rowsOf = (label: string | null) =>
    boards.map(({ base, rows }) => label === null ? base : rows.find((row) => row.label === label));
  const drawn = (label: string, rows: (LeaderboardRow | undefined)[], share: Drawn["share"], rank: string): Drawn => {
    const own = rows.map((row) => row?.metrics.accuracy.average ?? null);
    const dots = overall.seeds.flatMap((seed) => {
      const shares = rows.map((row) => row?.seeds.find((one) => one.seed === seed)?.metrics.accuracy.average ?? null);
      return shares.some((value) => value === null) ? [] : [{ seed, share: mean(given(shares))! }];
    });
    const missing = rows.find((row) => row && noteOf(row));
    return {
      rank,
      label,
      note: missing && noteOf(missing),
      share,
      dots,
      columns: own.map((average) => ({ text: percent(average), bar: average?.mean ?? null })),
      sentence: `${rank && `${rank.replace("=", "")}. `}${label}: ${share ? spoken(share) : "not compared"}; ` +
        `${boards.map(({ task }, index) => `${task} ${percent(own[index])} percent`).join(", ")}.`,
    };
  };
  const base = rowsOf(null),
    scores = overall.seeds.map((seed) =>
      base.map((row) => row?.seeds.find((one) => one.seed === seed)?.metrics.accuracy.average ?? NaN)
    );
  const before = scores.length > 0 && scores.flat().every(Number.isFinite)
    ? { mean: interquartileMean(scores), low: null, high: null }
    : null;
  return [
    drawn("before training", base, before, ""),
    ...overall.standings.map(({ label, score: { value, low, high } }) =>
      drawn(label, rowsOf(label), { mean: value, low, high }, rankText(label, overall))
    ),
    ...overall.left.map(({ label }) => drawn(label, rowsOf(label), null, "")),
  ];
}

/** What was measured, in two lines. */
function subtitlesOf({ suite, boards }: Leaderboard): string[] {
  const [first] = suite.tasks, [board] = boards;
  const { steps, promptsPerStep, groupSize } = first.training, seeds = counted(first.seeds.length, "seed");
  if (boards.length > 1) {
    const each = suite.tasks.map(({ task, training }) => `${task} ${training.steps} steps`).join(", ");
    return [
      `${each}, of ${promptsPerStep} × ${groupSize} responses · ${seeds}`,
      `${suite.sweep ? "Each algorithm with the learning rate of its own sweep on other seeds and problems · " : ""}${
        counted(boards.length, "task")
      } with equal weight`,
    ];
  }
  const { source } = board.data.test, { policy } = board;
  const model = policy.source.startsWith("embedded:") ? policy.source : baseName(policy.source);
  return [
    `Task ${board.task}, ${source === "embedded" ? "embedded problems" : baseName(source)} · policy ${model}, ${
      sizeText(policy)
    }`,
    `${steps} steps of ${promptsPerStep} × ${groupSize} responses · ${seeds} · ${
      counted(problemCount(first, board), "held-out problem")
    } × ${counted(first.evaluation.samples, "response")}`,
  ];
}

/** What the marks mean. */
function legendOf(several: boolean, cpu: string | null): string[] {
  return several
    ? [
      "Bars: 95 % intervals of the stratified bootstrap over seeds. Dots: single seeds, mean over tasks. Dashed line:",
      "before training. Equal ranks (=): no significant difference to a better one (paired t tests, Holm).",
    ]
    : [
      "Bars: 95 % bootstrap intervals over seeds and problems. Dots: single seeds. Dashed line: the policy before training.",
      `Length: mean tokens of a response. Seconds: training of one seed on one core${cpu ? ` (${cpu})` : ""}.`,
    ];
}

/** Draws a leaderboard as an SVG document. */
export function leaderboardPicture(leaderboard: Leaderboard): string {
  const { suite, boards, environment } = leaderboard, several = boards.length > 1;
  const { samples, temperature } = suite.tasks[0].evaluation;
  const all = several ? overallRows(leaderboard) : boardRows(boards[0]);
  const titles = several ? boards.map(({ task }) => task) : ["length", "seconds"];
  const columnWidth = several ? columnWidths.several : columnWidths.one;
  const edges = titles.map((_, column) => width - margin - columnWidth * (titles.length - 1 - column));
  const accuracyEdge = edges[0] - 78;
  const shares = all.flatMap(({ share, dots }) => [
    ...share ? [share.mean, share.low ?? share.mean, share.high ?? share.mean] : [],
    ...dots.map((dot) => dot.share),
  ]);
  const axis = axisOf(shares);
  const names = all.map(({ label }) => label.length > longestName ? `${label.slice(0, longestName - 1)}…` : label);
  const nameX = margin + 26;
  const widest = Math.max(...all.flatMap((row, index) => [names[index].length, 0.9 * (row.note?.length ?? 0)]));
  const left = nameX + 7.4 * widest + 20, right = accuracyEdge - 132;
  const x = (share: number) => left + (right - left) * (share - axis.low) / (axis.high - axis.low);
  const bottom = firstRow + rowHeight * all.length;
  const height = bottom + 62;

  const title = `Podium leaderboard: ${suite.name}`, subtitles = subtitlesOf(leaderboard);
  const measure = several
    ? `Interquartile mean of avg@${samples}, %`
    : `Accuracy at temperature ${temperature} (avg@${samples}), %`;

  const ticks: string[] = [];
  for (let i = 0; axis.low + i * axis.tick < axis.high + axis.tick / 2; i++) {
    const share = axis.low + i * axis.tick;
    ticks.push(
      `<line class="grid" x1="${at(x(share))}" y1="${firstRow - 6}" x2="${at(x(share))}" y2="${bottom}"/>`,
      text(x(share), firstRow - 12, "small middle", `${Math.round(100 * share)}`),
    );
  }

  const drawn = all.map(({ rank, note, share, dots, columns, sentence }, index) => {
    const y = firstRow + rowHeight * index + rowHeight / 2;
    const parts = [
      `<title>${escaped(sentence)}</title>`,
      text(margin + 16, y + 4.5, "number muted", rank),
      text(nameX, y + (note ? -2 : 4.5), index === 0 ? "muted" : "name", names[index]),
      ...note ? [text(nameX, y + 12, "small stop", note)] : [],
    ];
    if (share) {
      const { low, high, mean } = share;
      if (low !== null && high !== null) {
        parts.push(
          `<rect class="interval" x="${at(x(low))}" y="${at(y - 7)}" width="${
            at(Math.max(2, x(high) - x(low)))
          }" height="14" rx="4"/>`,
        );
      }
      parts.push(`<path class="mean" d="M${at(x(mean))} ${at(y - 11)}v22"/>`);
    }
    for (const [place, { seed, share }] of dots.entries()) {
      // Seeds stand a little below each other, so that equal ones are seen apart.
      const offset = dots.length > 1 ? 8 * place / (dots.length - 1) - 4 : 0;
      parts.push(
        `<circle class="dot" cx="${at(x(share))}" cy="${at(y + offset)}" r="3.5"><title>seed ${seed}: ${
          (100 * share).toFixed(1)
        } %</title></circle>`,
      );
    }
    parts.push(text(accuracyEdge, y + 4.5, "number", interval(share && { ...share, n: 1 })));
    for (const [column, { text: number, bar }] of columns.entries()) {
      parts.push(text(edges[column], y + (bar === null ? 4.5 : 1.5), "number", number));
      if (bar === null) continue;
      parts.push(
        `<rect class="share" x="${at(edges[column] - 46 * bar)}" y="${at(y + 7)}" width="${
          at(46 * bar)
        }" height="3" rx="1.5"/>`,
      );
    }
    const stripe = index % 2 === 1
      ? `<rect class="stripe" x="12" y="${firstRow + rowHeight * index}" width="${
        width - 24
      }" height="${rowHeight}" rx="6"/>`
      : "";
    return { stripe, row: `<g${index === 0 ? ' class="before"' : ""}>\n${parts.join("\n")}\n</g>` };
  });

  const baseMean = all[0].share?.mean;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${
      escaped(`${subtitles.join(". ")}. ${measure}, with 95 % intervals. ${
        all.map(({ sentence }) => sentence).join(" ")
      }`)
    }</desc>`,
    `<style>${style}\n</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="12"/>`,
    text(margin, 40, "title", title),
    ...subtitles.map((subtitle, line) => text(margin, 62 + 19 * line, "muted", subtitle)),
    ...drawn.map(({ stripe }) => stripe).filter((stripe) => stripe !== ""),
    text(left, 118, "small", measure),
    text(accuracyEdge, 118, "small number", "mean [95 %]"),
    ...titles.map((title, column) => text(edges[column], 118, "small number", title)),
    ...ticks,
    ...baseMean === undefined
      ? []
      : [`<line class="line" x1="${at(x(baseMean))}" y1="${firstRow}" x2="${at(x(baseMean))}" y2="${bottom}"/>`],
    ...drawn.map(({ row }) => row),
    ...legendOf(several, environment.cpu).map((line, index) => text(margin, bottom + 24 + 19 * index, "small", line)),
    "</svg>",
    "",
  ].join("\n");
}
