/**
 * The leaderboard as a picture: an SVG for a README, without any dependency. The same leaderboard gives the same bytes.
 *
 * One row per algorithm: its accuracy at the evaluation's temperature as an interval with one dot per seed, the policy
 * before training as a dashed line through all of them, and beside it the same as numbers, response length and seconds.
 *
 * @module
 */
import { counted, fixed, interval, none, problemCount } from "./format.ts";
import type { Leaderboard, LeaderboardRow } from "./leaderboard.ts";

const width = 820, margin = 24, rowHeight = 34, firstRow = 156;
/** Right edges of the columns of numbers. */
const edges = { seconds: width - margin, length: width - margin - 72, accuracy: width - margin - 150 };
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

/** What a row says in words, for those who can't see it. */
function sentenceOf({ rank, label, metrics, seeds }: LeaderboardRow): string {
  const { average } = metrics.accuracy;
  const place = rank === null ? "" : `${rank}. `;
  if (!average) return `${place}${label}: no finished seed.`;
  const [number, range] = interval(average).split(" [");
  const finished = seeds.filter(({ hash }) => hash !== null).length;
  const seedCount = finished < seeds.length ? `, ${finished} of ${seeds.length} seeds finished` : "";
  return `${place}${label}: ${number} percent${range ? ` (${range.slice(0, -1).replace(", ", " to ")})` : ""}, ` +
    `mean length ${fixed(1)(metrics.length.mean)} tokens${seedCount}.`;
}

/** What is said below a name if seeds are missing. */
function noteOf({ seeds }: LeaderboardRow): string | undefined {
  const missing = seeds.filter(({ hash }) => hash === null);
  if (missing.length === 0) return undefined;
  const gate = missing.find(({ failure }) => failure)?.failure?.gate;
  const why = gate === undefined ? "" : ` (gate ${gate})`;
  return `${seeds.length - missing.length} of ${counted(seeds.length, "seed")}${why}`;
}

/** Draws a leaderboard as an SVG document. */
export function leaderboardPicture(leaderboard: Leaderboard): string {
  const { suite, data, policy, environment, base, rows } = leaderboard;
  const { samples, temperature } = suite.evaluation;
  const all = [base, ...rows];
  const shares = all.flatMap(({ metrics: { accuracy: { average } }, seeds }) => [
    ...average ? [average.mean, average.low ?? average.mean, average.high ?? average.mean] : [],
    ...seeds.flatMap(({ metrics }) => metrics.accuracy.average ?? []),
  ]);
  const axis = axisOf(shares);
  const names = all.map(({ label }) => label.length > longestName ? `${label.slice(0, longestName - 1)}…` : label);
  const nameX = margin + 26;
  const widest = Math.max(...all.flatMap((row, index) => [names[index].length, 0.9 * (noteOf(row)?.length ?? 0)]));
  const left = nameX + 7.4 * widest + 20, right = edges.accuracy - 132;
  const x = (share: number) => left + (right - left) * (share - axis.low) / (axis.high - axis.low);
  const bottom = firstRow + rowHeight * all.length;
  const height = bottom + 62;
  const largest = (value: (row: LeaderboardRow) => number | undefined) =>
    Math.max(...all.map((row) => value(row) ?? 0)) || 1;
  const longest = largest(({ metrics }) => metrics.length.mean?.mean);
  const slowest = largest(({ metrics }) => metrics.cost.seconds?.mean);

  const title = `Podium leaderboard: ${suite.name}`;
  const { steps, promptsPerStep, groupSize } = suite.training;
  const source = data.test.source === "embedded" ? "embedded problems" : baseName(data.test.source);
  const model = policy.source.startsWith("embedded:") ? policy.source : baseName(policy.source);
  const subtitles = [
    `Task ${suite.task}, ${source} · policy ${model}, ${policy.parameters.toLocaleString("en-US")} parameters`,
    `${steps} steps of ${promptsPerStep} × ${groupSize} responses · ${counted(suite.seeds.length, "seed")} · ${
      counted(problemCount(leaderboard), "held-out problem")
    } × ${counted(samples, "response")}`,
  ];
  const measure = `Accuracy at temperature ${temperature} (avg@${samples}), %`;

  const ticks: string[] = [];
  for (let i = 0; axis.low + i * axis.tick < axis.high + axis.tick / 2; i++) {
    const share = axis.low + i * axis.tick;
    ticks.push(
      `<line class="grid" x1="${at(x(share))}" y1="${firstRow - 6}" x2="${at(x(share))}" y2="${bottom}"/>`,
      text(x(share), firstRow - 12, "small middle", `${Math.round(100 * share)}`),
    );
  }

  const drawn = all.map((row, index) => {
    const { average } = row.metrics.accuracy, y = firstRow + rowHeight * index + rowHeight / 2;
    const note = noteOf(row);
    const parts = [
      `<title>${escaped(sentenceOf(row))}</title>`,
      text(margin + 16, y + 4.5, "number muted", row.rank === null ? "" : `${row.rank}`),
      text(nameX, y + (note ? -2 : 4.5), index === 0 ? "muted" : "name", names[index]),
      ...note ? [text(nameX, y + 12, "small stop", note)] : [],
    ];
    if (average) {
      const { low, high, mean } = average;
      if (low !== null && high !== null) {
        parts.push(
          `<rect class="interval" x="${at(x(low))}" y="${at(y - 7)}" width="${
            at(Math.max(2, x(high) - x(low)))
          }" height="14" rx="4"/>`,
        );
      }
      parts.push(`<path class="mean" d="M${at(x(mean))} ${at(y - 11)}v22"/>`);
    }
    row.seeds.forEach(({ seed, metrics }, place) => {
      const share = metrics.accuracy.average;
      if (share === null) return;
      // Seeds stand a little below each other, so that equal ones are seen apart.
      const offset = row.seeds.length > 1 ? 8 * place / (row.seeds.length - 1) - 4 : 0;
      parts.push(
        `<circle class="dot" cx="${at(x(share))}" cy="${at(y + offset)}" r="3.5"><title>seed ${seed}: ${
          (100 * share).toFixed(1)
        } %</title></circle>`,
      );
    });
    parts.push(text(edges.accuracy, y + 4.5, "number", interval(average)));
    const columns = [[edges.length, row.metrics.length.mean, longest], [
      edges.seconds,
      row.metrics.cost.seconds,
      slowest,
    ]];
    for (const [edge, value, most] of columns as [number, typeof average, number][]) {
      // Before training nothing was spent.
      const number = value === null || (index === 0 && value.mean === 0) ? none : fixed(1)(value);
      parts.push(text(edge, y + (number === none ? 4.5 : 1.5), "number", number));
      if (number === none) continue;
      const share = 46 * value!.mean / most;
      parts.push(
        `<rect class="share" x="${at(edge - share)}" y="${at(y + 7)}" width="${at(share)}" height="3" rx="1.5"/>`,
      );
    }
    const stripe = index % 2 === 1
      ? `<rect class="stripe" x="12" y="${firstRow + rowHeight * index}" width="${
        width - 24
      }" height="${rowHeight}" rx="6"/>`
      : "";
    return { stripe, row: `<g${index === 0 ? ' class="before"' : ""}>\n${parts.join("\n")}\n</g>` };
  });

  const baseMean = base.metrics.accuracy.average?.mean;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${
      escaped(`${subtitles.join(". ")}. ${measure}, with 95 % intervals. ${all.map(sentenceOf).join(" ")}`)
    }</desc>`,
    `<style>${style}\n</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="12"/>`,
    text(margin, 40, "title", title),
    ...subtitles.map((subtitle, line) => text(margin, 62 + 19 * line, "muted", subtitle)),
    ...drawn.map(({ stripe }) => stripe).filter((stripe) => stripe !== ""),
    text(left, 118, "small", measure),
    text(edges.accuracy, 118, "small number", "mean [95 %]"),
    text(edges.length, 118, "small number", "length"),
    text(edges.seconds, 118, "small number", "seconds"),
    ...ticks,
    ...baseMean === undefined
      ? []
      : [`<line class="line" x1="${at(x(baseMean))}" y1="${firstRow}" x2="${at(x(baseMean))}" y2="${bottom}"/>`],
    ...drawn.map(({ row }) => row),
    text(
      margin,
      bottom + 24,
      "small",
      "Bars: 95 % bootstrap intervals over seeds and problems. Dots: single seeds. Dashed line: the policy before training.",
    ),
    text(
      margin,
      bottom + 43,
      "small",
      `Length: mean tokens of a response. Seconds: training of one seed on one core${
        environment.cpu ? ` (${environment.cpu})` : ""
      }.`,
    ),
    "</svg>",
    "",
  ].join("\n");
}
