import { strict as assert } from "node:assert";
import { sha256 } from "../canonical.ts";
import { readLeaderboard } from "../leaderboard/leaderboard.ts";
import { runSuite } from "../run_suite.ts";
import { loadSuite } from "../suite.ts";
import { inTemporary } from "../testing/temporary.ts";
import { mergeRuns } from "./merge.ts";

/** A small run without an engine. */
async function run(out: string, algorithms: readonly string[], seeds: number[]): Promise<void> {
  const suite = await loadSuite("quick");
  Object.assign(suite, { policy: "embedded:table", seeds });
  Object.assign(suite.training, { steps: 2, promptsPerStep: 2, learningRate: 0.05 });
  Object.assign(suite.evaluation, { problems: 4, samples: 2 });
  suite.algorithms = suite.algorithms.filter(({ name }) => algorithms.includes(name));
  await runSuite(suite, { out, jobs: 1 });
}

/** Hashes of all files below a directory, by path. */
async function filesOf(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const visit = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(`${directory}${path}`)) {
      if (isDirectory) await visit(`${path}/${name}`);
      else files[`${path}/${name}`] = sha256(await Deno.readFile(`${directory}${path}/${name}`));
    }
  };
  await visit("");
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => a < b ? -1 : 1));
}

/** Changes a JSON file. */
async function change(path: string, how: (value: Record<string, unknown>) => void): Promise<void> {
  const value = JSON.parse(await Deno.readTextFile(path));
  how(value);
  await Deno.writeTextFile(path, JSON.stringify(value, null, 2) + "\n");
}

Deno.test("any order and grouping of runs gives the same bytes, and the runs stay as they are", () =>
  inTemporary(async (at) => {
    const [a, b, c] = ["a", "b", "c"].map((name) => `${at}/${name}`);
    await run(a, ["grpo"], [1, 2]);
    await run(b, ["grpo", "rloo"], [2, 3]);
    await run(c, ["rloo"], [1]);
    const { boards: [board] } = await readLeaderboard(`${a}/leaderboard.json`);
    const common = board.rows[0].seeds[1]; // grpo with seed 2 is in a and in b
    for await (const { name, isDirectory } of Deno.readDir(b)) {
      if (isDirectory) await change(`${b}/${name}/environment.json`, (machine) => machine.cpu = "another processor");
    }
    for (const [directory, level] of [[a, "L1"], [b, "L0"]]) {
      const note = JSON.stringify({ level, hash: common.hash }) + "\n";
      await Deno.writeTextFile(`${directory}/${common.cell}/verification.json`, note);
    }
    const before = await Promise.all([a, b, c].map(filesOf));

    const merged = await mergeRuns(`${at}/whole`, [a, b, c]);
    await mergeRuns(`${at}/ab`, [a, b]);
    await mergeRuns(`${at}/ab c`, [`${at}/ab`, c]);
    await mergeRuns(`${at}/cb`, [c, `${b}/`]);
    await mergeRuns(`${at}/cb a`, [`${at}/cb`, a]);
    const whole = await filesOf(`${at}/whole`);
    assert.deepEqual(await filesOf(`${at}/ab c`), whole);
    assert.deepEqual(await filesOf(`${at}/cb a`), whole);
    assert.deepEqual(await Promise.all([a, b, c].map(filesOf)), before);

    assert.deepEqual([merged.cells, merged.repeated, merged.missing], [6, 1, 0]);
    assert.deepEqual(merged.machines.map(({ cells }) => cells).sort(), [3, 3]);
    assert.deepEqual(merged.leaderboard.environment.machines, merged.machines);
    assert.equal(merged.leaderboard.environment.cpu, merged.machines[0].environment.cpu);
    const written = await readLeaderboard(`${at}/cb a/leaderboard.json`);
    assert.deepEqual(written.environment.machines, merged.machines);
    const [{ rows }] = merged.leaderboard.boards;
    for (const { seeds } of rows) {
      assert.deepEqual(seeds.map(({ seed }) => seed), [1, 2, 3]);
      assert.ok(seeds.every(({ hash }) => hash !== null));
    }
    const verified = rows.flatMap(({ seeds }) => seeds).filter(({ verified }) => verified !== null);
    assert.deepEqual(verified.map(({ cell, verified }) => [cell, verified]), [[common.cell, "L0"]]);
    assert.ok(!Object.keys(whole).some((path) => /lock|checkpoint|partial/.test(path)));

    // The same as one run of everything, but for the order of the algorithms, which ranks do not depend on.
    await run(`${at}/all`, ["grpo", "rloo"], [1, 2, 3]);
    const all = await readLeaderboard(`${at}/all/leaderboard.json`);
    for (const row of rows) {
      const other = all.boards[0].rows.find(({ label }) => label === row.label)!;
      assert.deepEqual(row.metrics, other.metrics);
      assert.deepEqual(row.seeds.map(({ hash }) => hash), other.seeds.map(({ hash }) => hash));
      assert.equal(row.rank, other.rank);
    }
  }));

Deno.test("what does not belong together is refused, and nothing is written", () =>
  inTemporary(async (at) => {
    const [a, b] = ["a", "b"].map((name) => `${at}/${name}`), out = `${at}/out`;
    await run(a, ["grpo"], [1]);
    await run(b, ["grpo"], [1]);
    const [{ name: cell }] = [...Deno.readDirSync(b)].filter(({ isDirectory }) => isDirectory);
    const refused = async (message: RegExp, runs = [a, b]) => {
      await assert.rejects(mergeRuns(out, runs), message);
      assert.deepEqual([...Deno.readDirSync(at)].map(({ name }) => name).sort(), ["a", "b"]);
    };
    await refused(/^Refusal: .*\/none: no suite\.json there; give the directory of a run\.$/, [a, `${at}/none`]);
    const keep = async (path: string, work: () => Promise<void>) => {
      const bytes = await Deno.readFile(path);
      await work();
      await Deno.writeFile(path, bytes);
    };
    const record = `${b}/${cell}`;
    await keep(`${record}/cell.json`, async () => {
      await change(`${record}/cell.json`, (value) => (value.identity as { format: number }).format = 3);
      await refused(/recorded in format 3, and this version of Podium reads format \d+; run it again\.$/);
    });
    await keep(`${record}/steps.jsonl`, async () => {
      const text = await Deno.readTextFile(`${record}/steps.jsonl`);
      await Deno.writeTextFile(`${record}/steps.jsonl`, text.replace('"prompts":2', '"prompts":3'));
      await refused(/steps\.jsonl, line 1: it, or a line before it, is not as it was written/);
    });
    await keep(`${record}/result.json`, async () => {
      await change(`${record}/result.json`, (value) => value.weights = "others");
      await refused(/\/b\/.*: the same cell as .*\/a\/.* with other numbers/);
      await Deno.remove(`${record}/result.json`);
      await refused(/no finished cell there; nothing to merge/, [b]);
    });
    await keep(`${b}/suite.json`, async () => {
      await change(`${b}/suite.json`, (value) => value.name = "mine");
      await refused(/\/b: another suite than that of .*\/a \(name is "mine", not "quick"\)/);
    });
    await Deno.mkdir(out);
    await Deno.writeTextFile(`${out}/mine.txt`, "");
    await assert.rejects(mergeRuns(out, [a, b]), /^Refusal: .*\/out: there is something already; give a new directory/);
  }));
