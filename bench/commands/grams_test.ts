import { strict as assert } from "node:assert";
import { PLANNING_PHRASES } from "../../fixtures/demonstrations.ts";
import { sharedData } from "../../tasks/source/shared_data_for_tests.ts";

const program = new URL("../cli.ts", import.meta.url).pathname;

/** The command as a user starts it. */
async function podium(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", program, "grams", ...args],
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const lines = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd().split("\n");
  return { code, out: lines(stdout), err: lines(stderr) };
}

async function withFile(rows: unknown[], test: (path: string) => Promise<void>, suffix = ".jsonl") {
  const path = await Deno.makeTempFile({ suffix });
  await Deno.writeTextFile(
    path,
    rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row)) + "\n").join(""),
  );
  try {
    await test(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("grams --demonstrations finds the phrases that the demonstrations plan with", async () => {
  const { code, out, err } = await podium("--demonstrations");
  assert.equal(code, 0, err.join());
  assert.match(out[0], /^embedded demonstrations: 2000 responses, \d+ right, \d+ of them distinct$/);
  assert.equal(out[1], "solutions  n-grams");
  const listed = out.slice(2, 6).flatMap((line) => line.replace(/^ *[\d.]+ %\s+/, "").split(" · "));
  assert.deepEqual(listed.toSorted(), PLANNING_PHRASES.toSorted());
  assert.match(out[6], /^ +[\d.]+ %\s+and fewer: 13 that are left out$/);
  assert.match(
    out[7],
    /^strategic grams: 5, of 1 to 5 words, in 4 of 17 clusters; [\d.]+ % of all words are in/,
  );
  assert.match(out[8], /^semantic entropy: 1\.\d+ nats \(2\.\d+ bits\)$/);
  assert.match(out[9], /^entropy of what follows a gram: [\d.]+ nats \([\d.]+ bits\)$/);
  assert.equal(out.length, 10);
  assert.deepEqual((await podium("--demonstrations", "--task=gsm8k")).out, out);
});

Deno.test("grams of a run with a tool are those of the policy's own text", async () => {
  const reply = "<information>the river of the town</information>";
  const responses = [1, 2, 3].map((value) => {
    const query = `let us look up ${value}`;
    return { text: `${query}${reply}so it is ${value}`, right: true, exchanges: [{ query, reply }] };
  });
  await withFile([{ question: "", gold: "1", greedy: responses[0], sampled: responses }], async (path) => {
    const { code, out, err } = await podium(`--responses=${path}`, "--share=1", "--json");
    assert.equal(code, 0, err.join());
    const { grams, right } = JSON.parse(out.join("\n"));
    assert.equal(right, 3);
    assert.ok(grams.length > 0 && !/river|town/.test(grams.join()), grams.join());
  });
});

Deno.test("grams --responses mines the responses that are labelled right, and prints all as JSON", async () => {
  const rows = [
    { text: "Let us think. 1+1=2. So the answer is 2.", right: true },
    { text: "Let us think. 2+1=3. So the answer is 3.", right: true },
    { text: "Let us think. 2+1=3. So the answer is 3.", right: true },
    { text: "My guess would be 9.", right: false },
    { text: "My guess would be 8.", right: false },
  ];
  await withFile(rows, async (path) => {
    const { code, out, err } = await podium(`--responses=${path}`, "--share=1", "--json");
    assert.equal(code, 0, err.join());
    const { source, digest, responses, right, solutions, options, grams, clusters, semanticEntropy, markedWords } = JSON
      .parse(out.join(""));
    assert.deepEqual([source, responses, right, solutions], [path, 5, 3, 2]);
    assert.match(digest, /^[0-9a-f]{64}$/);
    assert.deepEqual(options, { words: [3, 5], share: 1, similarity: 0.5, numbers: false });
    assert.deepEqual(grams, ["let us think", "so the answer is"]);
    assert.deepEqual(clusters[0], { grams: ["let us think"], solutions: 2, frequency: 1, strategic: true });
    assert.equal(semanticEntropy.bits, 1);
    assert.equal(markedWords, 7 / 9);
    assert.match((await podium(`--responses=${path}`)).out[3], /^ +100\.0 %\s+and fewer: 1 that are left out$/);
  });
});

Deno.test("grams --task asks the task's grader which responses are right", async () => {
  const rows = [["4", "so it is 4. #### 4"], ["5", "so it is #### 5"], ["6", "so it was #### 7"], ["7", "so it was 8"]];
  await withFile(rows.map(([gold, response]) => ({ gold, response })), async (path) => {
    const { code, out } = await podium(`--responses=${path}`, "--task=gsm8k", "--json");
    assert.equal(code, 0);
    const { right, grams } = JSON.parse(out.join(""));
    assert.deepEqual([right, grams], [2, ["so it is"]]);
  });
});

Deno.test("grams reads the raw log that a run keeps of its responses", async () => {
  const sampled = ["so it is 4", "so it is 5", "so it was 5", "so it was 6"].map((text, i) => ({ text, right: i < 2 }));
  await withFile([{ id: "a", gold: "4", greedy: sampled[2], sampled: sampled.slice(0, 2) }, {
    gold: "5",
    sampled: sampled.slice(2),
  }], async (path) => {
    const { responses, right, grams } = JSON.parse((await podium(`--responses=${path}`, "--json")).out.join(""));
    assert.deepEqual([responses, right, grams], [4, 2, ["so it is"]]);
  });
});

Deno.test("solutions that share nothing are no error, but there is a hint", async () => {
  await withFile([{ solution: "one two three" }, { solution: "three two one" }], async (path) => {
    const { code, out } = await podium(`--responses=${path}`);
    assert.equal(code, 0);
    assert.equal(out[1], "no n-gram of 3 to 5 words stands in two of them; try --words 1-5");
    assert.match(
      (await podium(`--responses=${path}`, "--words=1")).out.join("\n"),
      /strategic grams: 1, of 1 word, in 1 of/,
    );
  });
});

Deno.test("bad input ends with one sentence and exit code 1", async () => {
  const refused = async (args: string[], message: RegExp) => {
    const { code, out, err } = await podium(...args);
    assert.equal(code, 1, args.join(" "));
    assert.deepEqual(out, [""]);
    assert.equal(err.length, 1, err.join("\n"));
    assert.match(err[0], message);
  };
  await refused([], /^error: say what to mine: either --responses FILE or --demonstrations/);
  await refused(["--demonstrations", "--responses=a.jsonl"], /^error: say what to mine/);
  await refused(["--demonstrations", "--task=gms8k"], /^error: unknown task "gms8k"; did you mean "gsm8k"\?$/);
  await refused(["--responses=missing.jsonl"], /^error: missing\.jsonl: there is no such file\.$/);
  await refused(
    ["--demonstrations", "--words=5-3"],
    /option '--words <range>' argument '5-3' is invalid\. Use a range/,
  );
  await refused(
    ["--demonstrations", "--share=20"],
    /option '--share <number>' argument '20' is invalid\. Use a number/,
  );
  const bad: [rows: unknown[], args: string[], message: RegExp][] = [
    [[{ text: "a" }, { words: "b" }], [], /, line 2: there is no column "response", .* \(there: words\)\.$/],
    [[{ text: "a" }, { text: 3 }], [], /, line 2: the column "text" is not a string\.$/],
    [[{ text: "a", right: "yes" }], [], /, line 1: the column "right" is not true or false\.$/],
    [
      [{ text: "a", right: false }],
      [],
      /\.jsonl: none of its 1 responses is right; grams are mined from right ones\.$/,
    ],
    [[{ text: "a" }], ["--task=gsm8k"], /, line 1: the column "gold" is missing \(there: text\)\.$/],
    [[{ text: "a", gold: "?" }], ["--task=gsm8k"], /, line 1: The gold answer "\?" is not a number\.$/],
    [[{ sampled: [{ text: "a" }, "b"] }], [], /, line 1: there is no column "response"/],
    [["{"], [], /, line 1: /],
    [[], [], /: the file is empty\.$/],
  ];
  for (const [rows, args, message] of bad) {
    await withFile(rows, (path) => refused([`--responses=${path}`, ...args], message));
  }
  await withFile([{ text: "a" }], (path) => refused([`--responses=${path}`], /only \.jsonl, \.csv/), ".txt");
});

sharedData("published solutions are mined in seconds; what is kept is about how to go on", async (folder) => {
  const { code, out } = await podium(`--responses=${folder}/gsm8k/train.jsonl`, "--json");
  assert.equal(code, 0);
  const { grams, right } = JSON.parse(out.join(""));
  assert.equal(right, 7473);
  for (const gram of ["to find the", "that means he", "let x be the", "then divide the"]) {
    assert.ok(grams.includes(gram));
  }
  assert.ok(grams.every((gram: string) => !/\d/.test(gram)));
});
