import { strict as assert } from "node:assert";
import { processors } from "../leaderboard/format.ts";
import { syntheticLeaderboard } from "../testing/leaderboard.ts";
import { meaningOf, stabilityColumns } from "./columns.ts";
import { paretoFront } from "./figures/pareto.ts";
import { plotFiles } from "./files.ts";
import { element, embeddedJson } from "./html.ts";
import { learningCurve } from "./learning.ts";
import { count, none, numberAt, percent, pointer, points, probability, significant, tickFormat } from "./numbers.ts";
import { reportPage } from "./page.ts";
import { estimateOf, type ReportRun, viewsOf } from "./run.ts";
import { seedDots } from "./sections/ranking.ts";
import type { Leaderboard } from "../leaderboard/shape.ts";
import type { Verdicts } from "../claims/verdicts.ts";

const small = syntheticLeaderboard({ algorithms: 4, tasks: 2, seeds: 3, steps: 8, failing: true });

const runOf = (leaderboard: Leaderboard, rest: Partial<ReportRun> = {}): ReportRun => ({
  name: leaderboard.suite.name,
  source: "runs/synthetic",
  directory: null,
  leaderboard,
  responses: [],
  prompts: [],
  ...rest,
});

/** The page without its data, style and script. */
const written = (page: string) => page.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, "");

Deno.test("templates escape what is put into them, and data can't end its script element", () => {
  assert.equal(element`<a title="${'"<'}">${["&", null, false, 0]}</a>`.markup, '<a title="&quot;&lt;">&amp;0</a>');
  assert.equal(element`${element`<b>`}`.markup, "<b>");
  const { markup } = embeddedJson({ text: "</script><script>alert(1)</script>" });
  assert.doesNotMatch(markup, /</);
  assert.equal(JSON.parse(markup).text, "</script><script>alert(1)</script>");
});

Deno.test("numbers have the digits that say something", () => {
  assert.equal(percent(0.6769), "67.7");
  assert.equal(points(0.316), "+31.6");
  assert.deepEqual([-0.05, -0.0001, 0.0001].map(points), ["−5.0", "0.0", "0.0"]);
  assert.deepEqual([0, 0.001234, 12.34, 12345, 1e-6, -3.456].map(significant), [
    "0",
    "0.00123",
    "12.3",
    "12,345",
    "1.0e−6",
    "−3.46",
  ]);
  assert.deepEqual([999, 12_345, 123_456, 1_234_567].map(count), ["999", "12.3k", "123k", "1.23M"]);
  assert.deepEqual([0.0001, 0.0321].map(probability), ["<0.001", "0.032"]);
  assert.deepEqual([0.3, 0.25].map(tickFormat(percent)), ["30", "25"]);
  assert.equal(pointer("a/b", 0, "c~d"), "/a~1b/0/c~0d");
  assert.equal(numberAt(null, "/x", percent).markup, `<span class="none">${none}</span>`);
});

Deno.test("the front holds what no other beats in both, shortest first, and equals", () => {
  const point = (length: number, accuracy: number) => ({
    length: { mean: length, low: null, high: null, n: 1 },
    accuracy: { mean: accuracy, low: null, high: null, n: 1 },
  });
  const [a, b, c, d, e] = [point(20, 0.5), point(30, 0.6), point(25, 0.4), point(20, 0.5), point(31, 0.6)];
  assert.deepEqual(paretoFront([b, a, c, d, e]), [a, d, b]);
});

Deno.test("a learning curve is the mean of its seeds between the lowest and the highest", () => {
  const [board] = small.boards, row = board.rows.find(({ seeds }) => seeds.every(({ failure }) => failure === null))!;
  const curve = learningCurve(row, "average", "responses");
  const values = row.seeds.map((seed) => seed.curve[1].average);
  assert.equal(curve.x[1], row.seeds[0].curve[1].responses);
  assert.ok(Math.abs(curve.mean[1]! - values.reduce((sum, value) => sum + value, 0) / values.length) < 1e-12);
  assert.deepEqual([curve.low[1], curve.high[1]], [Math.min(...values), Math.max(...values)]);
});

Deno.test("over several tasks a dot is a seed's mean, and a seed that lacks a task has none", () => {
  const [all, first] = viewsOf(small), { label } = all.comparison.standings[0];
  const value = (task: number) =>
    small.boards[task].rows.find((row) => row.label === label)!.seeds[0].metrics.accuracy.average!;
  assert.ok(Math.abs(seedDots(all, label)[0].value - (value(0) + value(1)) / 2) < 1e-12);
  assert.equal(seedDots(first, label)[0].value, value(0));
  const stopped = small.boards[0].rows.find(({ seeds }) => seeds.some(({ failure }) => failure))!;
  assert.equal(seedDots(all, stopped.label).length, 2);
});

Deno.test("every column means something, in the words of the schema", () => {
  for (const { path, title } of stabilityColumns) assert.ok(meaningOf(path).length > 10, title);
  assert.match(meaningOf(["metrics", "stability", "kl"]), /KL divergence/);
});

Deno.test("the page says the verdict, the standings, what went wrong and how to repeat it, and asks for nothing", async () => {
  const page = await reportPage([runOf(small)], []);
  const text = written(page);
  assert.ok(page.startsWith("<!DOCTYPE html>"));
  assert.ok(text.includes(small.overall.verdict.replaceAll("'", "'")), "verdict");
  for (const { label } of small.overall.standings) assert.ok(text.includes(`id="algorithm-${label}"`), label);
  assert.match(
    text,
    /stopped at step <data value="3"[^>]*>3<\/data> by the gate finite: the loss is &lt;NaN&gt; &amp; not a number/,
  );
  assert.match(text, /deno task bench --suite \.\/synthetic\.suite\.json/);
  assert.match(text, /deno task verify --reference runs\/synthetic/);
  assert.match(text, /▲ at the edge/);
  assert.doesNotMatch(text, /undefined|NaN(?!&gt;)|\[object|Infinity/);
  assert.doesNotMatch(text, /(?:src|href)="(?!#|data:|https:\/\/arxiv\.org)/);
  assert.equal(page, await reportPage([runOf(structuredClone(small))], []));
});

Deno.test("a page without anything finished, with one seed, or without seconds is written too", async () => {
  const one = syntheticLeaderboard({ algorithms: 2, tasks: 1, seeds: 1, steps: 4 });
  const nothing = structuredClone(one);
  const [board] = nothing.boards;
  board.base.seeds = [];
  board.base.metrics.accuracy.average = board.base.metrics.length.mean = null;
  for (const row of board.rows) {
    row.rank = null;
    row.training = null;
    row.metrics = structuredClone(board.base.metrics);
    row.seeds = row.seeds.map((seed) => ({
      ...seed,
      hash: null,
      weights: null,
      curve: [],
      metrics: structuredClone(seed.metrics),
    }));
    for (const { metrics } of row.seeds) metrics.accuracy.average = metrics.cost.seconds = null;
  }
  board.comparison = nothing.overall = {
    ...board.comparison,
    standings: [],
    pairs: [],
    profiles: { thresholds: [], curves: [] },
    detectable: null,
    left: board.rows.map(({ label }) => ({ label, reason: "seed 1 has not finished" })),
    verdict: "No algorithm has finished every seed; there is nothing to compare.",
  };
  for (const leaderboard of [one, nothing]) {
    assert.doesNotMatch(written(await reportPage([runOf(leaderboard)], [])), /undefined|NaN|Infinity|\[object/);
    assert.ok(plotFiles(runOf(leaderboard)).every(({ svg }) => !/undefined|NaN|Infinity/.test(svg)));
  }
});

Deno.test("held-out problems are counted over tasks, and what is repeated is the record where there is one", async () => {
  const uneven = structuredClone(small);
  uneven.suite.tasks[0].evaluation.problems = 64;
  uneven.suite.tasks[1].evaluation.problems = 8;
  const text = written(await reportPage([runOf(uneven, { directory: "runs/here" })], []));
  assert.match(text, /3 seeds × <data value="72"[^>]*>72<\/data> held-out problems of 2 tasks × \d+ responses/);
  assert.match(text, /deno task verify runs\/here</);
  assert.doesNotMatch(text, /verify --reference/);
});

Deno.test("a merged run lists its machines with the cells of each", async () => {
  const merged = structuredClone(small), { backend: _, ...machine } = merged.environment;
  merged.environment.machines = [
    { environment: machine, cells: 20 },
    { environment: { ...machine, cpu: "Another", cores: 64 }, cells: 4 },
  ];
  const text = written(await reportPage([runOf(merged)], []));
  assert.match(text, /2 machines computed the cells/);
  assert.match(text, /data-path="\/environment\/machines\/1\/cells">4<\/data>.*?Another \(avx2\), 64 cores/);
  assert.equal(processors(merged.environment), "A <processor> & more or Another");
  assert.equal(processors(small.environment), "A <processor> & more");
});

Deno.test("several runs have ids of their own, and claims and responses are shown and escaped", async () => {
  const claims: Verdicts = {
    format: 3,
    sources: [{
      suite: "mine",
      environment: small.environment,
      verdicts: [{
        id: "x_beats_y",
        claim: "X beats <y>.",
        paper: { title: "On X", arxiv: "2402.03300", year: 2024, where: "table 1" },
        published: "+3 points",
        scale: {
          ...{ policy: "<p>", parameters: 94528, task: "gsm8k", steps: 1, promptsPerStep: 2 },
          ...{ responses: null, learningRate: null, samples: 8, problems: 64 },
        },
        seeds: 3,
        verdict: "inconclusive",
        sentence: "It may.",
        tests: [{
          metric: "accuracy.average",
          a: "x",
          direction: "higher",
          b: "y",
          margin: 0,
          seeds: 3,
          estimate: { mean: 0.0123, low: -0.01, high: 0.03 },
          verdict: "inconclusive",
          sentence: "It may.",
        }],
      }],
    }],
  };
  const logged = { text: "<img src=x> 4", answer: "4", right: true, reason: "", tokens: 5, truncated: false };
  const pair = { question: "2+2?", gold: "4", right: logged, wrong: null, share: { right: 1, of: 1 } };
  const responses = [{
    task: "gsm8k",
    seed: 1,
    before: pair,
    after: [{
      label: "grpo",
      pairs: [{ ...pair, right: { ...logged, exchanges: [{ query: "<q>", reply: "r & r" }] } }],
    }],
  }];
  const text = written(
    await reportPage([runOf(small, { responses: responses as never }), runOf(small, { name: "again" })], [claims]),
  );
  assert.match(text, /X beats &lt;y&gt;\./);
  assert.match(
    text,
    /All of them hold for: suite mine, .* policy &lt;p&gt; with 94,528 parameters, task gsm8k, 1 steps of 2/,
  );
  assert.match(text, /Holds for: 3 seeds\./);
  assert.match(text, /href="https:\/\/arxiv\.org\/abs\/2402\.03300"/);
  assert.match(text, /&lt;img src=x&gt; 4/);
  assert.match(text, /&lt;q&gt;.*r &amp; r/s);
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(target), target);
});

Deno.test("every main plot is a file: well formed, named by run and task", () => {
  const files = plotFiles(runOf(small));
  assert.ok(files.some(({ name }) => name === "synthetic-ranking-all-tasks.svg"));
  assert.ok(files.some(({ name }) => name === "synthetic-curves-gsm8k-seconds.svg"));
  for (const { name, svg } of files) {
    const open: string[] = [];
    const rest = svg.replace(/<style>.*?<\/style>/s, "").replace(
      /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*) ?(\/?)>/gi,
      (_, closing, tag, _attributes, empty) => {
        if (closing) assert.equal(open.pop(), tag, name);
        else if (!empty) open.push(tag);
        return "";
      },
    );
    assert.deepEqual(open, [], name);
    assert.doesNotMatch(rest, /[<>]|&(?!(amp|lt|gt|quot);)/, name);
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/, name);
  }
});

Deno.test("the page of 16 algorithms × 3 tasks × 10 seeds takes seconds and weighs less than 1.5 MB without its data", async () => {
  const large = syntheticLeaderboard({ algorithms: 16, tasks: 3, seeds: 10, steps: 48, quickly: true });
  const begin = performance.now(), page = await reportPage([runOf(large)], []);
  assert.ok(performance.now() - begin < 20_000, "longer than any machine should take");
  assert.ok(page.replace(/<script type="application\/json".*?<\/script>/gs, "").length < 1.5e6);
});

Deno.test("on one task the ranking has the numbers of its table, over several those of the comparison", () => {
  const views = viewsOf(syntheticLeaderboard({ algorithms: 4, tasks: 2, seeds: 5, steps: 4 }));
  assert.deepEqual(views.map(({ boards }) => boards.length).sort(), [1, 1, 2]);
  for (const view of views) {
    view.comparison.standings.forEach(({ label, score }, index) => {
      const { value, low, high, paths } = estimateOf(view, index), [{ board }] = view.boards;
      const { mean, ...average } = board.rows.find((row) => row.label === label)!.metrics.accuracy.average!;
      const expected = view.boards.length > 1 ? score : { value: mean, low: average.low, high: average.high };
      assert.deepEqual({ value, low, high }, expected);
      assert.match(paths.value, view.boards.length > 1 ? /score\/value$/ : /average\/mean$/);
    });
  }
});
