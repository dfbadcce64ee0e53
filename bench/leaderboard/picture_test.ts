import { strict as assert } from "node:assert";
import { compare } from "./comparison.ts";
import { type Leaderboard, readLeaderboard } from "./leaderboard.ts";
import { leaderboardMarkdown } from "./markdown.ts";
import { leaderboardPicture } from "./picture.ts";
import { leaderboardTable } from "./table.ts";

const quick = await readLeaderboard(
  decodeURIComponent(new URL("../testing/small_leaderboard.json", import.meta.url).pathname),
);

/** The committed leaderboard with something changed. */
function changed(change: (leaderboard: Leaderboard) => void): Leaderboard {
  const copy = structuredClone(quick);
  change(copy);
  return copy;
}

/** Fails unless every tag is closed in order and nothing in between needs escaping. */
function assertWellFormed(svg: string) {
  const open: string[] = [];
  const rest = svg.replace(/<style>.*?<\/style>/s, "").replace(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/gi, (
    _,
    closing,
    name,
    _attributes,
    empty,
  ) => {
    if (closing) assert.equal(open.pop(), name);
    else if (!empty) open.push(name);
    return "";
  });
  assert.deepEqual(open, []);
  assert.doesNotMatch(rest, /[<>]|&(?!(amp|lt|gt|quot);)/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|null/);
}

const count = (text: string, part: string) => text.split(part).length - 1;

Deno.test("the picture has a row per algorithm, an interval each, a dot per seed and the policy before training", () => {
  const svg = leaderboardPicture(quick);
  assertWellFormed(svg);
  assert.equal(svg, leaderboardPicture(structuredClone(quick)));
  const rows = 1 + quick.boards[0].rows.length;
  assert.equal(count(svg, '<rect class="interval"'), rows);
  assert.equal(count(svg, '<circle class="dot"'), rows * quick.suite.tasks[0].seeds.length);
  assert.equal(count(svg, '<line class="line"'), 1);
  assert.match(svg, /role="img" aria-labelledby="title description"/);
  assert.match(svg, /<title id="title">Podium leaderboard: quick<\/title>/);
  for (const { label } of quick.boards[0].rows) {
    assert.match(svg, new RegExp(`<desc .*\\d\\. ${label}: [\\d.]+ percent`));
  }
});

Deno.test("a dot stands between the ticks where its share is", () => {
  const svg = leaderboardPicture(quick);
  const ticks = [...svg.matchAll(/<text x="([\d.]+)" y="[\d.]+" class="small middle">(\d+)</g)].map(([, x, share]) => ({
    x: Number(x),
    share: Number(share),
  }));
  const dots = [...svg.matchAll(/cx="([\d.]+)".*?seed \d+: ([\d.]+) %/g)];
  assert.ok(dots.length > 0 && ticks.length > 2);
  const [first, last] = [ticks[0], ticks.at(-1)!];
  const perPercent = (last.x - first.x) / (last.share - first.share);
  for (const [, x, share] of dots) {
    const expected = first.x + (last.x - first.x) * (Number(share) - first.share) / (last.share - first.share);
    // The share is said to a tenth of a percent, the place to a tenth of a pixel.
    assert.ok(Math.abs(Number(x) - expected) < 0.05 * perPercent + 0.11, `${share} % at ${x}, not ${expected}`);
  }
});

Deno.test("names are escaped and shortened, and missing seeds and numbers are said", () => {
  const svg = leaderboardPicture(changed(({ boards: [{ base, rows }], suite }) => {
    suite.name = "a&b";
    base.seeds = [];
    base.metrics.accuracy.average = null;
    rows[0].label = `<script>"${"x".repeat(40)}`;
    rows[0].metrics.accuracy.average = { mean: 0.5, low: null, high: null, n: 1 };
    rows[0].metrics.cost.seconds = null;
    Object.assign(rows[0].seeds[1], { hash: null, failure: { step: 3, gate: "finite", message: "" } });
    rows[0].seeds[1].metrics.accuracy.average = null;
    for (const seed of rows[1].seeds) {
      seed.hash = null;
      seed.metrics.accuracy.average = null;
    }
    Object.assign(rows[1], { rank: null });
    rows[1].metrics.accuracy.average = rows[1].metrics.length.mean = rows[1].metrics.cost.seconds = null;
  }));
  assertWellFormed(svg);
  assert.match(svg, />2 of 3 seeds \(gate finite\)</);
  assert.match(svg, />0 of 3 seeds</);
  assert.match(svg, />&lt;script&gt;&quot;x+…</);
  assert.equal(count(svg, '<line class="line"'), 0);
});

Deno.test("nothing at all, one value alone and the ends of the scale are drawn too", () => {
  for (const share of [null, 0, 0.5, 1]) {
    assertWellFormed(leaderboardPicture(changed((leaderboard) => {
      for (const row of [leaderboard.boards[0].base, ...leaderboard.boards[0].rows]) {
        row.metrics.accuracy.average = share === null ? null : { mean: share, low: share, high: share, n: 3 };
        for (const seed of row.seeds) seed.metrics.accuracy.average = share;
      }
    })));
  }
});

Deno.test("the Markdown table has the policy before training first and the gains of every seed", () => {
  const lines = leaderboardMarkdown(quick).split("\n");
  assert.match(lines[2], /^\| +\| before training +\| +[\d.]+ \[[\d.]+, [\d.]+\] \|/);
  assert.match(lines[3], /^\| +1=? \| `\w+` +\| +[\d.]+ \[[\d.]+, [\d.]+\] \| +[\d.]+, [\d.]+, [\d.]+ \|/);
  assert.equal(new Set(lines.slice(0, 3 + quick.boards[0].rows.length).map((line) => line.length)).size, 1);
});

/** The committed leaderboard as if it were of two tasks, one algorithm missing on the second. */
function twoTasks(): Leaderboard {
  return changed((leaderboard) => {
    const [board] = leaderboard.boards, second = structuredClone(board);
    second.task = "other";
    second.rows = second.rows.filter(({ label }) => label !== "rloo");
    leaderboard.boards = [board, second];
    leaderboard.suite.tasks.push({ ...leaderboard.suite.tasks[0], task: "other" });
    leaderboard.overall = compare(leaderboard.boards, leaderboard.suite.tasks[0].seeds);
  });
}

Deno.test("several tasks: interquartile mean, a dot per seed, accuracy on each, and who was not compared", () => {
  const leaderboard = twoTasks(), svg = leaderboardPicture(leaderboard), { standings } = leaderboard.overall;
  assertWellFormed(svg);
  assert.equal(count(svg, '<rect class="interval"'), standings.length);
  assert.equal(count(svg, '<circle class="dot"'), (1 + standings.length) * 3);
  assert.match(svg, />other<\/text>/);
  assert.match(svg, /<title>rloo: not compared; gsm8k [\d.]+ percent, other - percent\.<\/title>/);
});

Deno.test("several tasks: a table each and one over all, in the terminal and as Markdown", () => {
  const leaderboard = twoTasks(), { standings: [best], verdict } = leaderboard.overall;
  const text = leaderboardTable(leaderboard);
  assert.match(text, /^gsm8k\n.*\n\nother\n.*\n\nall tasks\n/s);
  assert.match(text, new RegExp(`\\n${best.rank}= +${best.label} +${(100 * best.score.value).toFixed(1)} \\[`));
  assert.ok(text.includes(verdict));
  assert.match(text, /\nNot compared: rloo \(not run on other\)\.$/);
  const markdown = leaderboardMarkdown(leaderboard);
  assert.match(
    markdown,
    /^\| +\| algorithm +\| interquartile mean % \[95 %\] +\| +gsm8k % \[95 %\] +\| +other % \[95 %\] +\|/,
  );
  assert.match(markdown, /\| {4}\| `rloo` +\| +- \| +[\d.]+ \[[\d., ]+\] \| +- \|/);
});
