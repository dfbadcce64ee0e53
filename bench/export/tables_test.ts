import { strict as assert } from "node:assert";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { readLeaderboard } from "../leaderboard/leaderboard.ts";
import { csvText, leaderboardCsv } from "./csv.ts";
import { latexEscaped, leaderboardLatex } from "./latex.ts";

const quick = await readLeaderboard(new URL("../testing/small_leaderboard.json", import.meta.url).pathname);

Deno.test("a CSV parser reads back what was written, whatever is in the fields", () => {
  const field = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom('"', ",", "\r\n", "\n", 'a "b", c', " x "));
  const records = fc.array(fc.tuple(field, field, field), { minLength: 1 });
  fc.assert(fc.property(records, (written) => {
    assert.deepEqual(parse(csvText(written), { record_delimiter: "\r\n" }), written);
  }));
  assert.equal(csvText([["a", 1, null], ['"', "b,c", 0.1]]), 'a,1,\r\n"""","b,c",0.1\r\n');
});

Deno.test("the CSV of a leaderboard has a row per task, algorithm and seed with every number as it is in the JSON", () => {
  const rows = parse(leaderboardCsv(quick), { columns: true }) as Record<string, string>[];
  const [board] = quick.boards, all = [board.base, ...board.rows];
  assert.equal(rows.length, all.reduce((sum, { seeds }) => sum + seeds.length, 0));
  for (const { label, algorithm, options, seeds } of all) {
    for (const { seed, cell, metrics } of seeds) {
      const row = rows.find((own) => own.label === label && own.seed === `${seed}`)!;
      assert.deepEqual([row.task, row.algorithm, row.cell], [board.task, algorithm ?? "", cell]);
      assert.deepEqual(JSON.parse(row.options), options);
      assert.equal(Number(row["accuracy.average"]), metrics.accuracy.average);
      assert.equal(Number(row["accuracy.pass.8"]), metrics.accuracy.pass["8"]);
      assert.equal(Number(row["length.right.p50"]), metrics.length.right.p50);
      const { clipFraction } = metrics.stability;
      assert.equal(row["stability.clipFraction"], clipFraction === null ? "" : String(clipFraction));
    }
  }
});

Deno.test("LaTeX takes nothing in a text for a command", () => {
  assert.equal(latexEscaped("dr_grpo 5 % & #1 {x} $"), "dr\\_grpo 5 \\% \\& \\#1 \\{x\\} \\$");
  assert.equal(latexEscaped("\\~^"), "\\textbackslash{}\\textasciitilde{}\\textasciicircum{}");
});

/** Cells of the rows of a LaTeX table. */
const cellsOf = (text: string) =>
  text.split("\n").filter((line) => line.endsWith("\\\\")).map((line) =>
    line.slice(0, -2).split(/(?<!\\)&/).map((cell) => cell.trim())
  );

Deno.test("the LaTeX table has the standings in their order, with shared ranks and intervals, and balanced rules", () => {
  const text = leaderboardLatex(quick), [title, base, ...rows] = cellsOf(text), [board] = quick.boards;
  const columns = /\\begin\{tabular\}\{@\{\}([rl]+)@\{\}\}/.exec(text)![1].length;
  for (const row of [title, base, ...rows]) assert.equal(row.length, columns);
  assert.equal(base[1], "before training");
  assert.deepEqual(rows.map(([, label]) => label), board.rows.map(({ label }) => latexEscaped(label)));
  rows.forEach(([rank, , accuracy], place) => {
    const { label, metrics } = board.rows[place];
    const standing = quick.overall.standings.find((own) => own.label === label)!;
    assert.equal(rank, `${standing.rank}${standing.tied ? "=" : ""}`);
    const { mean, low, high } = metrics.accuracy.average!;
    assert.equal(
      accuracy,
      `${(100 * mean).toFixed(1)}\\,{\\scriptsize [${(100 * low!).toFixed(1)}, ${(100 * high!).toFixed(1)}]}`,
    );
  });
  assert.ok(text.split("\n").every((line) => line.startsWith("%") || !/(?<!\\)[_#$]|(?<!\\)%(?=.)/.test(line)));
  assert.match(text, /\\toprule[^]*\\midrule[^]*\\bottomrule\n\\end\{tabular\}\}\n$/);
});

Deno.test("with several tasks the LaTeX table has a column for each, and what could not be compared at its end", () => {
  const [board] = quick.boards, first = board.rows[0].label;
  const left = [{ label: first, reason: "seed 1 has not finished" }];
  const standings = quick.overall.standings.filter(({ label }) => label !== first);
  const several = {
    ...quick,
    boards: [board, { ...board, task: "math" }],
    overall: { ...quick.overall, standings, left },
  };
  const [title, base, ...rows] = cellsOf(leaderboardLatex(several));
  assert.deepEqual(title.slice(2), ["IQM", "gsm8k", "math"].map((name) => `${name} \\%\\,{\\scriptsize [95 \\%]}`));
  assert.equal(base.length, title.length);
  assert.equal(rows.length, board.rows.length);
  assert.deepEqual(rows.at(-1)!.slice(0, 3), ["", latexEscaped(first), "-"]);
});
