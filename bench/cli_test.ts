import { strict as assert } from "node:assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Leaderboard } from "./leaderboard/leaderboard.ts";
import leaderboardSchema from "./leaderboard/leaderboard.schema.json" with { type: "json" };
import type { CellResult } from "./records.ts";
import { command as started, podium as run, program } from "./testing/command_line.ts";
import { inTemporary } from "./testing/temporary.ts";

const quick = new URL("./testing/small_leaderboard.json", import.meta.url).pathname;

/** A small run of the policy without a network. */
const small = (out: string, ...more: string[]) => [
  "bench",
  "--policy=embedded:table",
  "--algorithms=reinforce,rloo,grpo,dr_grpo",
  `--out=${out}`,
  "--steps=10",
  "--seeds=1,2",
  "--set=evaluation.problems=32",
  "--set=evaluation.interval=5",
  "--set=training.learningRate=0.05",
  ...more,
];

/** Results of all cells of a run, by id. */
async function results(out: string): Promise<Record<string, CellResult>> {
  const found: Record<string, CellResult> = {};
  for await (const { name, isDirectory } of Deno.readDir(out)) {
    if (isDirectory) found[name] = JSON.parse(await Deno.readTextFile(`${out}/${name}/result.json`));
  }
  return found;
}

Deno.test("bench writes a valid leaderboard and prints a table with the policy before training first", () =>
  inTemporary(async (directory) => {
    const { code, out, err } = await run(...small(directory));
    assert.equal(code, 0, err);
    const leaderboard: Leaderboard = JSON.parse(await Deno.readTextFile(`${directory}/leaderboard.json`));
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(leaderboardSchema);
    assert.ok(validate(leaderboard), JSON.stringify(validate.errors));
    assert.deepEqual(leaderboard.boards[0].rows.map(({ label }) => label).sort(), [
      "dr_grpo",
      "grpo",
      "reinforce",
      "rloo",
    ]);
    for (const { rank } of leaderboard.boards[0].rows) assert.ok(rank! >= 1 && rank! <= 4);
    for (const { seeds, metrics } of leaderboard.boards[0].rows) {
      assert.deepEqual(seeds.map(({ seed }) => seed), [1, 2]);
      const mean = (seeds[0].metrics.accuracy.average! + seeds[1].metrics.accuracy.average!) / 2;
      assert.ok(Math.abs(metrics.accuracy.average!.mean - mean) < 1e-12);
      assert.equal(metrics.cost.responses!.mean, 10 * 16 * 8);
    }
    const lines = out.trim().split("\n");
    assert.match(lines[0], /algorithm\s+avg@8 % \[95 %\]\s+greedy %\s+pass@8 %/);
    assert.match(lines[1], /^\s+before training\s+\d/);
    assert.match(err, /100 %/);

    const again = await run(...small(directory, "--json"));
    assert.equal(again.code, 0);
    assert.deepEqual(
      JSON.parse(again.out).boards[0].rows[0].seeds[0].hash,
      leaderboard.boards[0].rows[0].seeds[0].hash,
    );

    const repeated = await run("verify", directory, "--reference", "--cells=2");
    assert.equal(repeated.code, 0, repeated.err);
    assert.match(
      repeated.out,
      /^gsm8k, .*: the same bits \(L0\), avg@k [\d.]+ %\n.*\nverify: 2 of 2 cells as the reference/s,
    );

    const verified = await run("verify", directory, "--cells=2");
    assert.equal(verified.code, 0, verified.err);
    assert.match(verified.out, /: same hash chain, 13 lines \(L0\)\n.*\nverify: 2 of 2 cells the same\n$/s);
    const noted: Leaderboard = JSON.parse(await Deno.readTextFile(`${directory}/leaderboard.json`));
    assert.equal(
      noted.boards[0].rows.flatMap(({ seeds }) => seeds).filter(({ verified }) => verified === "L0").length,
      2,
    );

    // A record that was tampered with is found out.
    const [cell] = Object.keys(await results(directory)).sort();
    const steps = `${directory}/${cell}/steps.jsonl`;
    const text = await Deno.readTextFile(steps);
    await Deno.writeTextFile(steps, text.replace(/("step":4,.*?"entropy":)0\.\d+/, "$10.5"));
    const different = await run("verify", `${directory}/${cell}`);
    assert.equal(different.code, 100);
    assert.match(different.out, /first difference at step 4: entropy \(L0\)/);
    const refused = await run(...small(directory));
    assert.equal(refused.code, 1);
    assert.match(
      refused.err,
      /error: .*steps\.jsonl, line 4: it, or a line before it, is not as it was written; delete/,
    );
    await Deno.writeTextFile(steps, text.replace('{"step":3', "{{"));
    assert.match((await run(...small(directory))).err, /error: .*steps\.jsonl, line 3: not JSON; delete/);
    await Deno.writeTextFile(steps, text);

    // So is one whose result, weights or responses were.
    const record = `${directory}/${cell}`;
    const changes: [file: string, change: (text: string) => string, difference: string][] = [
      ["result.json", (text) => text.replace(/"weights": "./, '"weights": "x'), "result\\.json: weights"],
      ["result.json", (text) => text.replace(/"hash": "./, '"hash": "x'), "result\\.json: hash"],
      ["policy/table.bin", (text) => text + " ", "policy/table\\.bin: bytes"],
      ["responses/step-000000.jsonl", (text) => text + " ", "responses/step-000000\\.jsonl: bytes"],
    ];
    for (const [file, change, difference] of changes) {
      const bytes = await Deno.readFile(`${record}/${file}`);
      await Deno.writeTextFile(`${record}/${file}`, change(new TextDecoder().decode(bytes)));
      const { code, out } = await run("verify", record);
      assert.equal(code, 100);
      assert.match(out, new RegExp(`first difference at ${difference}`));
      await Deno.writeFile(`${record}/${file}`, bytes);
    }
    await Deno.remove(`${record}/policy/table.bin`);
    assert.match((await run("verify", record)).out, /first difference at policy\/table\.bin: missing/);
  }));

Deno.test("verify repeats runs with a critic, refilled batches, greedy responses and a spread of temperatures", () =>
  inTemporary(async (directory) => {
    const { code, err } = await run(
      ...small(directory, "--algorithms=dapo,ppo,remax", "--seeds=1"),
      '--set=training.temperature={"from":0.8,"to":1.2}',
    );
    assert.equal(code, 0, err);
    const verified = await run("verify", directory, "--cells=all");
    assert.equal(verified.code, 0, verified.out + verified.err);
    assert.match(verified.out, /verify: 3 of 3 cells the same\n$/);
  }));

Deno.test("cells side by side or one after the other end with the same digests", () =>
  inTemporary(async (directory) => {
    for (const jobs of [1, 2]) {
      const { code, err } = await run(...small(`${directory}/${jobs}`, `--jobs=${jobs}`, "--algorithms=grpo,rloo"));
      assert.equal(code, 0, err);
    }
    const [one, two] = [await results(`${directory}/1`), await results(`${directory}/2`)];
    assert.equal(Object.keys(one).length, 4);
    assert.deepEqual(one, two);
  }));

const long = (out: string, ...more: string[]) => small(out, "--algorithms=grpo,dr_grpo", "--steps=60", ...more);

/** Waits until some cell of a run has taken `steps` steps. */
async function reached(out: string, steps: number): Promise<void> {
  while (true) {
    try {
      for await (const { name } of Deno.readDir(out)) {
        const text = await Deno.readTextFile(`${out}/${name}/steps.jsonl`).catch(() => "");
        if (text.split("\n").length > steps) return;
      }
    } catch {
      // Not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("kill -9 at any moment: the same command continues and ends with the same digests", () =>
  inTemporary(async (directory) => {
    const whole = await run(...long(`${directory}/whole`));
    assert.equal(whole.code, 0, whole.err);
    for (const [attempt, steps] of [1, 20, 45].entries()) {
      const child = started(...long(`${directory}/killed`, `--jobs=${attempt === 0 ? 1 : 2}`)).spawn();
      await reached(`${directory}/killed`, steps);
      child.kill("SIGKILL");
      await Promise.all([child.stdout.cancel(), child.stderr.cancel(), child.status]);
    }
    const last = await run(...long(`${directory}/killed`));
    assert.equal(last.code, 0, last.err);
    assert.match(last.err, /continues after step \d+/);
    assert.deepEqual(await results(`${directory}/killed`), await results(`${directory}/whole`));
  }));

Deno.test("kill -9 of runs that replace groups and of runs with a critic: the same chain, line by line", () =>
  inTemporary(async (directory) => {
    const command = (out: string) => small(`${directory}/${out}`, "--algorithms=dapo,ppo", "--seeds=1", "--steps=120");
    const whole = await run(...command("whole"), "--jobs=2");
    assert.equal(whole.code, 0, whole.err);
    for (const steps of [3, 25]) {
      const child = started(...command("killed"), "--jobs=2").spawn();
      await reached(`${directory}/killed`, steps);
      child.kill("SIGKILL");
      await Promise.all([child.stdout.cancel(), child.stderr.cancel(), child.status]);
    }
    const last = await run(...command("killed"), "--jobs=2");
    assert.equal(last.code, 0, last.err);
    assert.match(last.err, /continues after step \d+/);
    const done = await results(`${directory}/whole`);
    assert.deepEqual(await results(`${directory}/killed`), done);
    const lengths: number[] = [];
    for (const cell of Object.keys(done)) {
      for (const journal of ["steps.jsonl", "evaluations.jsonl"]) {
        const [one, other] = await Promise.all(
          ["killed", "whole"].map((out) => Deno.readTextFile(`${directory}/${out}/${cell}/${journal}`)),
        );
        assert.equal(one, other);
        if (journal === "steps.jsonl") lengths.push(one.split("\n").length - 1);
      }
    }
    const [replaced, plainly] = lengths.sort((a, b) => a - b);
    assert.ok(replaced < plainly, "groups were replaced");
    assert.equal(plainly, 120);
  }));

Deno.test("Ctrl-C ends cleanly with 130, says how to continue, and nothing is lost", () =>
  inTemporary(async (directory) => {
    const child = started(...long(directory)).spawn();
    await reached(directory, 10);
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    const err = new TextDecoder().decode(stderr);
    assert.equal(code, 130, err);
    assert.match(err, /stopped; nothing is lost: run the same command again to continue\.\n$/);
    const again = await run(...long(directory));
    assert.equal(again.code, 0, again.err);
    assert.match(again.err, /continues after step \d+/);
  }));

Deno.test("a gate that fails gives exit code 100 and a leaderboard with nulls", () =>
  inTemporary(async (directory) => {
    const { code, out, err } = await run(
      ...small(directory, "--algorithms=grpo", "--set=gates.samplingDifference=0", "--set=training.learningRate=1e300"),
    );
    assert.equal(code, 100, err);
    assert.match(
      err,
      /grpo, seed 1: stopped at step \d+ by the gate finite: the .* is .*; try a smaller learning rate\./,
    );
    assert.match(out, /grpo\s+-/);
    const leaderboard: Leaderboard = JSON.parse(await Deno.readTextFile(`${directory}/leaderboard.json`));
    assert.equal(leaderboard.boards[0].rows[0].rank, null);
    assert.equal(leaderboard.boards[0].rows[0].metrics.accuracy.average, null);
    assert.equal(leaderboard.boards[0].rows[0].seeds[0].failure!.gate, "finite");
    assert.equal(leaderboard.boards[0].rows[0].seeds[0].metrics.stability.nonFiniteSteps, 1);

    const verified = await run("verify", directory, "--cells=all");
    assert.equal(verified.code, 0, verified.out + verified.err);
    assert.match(verified.out, /verify: 2 of 2 cells the same\n$/);
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      if (!isDirectory) continue;
      const path = `${directory}/${name}/failure.json`, noted = JSON.parse(await Deno.readTextFile(path));
      await Deno.writeTextFile(path, JSON.stringify({ ...noted, gate: "another" }));
    }
    const other = await run("verify", directory, "--cells=all");
    assert.equal(other.code, 100, other.err);
    assert.match(other.out, /first difference at failure\.json: gate [^]*verify: 0 of 2 cells the same\n$/);
  }));

Deno.test("bad input gives one sentence and exit code 1", async (test) => {
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(`${directory}/empty.jsonl`, "");
  await Deno.writeTextFile(`${directory}/lines.json`, "x\ny\n"); // JSON.parse quotes it, line breaks and all
  await Deno.writeTextFile(`${directory}/broken.jsonl`, '{"question": "1 + 1?", "answer": "#### 2"}\n{"question": \n');
  await Deno.writeTextFile(`${directory}/tokens.jsonl`, "[1, 2]\n[1, -2]\n");
  await Deno.writeTextFile(`${directory}/beyond.jsonl`, "[1, 2]\n\n[1, 13]\n");
  await Deno.writeTextFile(`${directory}/suite.json`, '{"name": "x"}');
  await Deno.mkdir(`${directory}/hollow`);
  const table = "--policy=embedded:table";
  const cases: [args: string[], message: RegExp][] = [
    [["bnech"], /^unknown command 'bnech'; did you mean bench\?$/],
    [["bench", "--stpes", "3"], /^unknown option '--stpes'; did you mean --steps\?$/],
    [["bench", "--steps=three"], /^option '--steps <n>' argument 'three' is invalid\. Use a whole number\.$/],
    [["bench", "--seeds=3-1"], /^option '--seeds <list>' argument '3-1' is invalid\. Use a list such as 1,2,5-8\.$/],
    [
      ["bench", "--lora=8"],
      /^option '--lora <settings>' argument '8' is invalid\. Use settings such as rank=8,alpha=16\.$/,
    ],
    [["bench", "--lora=rank=8,alpha=none"], /^the command line: \/lora\/alpha must be number, not null\.$/],
    [["bench", "--algorithms=gpro", table], /^Unknown algorithm "gpro"; did you mean "grpo"\?$/],
    [["bench", "--task=gsm8", table], /^unknown task "gsm8"; did you mean "gsm8k"\?$/],
    [["bench", "--suite=quik"], /^unknown suite "quik"; did you mean "quick"\?/],
    [["bench", `--suite=${directory}/suite.json`], /suite\.json: the top level must have required property 'task'\.$/],
    [
      ["bench", "--set=training.stepz=3", table],
      /^the command line: \/training has an unknown property "stepz"; did you mean "steps"\?$/,
    ],
    [
      ["bench", '--set=training.rewards=["acuracy"]', table],
      /^unknown reward channel "acuracy"; did you mean "accuracy"\?$/,
    ],
    [
      ["bench", table, "--reflector=http://localhost:1/v1"],
      /^--reflector and --reflector-model belong together; give the model too\.$/,
    ],
    [
      ["bench", "--algorithms=gepa", "--steps=0", table],
      /^gepa needs at least 106 responses to learn from 100 problems, and steps × promptsPerStep × groupSize is 0;/,
    ],
    [["bench", "--set=steps", table], /^--set steps: not of the form training\.learningRate=1e-3\.$/],
    [
      ["bench", "--algorithms=rloo", "--set=training.groupSize=1", table],
      /^rloo needs at least 2 responses per prompt, not 1; raise groupSize\.$/,
    ],
    [
      ["bench", "--policy=/none"],
      /^policy \/none: no such directory; give a directory with config\.json and model\.safetensors\.$/,
    ],
    [
      ["bench", "--policy=embedded:none"],
      /^policy embedded:none: there is no such embedded policy \(there are embedded:base, .*\); choose/,
    ],
    [["bench", `--policy=${directory}/hollow`], /hollow.*config\.json/],
    [["bench", table, `--data=${directory}/none.jsonl`], /none\.jsonl/],
    [["bench", table, `--data=${directory}/empty.jsonl`], /empty\.jsonl/],
    [["bench", table, `--data=${directory}/broken.jsonl`], /broken\.jsonl, line 2: not valid JSON \(.*\)\.$/],
    [
      ["bench", table, "--out=/proc/podium"],
      /^\/proc\/podium: can't write there \(not permitted\); choose another directory with --out\.$/,
    ],
    [["bench", table, "--out="], /^--out is empty; give a directory\.$/],
    [["bench", "--suite=./none.json"], /^\.\/none\.json: can't read the suite \(no such file or directory\); give the/],
    [["bench", `--suite=${directory}/lines.json`], /lines\.json: not JSON \(.*\)\.$/],
    [["grade", "--task=gsm", "--gold"], /^unknown task "gsm"; did you mean "gsm8k"\?$/],
    [["verify", `${directory}/hollow`], /hollow: no recorded cell there; give the directory of a run or of a cell\.$/],
    [["verify", "/none"], /^\/none: can't be read; give the directory of a run or of a cell\.$/],
    [["verify"], /^verify: give the directory of a run or of a cell, or --reference\.$/],
    [["leaderboard", "/none.json"], /^\/none\.json: can't be read \(.*\); give the leaderboard\.json of a run\.$/],
    [["leaderboard", `${directory}/hollow`], /hollow\/leaderboard\.json: can't be read \(.*\); give the/],
    [
      ["leaderboard", `${directory}/broken.jsonl`],
      /broken\.jsonl: not JSON \(.*\); give the leaderboard\.json of a run\.$/,
    ],
    [
      ["leaderboard", `${directory}/suite.json`],
      /suite\.json is not a leaderboard: the top level must have required property 'format'\.$/,
    ],
    [["leaderboard", quick, "--svg=/proc/x.svg"], /^\/proc\/x\.svg: can't be written \(.*\); choose another file\.$/],
    [
      ["leaderboard", quick, `--svg=${directory}/untouched`, `--readme=${directory}/empty.jsonl`],
      /empty\.jsonl: has no section for it; add the lines/,
    ],
    [["pretrain", "--readme=x.md"], /^--readme without --measure: there is nothing to put there\.$/],
    [
      ["logprobs", table, `--tokens=${directory}/tokens.jsonl`],
      /tokens\.jsonl, line 2: not a list of token ids; write lines such as/,
    ],
    [
      ["logprobs", table, `--tokens=${directory}/beyond.jsonl`],
      /beyond\.jsonl, line 3: 13 is no token id from 0 to 12\.$/,
    ],
    [["logprobs", table, `--tokens=${directory}/empty.jsonl`], /empty\.jsonl: holds no token ids/],
    [["logprobs", table, "--tokens=/none"], /^\/none: can't be read \(.*\)\.$/],
    [["algorithms", "gpro"], /^Unknown algorithm "gpro"; did you mean "grpo"\?$/],
    [["completions", "bsh"], /^unknown shell "bsh"; did you mean "bash"\?$/],
  ];
  for (const [args, message] of cases) {
    await test.step(args.join(" ").replaceAll(directory, "DIR"), async () => {
      const untouched = `${directory}/untouched`;
      const bench = args[0] === "bench" && !args.some((arg) => arg.startsWith("--out"));
      const { code, out, err } = await run(...args, ...bench ? [`--out=${untouched}`] : []);
      assert.equal(code, 1, err);
      assert.equal(out, "");
      assert.match(err, /^error: [^\n]+\n$/);
      assert.match(err.slice("error: ".length).trim(), message);
      await assert.rejects(Deno.stat(untouched), Deno.errors.NotFound);
    });
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("leaderboard prints the table again, or JSON, draws it, fills a README and keeps a copy", () =>
  inTemporary(async (directory) => {
    await Deno.writeTextFile(`${directory}/README.md`, "# X\n<!-- begin: leaderboard -->\n<!-- end: leaderboard -->\n");
    const files = [
      `--svg=${directory}/x.svg`,
      `--readme=${directory}/README.md`,
      `--save=${directory}/leaderboard.json`,
    ];
    const { code, out, err } = await run("leaderboard", quick, ...files);
    assert.equal(code, 0, err);
    assert.match(out, /^ +algorithm +avg@8 % \[95 %\].*\n +before training/);
    assert.match(await Deno.readTextFile(`${directory}/x.svg`), /^<svg .*<\/svg>\n$/s);
    assert.match(await Deno.readTextFile(`${directory}/README.md`), /begin: leaderboard -->\n\n\|.*before training/s);
    const [saved, original] = [`${directory}/leaderboard.json`, quick].map((path) =>
      JSON.parse(Deno.readTextFileSync(path))
    );
    assert.deepEqual(saved, original);
    const json = await run("leaderboard", directory, "--json");
    assert.deepEqual(JSON.parse(json.out), JSON.parse(await Deno.readTextFile(quick)));
  }));

Deno.test("logprobs prints one JSON object per line for the tokens after the first", () =>
  inTemporary(async (directory) => {
    await Deno.writeTextFile(`${directory}/tokens.jsonl`, "[1, 2, 3]\n\n[4]\n");
    const { code, out } = await run("logprobs", "--policy=embedded:table", `--tokens=${directory}/tokens.jsonl`);
    assert.equal(code, 0);
    const [first, second] = out.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(first.logProbs.length, 2);
    assert.equal(first.entropy.length, 2);
    assert.deepEqual(second, { logProbs: [], entropy: [] });
  }));

Deno.test("every command has help, a version is printed, and --help loads no engine", async () => {
  const { code, out } = await run("--help");
  assert.equal(code, 0);
  const commands = [...out.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name).filter((name) => name !== "help");
  assert.ok(commands.includes("bench") && commands.includes("doctor") && !commands.includes("cell"));
  await Promise.all(commands.map(async (command) => {
    const help = await run(command, "--help");
    assert.equal(help.code, 0, command);
    assert.match(help.out, new RegExp(`^Usage: podium ${command}`));
  }));
  assert.match((await run("--version")).out, /^\d+\.\d+\.\d+\n$/);
  const bare = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--allow-read", "--allow-env", program, "--help"],
  });
  assert.equal((await bare.output()).code, 0);
});

Deno.test("algorithms and tasks are listed as text and JSON", async () => {
  assert.match((await run("algorithms")).out, /^name\s+algorithm\s+paper\s+year\s+family\s+golden\s+needs\n/);
  assert.match((await run("algorithms", "grpo")).out, /epsilonLow = 0\.2/);
  assert.equal(JSON.parse((await run("algorithms", "grpo", "--json")).out).name, "grpo");
  assert.ok(JSON.parse((await run("tasks", "--json")).out).some(({ name }: { name: string }) => name === "gsm8k"));
});

Deno.test("completions for every shell name every command", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await run("completions", shell);
    assert.equal(code, 0);
    for (const name of ["bench", "verify", "conformance", "grade", "logprobs", "doctor"]) assert.ok(out.includes(name));
  }
});
