import assert from "node:assert/strict";
import { checkGolden, conformance } from "./conformance.ts";

const golden = new URL("../../fixtures/golden/", import.meta.url);
const read = (name: string) => Deno.readTextFileSync(new URL(name, golden));

// deno-lint-ignore no-explicit-any
type Json = any;

/** Runs the command on files with these contents. */
async function run(...contents: (string | Json)[]): Promise<{ code: number; lines: string[] }> {
  const directory = await Deno.makeTempDir();
  try {
    const files = contents.map((content, i) => {
      const file = `${directory}/${i}.json`;
      Deno.writeTextFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
      return file;
    });
    const lines: string[] = [];
    const code = await conformance(files, {
      print: (line) => lines.push(line),
      printError: (line) => lines.push(line),
    });
    return { code, lines };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const HERE = ["reinforce", "rloo", "grpo", "dr_grpo"];
const HERE_B = ["GRPO with KL", "GRPO(sum-then-normalise)", "GRPO/DAPO/Dr.GRPO aggregation"];

/** A file with only the cases that the algorithms named above can run. */
function selected(name: string): Json {
  const file = JSON.parse(read(name));
  file.cases = file.cases.filter((one: Json) => [...HERE, ...HERE_B].includes(one.algorithm));
  delete file.primitives;
  return file;
}

for (const [name, cases, tables] of [["a.json", 62, 9], ["b.json", 68, 0], ["statistics.json", 270, 0]] as const) {
  Deno.test(`${name}: every case and every primitives table passes`, () => {
    const checked = checkGolden(read(name));
    assert.deepEqual([checked.cases.length, checked.primitives.length], [cases, tables]);
    for (const { id, status, reason } of [...checked.cases, ...checked.primitives]) {
      assert.equal(status, "passed", `${id}: ${reason}`);
    }
  });
}

Deno.test("names of cases, fixtures, prompts and the words of notes decide nothing", async () => {
  const a = selected("a.json"), b = selected("b.json");
  a.fixtures = Object.fromEntries(Object.entries(a.fixtures).map(([name, fixture]) => [`renamed ${name}`, fixture]));
  for (const one of Object.values<Json>(a.fixtures)) one.group = one.group.map((group: number) => 90 - 7 * group);
  a.cases.forEach((one: Json, i: number) => {
    Object.assign(one, { id: `case ${i}`, fixture: `renamed ${one.fixture}`, note: "", defined_by: "" });
  });
  b.cases.forEach((one: Json, i: number) => Object.assign(one, { id: i, note: "" }));
  const { code, lines } = await run(a, b);
  assert.deepEqual([code, lines.length], [0, 1]);
  assert.match(lines[0], /^conformance: 23 passed, 0 failed, 0 unsupported, max error \d\.\de-\d+$/);
});

Deno.test("files with other numbers pass: responses in another order, log-probs moved together", async () => {
  const file = selected("a.json");
  for (const fixture of Object.values<Json>(file.fixtures)) {
    for (const name of ["logp", "old_logp", "ref_logp", "group", "rewards"]) fixture[name]?.reverse();
    for (const name of ["logp", "old_logp", "ref_logp"]) {
      fixture[name] = fixture[name].map((row: number[]) => row.map((value) => value - 0.37));
    }
  }
  // A common shift leaves ratios and divergences alone; plain log-probs, and so REINFORCE's loss, it does not.
  file.cases = file.cases.filter((one: Json) => one.hyper.eps_low !== undefined);
  assert.ok(file.cases.length >= 12);
  for (const { expected, hyper } of file.cases) {
    for (const value of Object.values<Json>(expected)) if (Array.isArray(value)) value.reverse();
    hyper.alive?.reverse();
  }
  assert.equal((await run(file)).code, 0);
});

Deno.test("another KL coefficient in the reward is found without being told", async () => {
  const file = selected("a.json");
  file.cases = file.cases.filter((one: Json) => one.expected.shaped_rewards && one.hyper.agg);
  assert.equal(file.cases.length, 1);
  const [one] = file.cases, { rewards, old_logp, ref_logp } = file.fixtures[one.fixture];
  const kl = old_logp.map((row: number[], i: number) => row.reduce((sum, old, t) => sum + old - ref_logp[i][t], 0));
  const shaped = rewards.map((reward: number, i: number) => reward - 0.0873 * kl[i]);
  const total = shaped.reduce((sum: number, value: number) => sum + value, 0);
  const advantages = shaped.map((value: number) => value - (total - value) / (shaped.length - 1));
  one.expected = { shaped_rewards: shaped, advantages };
  assert.equal((await run(file)).code, 0);
  one.expected.shaped_rewards[0] += 1e-6;
  assert.equal((await run(file)).code, 1);
});

Deno.test("one changed number fails, in every expected quantity and in the inputs", async () => {
  const nudge = (value: Json): Json => {
    if (typeof value === "number") return value + 1e-7;
    if (typeof value === "boolean") return !value;
    return [nudge(value[0]), ...value.slice(1)];
  };
  for (const name of ["a.json", "b.json"]) {
    for (const one of selected(name).cases) {
      for (const quantity of Object.keys(one.expected)) {
        const file = { ...selected(name), cases: [structuredClone(one)] };
        file.cases[0].expected[quantity] = nudge(file.cases[0].expected[quantity]);
        const { code, lines } = await run(file);
        assert.equal(code, 1, `${one.id} ${quantity}`);
        assert.match(lines[0], /^failed: .* differs by \d/);
        assert.match(lines[1], /^conformance: 0 passed, 1 failed, 0 unsupported/);
      }
    }
  }
  const file = selected("a.json");
  for (const fixture of Object.values<Json>(file.fixtures)) fixture.logp = nudge(fixture.logp);
  const { lines } = await run(file);
  assert.match(lines.at(-1)!, /^conformance: 0 passed, 17 failed, 0 unsupported, max error/);
});

Deno.test("the exit code is 1 if anything failed, 2 if something is unsupported, else 0", async () => {
  const good = selected("b.json"), unknown = structuredClone(good), bad = structuredClone(good);
  unknown.cases[0].algorithm = "nobody's algorithm";
  bad.cases[0].expected.advantages[0] += 1;
  assert.equal((await run(good)).code, 0);
  const { code, lines } = await run(unknown);
  assert.equal(code, 2);
  assert.match(lines[0], /^unsupported: .*0\.json \S+ \(nobody's algorithm\): no such algorithm here$/);
  assert.equal((await run(unknown, bad)).code, 1);
});

Deno.test("an expected quantity that is not computed makes a case unsupported, unless another differs", async () => {
  const file = selected("b.json");
  file.cases = [file.cases[0]];
  file.cases[0].expected.entropy_of_the_moon = 1;
  const { code, lines } = await run(file);
  assert.equal(code, 2);
  assert.match(lines[0], /not computed: entropy_of_the_moon; the rest agrees to/);
  file.cases[0].expected.advantages[0] += 1;
  assert.equal((await run(file)).code, 1);
});

Deno.test("a primitives table that differs fails", async () => {
  const { primitives } = JSON.parse(read("a.json"));
  primitives.aggregation.values.token_mean += 1e-6;
  const { code, lines } = await run({ cases: [], primitives: { aggregation: primitives.aggregation } });
  assert.equal(code, 1);
  assert.match(lines[0], /^failed: .* primitives\.aggregation \(primitives\): values\.token_mean differs by 1\.0e-6$/);
  assert.match(lines[1], /^conformance: 0 passed, 1 failed/);
});

Deno.test("a file that cannot be used is named with the reason in one sentence, with exit code 1", async () => {
  const one = { id: "x", algorithm: "grpo", expected: {} };
  const broken: [Json, RegExp][] = [
    ['{"cases": [', /0\.json: it is not JSON \(/],
    ["", /0\.json: it is not JSON \(/],
    [[1], /it has no list called "cases"$/],
    [{ cases: 3 }, /it has no list called "cases"$/],
    [{ cases: [{ algorithm: "grpo" }] }, /case number 1: "id" is missing$/],
    [{ cases: [{ id: "x", algorithm: "grpo" }] }, /case "x": "expected" is missing$/],
    [{ cases: [one] }, /case "x": it has neither "inputs" nor "fixture"$/],
    [{ cases: [{ ...one, fixture: "F" }] }, /case "x": there is no fixture "F"$/],
    [{ cases: [{ ...one, inputs: { responses: [{ logp: "?" }] } }] }, /case "x": logp of response 0 is not a list/],
    [
      { cases: [{ ...one, inputs: { responses: [{ logp: [1], old_logp: [1, 2] }] } }] },
      /case "x": old_logp of response 0 and its logp differ in length$/,
    ],
    [
      { fixtures: { F: { logp: [[1]], group: [0, 0] } }, cases: [{ ...one, fixture: "F" }] },
      /group has 2 entries for 1/,
    ],
  ];
  for (const [content, reason] of broken) {
    const { code, lines } = await run(content);
    assert.equal(code, 1);
    assert.equal(lines.length, 1);
    assert.match(lines[0], /^conformance: cannot use /);
    assert.match(lines[0], reason);
    assert.ok(!lines[0].includes("\n"));
  }
  const lines: string[] = [];
  assert.equal(
    await conformance(["/nowhere/at all.json"], {
      print: (line) => lines.push(line),
      printError: (line) => lines.push(line),
    }),
    1,
  );
  assert.deepEqual(lines, ["conformance: cannot use /nowhere/at all.json: there is no such file"]);
  assert.equal(await conformance([], { print: (line) => lines.push(line), printError: (line) => lines.push(line) }), 1);
});

Deno.test("of two conventions within the tolerance the nearest counts: the rest of a case tells them apart", () => {
  // Between rewards 0 and 90, eps 1e-8 moves an advantage by 1e-10, and with a ratio of e^4 a loss by 6e-9.
  const rewards = [90, 0], ratio = Math.exp(4);
  const advantages = rewards.map((reward) => (reward - 45) / (45 * Math.SQRT2 + 1e-8));
  const { cases: [{ status, error }] } = checkGolden(JSON.stringify({
    fixtures: { two: { group: [3, 3], rewards, logp: [[-0.1], [-0.2]], old_logp: [[-0.1], [-4.2]] } },
    cases: [{
      id: "two",
      algorithm: "grpo",
      fixture: "two",
      hyper: { eps_low: 0.2, eps_high: 0.2, agg: "token_mean", beta: 0 },
      expected: { advantages, token_loss: [[-advantages[0]], [-ratio * advantages[1]]] },
    }],
  }));
  assert.equal(status, "passed");
  assert.ok(error < 1e-14, `error ${error}`);
});

Deno.test("prompts may be named by words", () => {
  const file = JSON.parse(read("b.json"));
  file.cases = file.cases.filter((one: Json) => ["DisCO", "GVPO", "GDPO"].includes(one.algorithm));
  const word = (group: unknown) => `prompt ${group}`;
  for (const { inputs, expected } of file.cases) {
    for (const one of inputs.responses ?? []) one.group = word(one.group);
    for (const name of ["neg_softmax", "sum_of_weights_per_group"]) {
      if (!expected[name]) continue;
      expected[name] = Object.fromEntries(Object.entries(expected[name]).map(([group, part]) => [word(group), part]));
    }
  }
  for (const { id, status, reason } of checkGolden(JSON.stringify(file)).cases) {
    assert.equal(status, "passed", `${id}: ${reason}`);
  }
});

Deno.test("whether a token is clipped is not compared where its advantage is 0 but for rounding", () => {
  // Ratios of 1/2 in two groups, one of which has no signal.
  const given = ([1, 0, 0.1, 0.1] as const).map((rewards, i) => (
    { id: i, group: i < 2 ? 0 : 1, length: 1, logp: [-1 - Math.LN2], old_logp: [-1], rewards }
  ));
  const marked = (quiet: number, bad: number) => {
    const hyper = { eps_low: 0.2, eps_high: 0.2, agg: "token-mean", std_eps: 0 };
    const inputs = { responses: given.map((one) => ({ ...one, planning_mask: [0] })) };
    const expected = { advantages: [0.5, -0.5, -1e-17, 1e-17], clipped_tokens: [[0], [bad], [quiet], [0]] };
    return checkGolden(JSON.stringify({ cases: [{ id: "quiet", algorithm: "HICRA", hyper, inputs, expected }] }))
      .cases[0];
  };
  assert.deepEqual([[0, 1], [1, 1], [0, 0]].map(([quiet, bad]) => marked(quiet, bad).status), [
    "passed",
    "passed",
    "failed",
  ]);
});
