/** What leaves a run and comes back: merge, compare, export and aa, as a user calls them. */

import { strict as assert } from "node:assert";
import { parse } from "csv-parse/sync";
import type { Leaderboard } from "../leaderboard/leaderboard.ts";
import { eventFile } from "../export/tensorboard.ts";
import { podium, smallRun } from "../testing/command_line.ts";
import { inTemporary } from "../testing/temporary.ts";

const quick = new URL("../testing/small_leaderboard.json", import.meta.url).pathname;
const read = async (path: string) => JSON.parse(await Deno.readTextFile(path));

Deno.test("runs are merged, finished, compared and exported", () =>
  inTemporary(async (at) => {
    const [a, b, both] = ["a", "b", "both"].map((name) => `${at}/${name}`);
    await smallRun(a, "--seeds=1,2");
    await smallRun(b, "--seeds=3", "--algorithms=grpo");

    const merged = await podium("merge", both, a, b);
    assert.equal(merged.code, 0, merged.err);
    assert.match(
      merged.out,
      /\nmerge: 5 cells of 2 runs in .*both\n1 cell to be run: bench --suite (\S+) --out (\S+)\n$/,
    );
    const { boards: [{ rows }] }: Leaderboard = await read(`${both}/leaderboard.json`);
    assert.deepEqual(rows.map(({ label, seeds }) => [label, seeds.filter(({ hash }) => hash).length]), [
      ["grpo", 3],
      ["rloo", 2],
    ]);
    const [, suite, out] = /bench --suite (\S+) --out (\S+)/.exec(merged.out)!;
    const finished = await podium("bench", "--suite", suite, "--out", out, "--jobs=1", "--json");
    assert.equal(finished.code, 0, finished.err);
    const whole: Leaderboard = JSON.parse(finished.out);
    assert.ok(whole.boards[0].rows.every(({ seeds }) => seeds.length === 3 && seeds.every(({ hash }) => hash)));

    const compared = await podium("compare", a, both);
    assert.equal(compared.code, 0, compared.err);
    assert.match(compared.out, /gsm8k {2}grpo +2 seeds shared, 2 the same bits/);
    assert.match(compared.out, /gsm8k: seeds \[1,2\] → \[1,2,3\]/);
    const same = JSON.parse((await podium("compare", `${a}/leaderboard.json`, `${a}/`, "--json")).out);
    assert.equal(same.verdict, "All 2 rows in both are the same to the last bit.");

    const csv = await podium("export", both, "--format=csv", `--out=${at}/x.csv`);
    assert.equal(csv.code, 0, csv.err);
    assert.equal(parse(await Deno.readTextFile(`${at}/x.csv`), { columns: true }).length, 9); // with the base policy
    const [latex, markdown] = [
      await podium("export", both, "--format=latex"),
      await podium("export", both, "--format=markdown"),
    ];
    assert.match(latex.out, /^%.*\n%.*\n\{\\footnotesize.*%\n\\begin\{tabular\}/);
    assert.match(markdown.out, /^\| {4}\| algorithm/);
    const jsonl = await podium("export", both, "--format=jsonl", `--out=${at}/wandb/`);
    assert.equal(jsonl.code, 0, jsonl.err);
    assert.match(jsonl.out, /^export: 6 cells in /);
    const history = await Deno.readTextFile(`${at}/wandb/gsm8k/rloo/seed-3/history.jsonl`);
    const lines = history.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ _step }) => _step), [0, 1, 2, 3, 4]);
    assert.ok(lines[4]["train/accuracy"] >= 0 && lines[4]["eval/average"] >= 0 && lines[4]._runtime > 0);
    assert.equal((await read(`${at}/wandb/gsm8k/rloo/seed-3/run.json`)).config.seed, 3);
    for (const name of ["one", "two"]) {
      const { code, err } = await podium("export", both, "--format=tensorboard", `--out=${at}/${name}`);
      assert.equal(code, 0, err);
    }
    const event = `gsm8k/grpo/seed-1/${eventFile}`;
    assert.deepEqual(await Deno.readFile(`${at}/one/${event}`), await Deno.readFile(`${at}/two/${event}`));
    const taken = await podium("export", both, "--format=tensorboard", `--out=${at}/two`);
    assert.match(taken.err, /^error: .*two: there is something already; give a new directory, or delete that one\.\n$/);
  }));

Deno.test("aa examines a run, prints shares with intervals and keeps them", () =>
  inTemporary(async (at) => {
    const leaderboard: Leaderboard = await read(quick), [row] = leaderboard.boards[0].rows;
    const spread = [0.03, -0.01, 0.02, 0, -0.03, 0.01, -0.02, 0.005];
    row.seeds = spread.map((by, seed) => {
      const own = structuredClone(row.seeds[0]);
      own.seed = seed;
      own.metrics.accuracy.average! += by;
      return own;
    });
    leaderboard.boards[0].rows = [row];
    await Deno.writeTextFile(`${at}/leaderboard.json`, JSON.stringify(leaderboard));
    const { code, out, err } = await podium("aa", at, `--save=${at}/aa.json`);
    assert.equal(code, 0, err);
    assert.match(
      out,
      /against itself on gsm8k: 8 seeds dealt out at random\n\nseeds each.*\n +3 {2}2 +\d\.\d \[.*\] +100,000\n\n/,
    );
    const kept = await read(`${at}/aa.json`);
    assert.deepEqual([kept.command, kept.runs, kept.pairs.length, kept.passed], ["podium aa", 8, 1, true]);
  }));

Deno.test("the committed A/A result: as many runs as the suite has seeds, and no more found than the level", async () => {
  const kept = await read(new URL("../results/aa.json", import.meta.url).pathname);
  const { seeds } = await read(new URL("../suites/aa.json", import.meta.url).pathname);
  assert.equal(kept.runs, seeds.length);
  assert.equal(kept.passed, true);
  for (const { low, share, high } of [...kept.pairs, ...kept.families]) {
    assert.ok(low <= share && share <= high && low <= kept.level);
  }
});

Deno.test("bad input of these commands gives one sentence and exit code 1", () =>
  inTemporary(async (at) => {
    const cases: [args: string[], message: RegExp][] = [
      [["export", quick, "--format=cvs"], /^unknown format "cvs"; did you mean "csv"\?$/],
      [["export", quick, "--format=jsonl"], /^format jsonl is a directory; say where with --out\.$/],
      [
        ["export", quick, "--format=jsonl", `--out=${at}/x`],
        /holds no records of the leaderboard's cells; give the directory/,
      ],
      [["export", quick], /^required option '--format <name>' not specified$/],
      [["compare", quick, "/none"], /^\/none: can't be read \(.*\); give the leaderboard\.json of a run\.$/],
      [["merge", `${at}/x`, at], /: no suite\.json there; give the directory of a run\.$/],
      [["merge", `${at}/x`], /^missing required argument 'runs'$/],
      [
        ["aa", quick],
        /^suite quick: 3 seeds were finished by every algorithm on every task, and .* 7 or more; run it with more seeds\.$/,
      ],
      [
        ["aa", quick, "--jobs=1"],
        /^--seeds, --out and --jobs are for a new run; leave them out, or .*small_leaderboard\.json\.$/,
      ],
    ];
    for (const [args, message] of cases) {
      const { code, out, err } = await podium(...args);
      assert.equal(code, 1, args.join(" "));
      assert.equal(out, "");
      assert.match(err, /^error: [^\n]+\n$/);
      assert.match(err.slice("error: ".length).trim(), message);
    }
    assert.deepEqual([...Deno.readDirSync(at)], []);
  }));
