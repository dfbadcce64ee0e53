/** Promises about the documentation: its examples run, and its figures are those of the committed leaderboard. */

import { strict as assert } from "node:assert";
import configuration from "../deno.json" with { type: "json" };
import { loadBenchmark } from "./benchmark.ts";
import { claims } from "./claims/index.ts";
import { verdictsMarkdown } from "./claims/markdown.ts";
import { readVerdicts } from "./claims/verdicts.ts";
import { algorithmsMarkdown, listed } from "./commands/algorithms.ts";
import { leaderboardMarkdown } from "./leaderboard/markdown.ts";
import { leaderboardPicture } from "./leaderboard/picture.ts";
import { readLeaderboard } from "./leaderboard/leaderboard.ts";
import { readMeasurement } from "./commands/perf.ts";
import { withSection } from "./markdown.ts";
import { perfMarkdown } from "./perf/markdown.ts";

const root = new URL("../", import.meta.url);
const pathOf = (name: string) => decodeURIComponent(new URL(name, root).pathname);
const readme = await Deno.readTextFile(pathOf("README.md"));
const refresh = "is out of date; run `deno task readme`";

const reference = pathOf("fixtures/leaderboards/standard.json");

Deno.test("the README's table is that of the committed leaderboard", async () => {
  const table = leaderboardMarkdown(await readLeaderboard(reference));
  assert.equal(withSection(readme, "leaderboard", table, "README.md"), readme, `README.md ${refresh}`);
});

Deno.test("the picture is that of the committed leaderboard", async () => {
  const picture = await Deno.readTextFile(pathOf("fixtures/leaderboards/standard.svg"));
  assert.equal(picture, leaderboardPicture(await readLeaderboard(reference)), `standard.svg ${refresh}`);
});

Deno.test("the committed leaderboard is whole: every seed finished, every algorithm", async () => {
  const { suite: { tasks }, boards, overall } = await readLeaderboard(reference);
  const now = await loadBenchmark("standard");
  assert.deepEqual(tasks, now.tasks, "the suite that was run is the one there is");
  for (const [index, { task, rows }] of boards.entries()) {
    const { algorithms, seeds } = tasks[index];
    assert.equal(task, tasks[index].task);
    assert.deepEqual(rows.map(({ algorithm }) => algorithm).sort(), algorithms.map(({ name }) => name).sort());
    for (const row of rows) assert.ok(row.seeds.length === seeds.length && row.seeds.every(({ hash }) => hash));
  }
  assert.deepEqual(overall.left, []);
});

Deno.test("the README's claims are the committed verdicts", async () => {
  const verdicts = await readVerdicts(pathOf("fixtures/claims.json"));
  const section = verdictsMarkdown(claims, verdicts);
  assert.equal(withSection(readme, "claims", section, "README.md"), readme, `README.md ${refresh}`);
});

Deno.test("the README's share of false findings is the committed one", async () => {
  const { pairs } = JSON.parse(await Deno.readTextFile(pathOf("bench/results/aa.json")));
  for (const { seeds, share, low, high } of pairs) {
    const [found, from, to] = [share, low, high].map((value) => (100 * value).toFixed(1));
    assert.match(
      readme,
      new RegExp(`${found}\\s%\\s\\[${from},\\s${to}\\]\\swith\\s${seeds}\\sseeds`),
      `${seeds} seeds`,
    );
  }
});

Deno.test("the README lists every algorithm as its description has it", async () => {
  const section = algorithmsMarkdown(await listed());
  assert.equal(withSection(readme, "algorithms", section, "README.md"), readme, `README.md ${refresh}`);
});

Deno.test("the README's speeds are those of the committed measurement", async () => {
  const section = perfMarkdown(await readMeasurement(pathOf("bench/results/cpu-perf.json")));
  const how = "run `deno task perf --readme README.md`";
  assert.equal(withSection(readme, "speed", section, "README.md"), readme, `README.md is out of date; ${how}`);
});

[...readme.matchAll(/```ts\n(.*?)```/gs)].forEach(([, example], i) => {
  Deno.test(`README.md: example ${i + 1} runs`, async () => {
    const printed: string[] = [], log = console.log;
    console.log = (line: string) => printed.push(line);
    try {
      const code = example.replace(/"@podium\/rl(\/\w+)?"/g, (_, part = "") => {
        const name = configuration.exports[`.${part}` as keyof typeof configuration.exports];
        return JSON.stringify(new URL(name, root).href);
      }).replace('"fixtures/base"', JSON.stringify(pathOf("fixtures/base")));
      await import(`data:application/typescript;charset=utf-8,${encodeURIComponent(code)}`);
    } finally {
      console.log = log;
    }
    assert.match(printed.join("\n"), /^step 0: \d+ of 64 right, gradient norm \d+\.\d\d\nstep 1:.*\nstep 2:.*$/);
  });
});

Deno.test("every file that the README links to is there, and every task it names", async () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target);
  for (const target of links.filter((target) => !target.startsWith("https://"))) await Deno.stat(pathOf(target));
  for (const [, task] of readme.matchAll(/deno task ([a-z-]+)/g)) assert.ok(task in configuration.tasks, task);
});
