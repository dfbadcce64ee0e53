import { strict as assert } from "node:assert";
import configuration from "../deno.json" with { type: "json" };
import { makeChatTemplate, promptTokens } from "../policy/chat_template.ts";
import { keyOf } from "../policy/random.ts";
import { serveHub } from "../hub/server_for_tests.ts";
import type { Leaderboard } from "./leaderboard/leaderboard.ts";
import type { Cell } from "./cell.ts";
import { END_OF_QUESTION, INSTRUCTION } from "../tasks/gsm8k/prompt.ts";
import { rollOut } from "./rollout.ts";
import { policyDirectory } from "./policies.ts";
import { digitProblems, digitTask } from "./testing/digit_task.ts";
import { openTablePolicy } from "./testing/table_policy.ts";
import { inTemporary } from "./testing/temporary.ts";

const program = new URL("./cli.ts", import.meta.url).pathname;
/** What `deno task podium` may do, and no more. */
const permissions = configuration.tasks.podium.command.split(" ").filter((word) => word.startsWith("--allow-"));
const COMMIT = "a".repeat(40);

const problems = Array.from({ length: 8 }, (_, index) => [`How many are ${index} and 1?`, `#### ${index + 1}`]);
const csv = "question,answer\n" + problems.map((row) => row.join(",")).join("\n") + "\n";
const jsonl = problems.map(([question, answer]) => JSON.stringify({ question, answer })).join("\n");
const utf8 = (text: string) => new TextEncoder().encode(text);
const files = { "train.csv": utf8(csv), "test.jsonl": utf8(jsonl) };

/** The program as a user starts it, with a cache and a hub of its own. */
async function podium(env: Record<string, string>, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", ...permissions, program, ...args],
    stdin: "null",
    env: { NO_COLOR: "1", ...env },
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

Deno.test("grade takes its problems from every kind of source", () =>
  inTemporary(async (directory) => {
    await using hub = serveHub({ "podium/sums": { branches: { main: { commit: COMMIT, files } } } });
    const env = { HF_ENDPOINT: hub.endpoint, PODIUM_CACHE: directory };
    await Deno.writeTextFile(`${directory}/sums.csv`, csv);
    const grade = (data: string) => podium(env, "grade", "--task=gsm8k", "--gold", `--data=${data}`);
    const [file, wholeHub, split, wrong] = await Promise.all([
      grade(`${directory}/sums.csv`),
      grade("hub:podium/sums"),
      grade("hub:podium/sums@main:default/train"),
      grade("hub:podium/sums:default/dev"),
    ]);
    assert.equal(file.out, `gold solutions of ${directory}/sums.csv: 8/8 right (100.00 %)\n`);
    assert.equal(wholeHub.out, `gold solutions of hub:podium/sums@${COMMIT}:default/test: 8/8 right (100.00 %)\n`);
    assert.equal(split.out, `gold solutions of hub:podium/sums@${COMMIT}:default/train: 8/8 right (100.00 %)\n`);
    assert.equal(wrong.code, 1);
    assert.equal(
      wrong.err,
      'error: hub:podium/sums: the config "default" has no split "dev" (there: test, train).\n',
    );
  }));

Deno.test("a run on data of the hub records the commit, and is verified without the hub", () =>
  inTemporary(async (directory) => {
    const out = `${directory}/run`, cache = `${directory}/cache`;
    const bench = [
      ...[
        "bench",
        "--policy=embedded:table",
        "--algorithms=grpo",
        "--seeds=1,2",
        "--jobs=2",
        "--steps=2",
        `--out=${out}`,
      ],
      ...["--data=hub:podium/sums", "--eval-data=hub:podium/sums", "--set=evaluation.problems=4", "--json"],
    ];
    {
      await using hub = serveHub({ "podium/sums": { branches: { main: { commit: COMMIT, files } } } });
      const { code, err } = await podium({ HF_ENDPOINT: hub.endpoint, PODIUM_CACHE: cache }, ...bench);
      assert.equal(code, 0, err);
    }
    const { boards: [{ data }] }: Leaderboard = JSON.parse(await Deno.readTextFile(`${out}/leaderboard.json`));
    assert.equal(data.train.source, `hub:podium/sums@${COMMIT}:default/train`);
    assert.equal(data.test.source, `hub:podium/sums@${COMMIT}:default/test`);
    assert.equal(data.template.text, "{question}" + INSTRUCTION + END_OF_QUESTION);
    const [cell] = [...Deno.readDirSync(out)].filter(({ isDirectory }) => isDirectory);
    const { sources }: Cell = JSON.parse(await Deno.readTextFile(`${out}/${cell.name}/cell.json`));
    assert.deepEqual([sources.train, sources.test], [data.train.source, data.test.source]);
    const nowhere = { HF_ENDPOINT: "http://127.0.0.1:1", PODIUM_CACHE: cache };
    const verified = await podium(nowhere, "verify", out);
    assert.equal(verified.code, 0, verified.err);
  }));

Deno.test("a policy of the hub is recorded by its commit, and needs no hub to be verified or asked", () =>
  inTemporary(async (directory) => {
    const out = `${directory}/run`, cache = `${directory}/cache`, base = policyDirectory("embedded:base");
    const names = ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json"];
    const files = Object.fromEntries(names.map((name) => [name, Deno.readFileSync(base + name)]));
    {
      await using hub = serveHub({ "podium/base": { kind: "model", branches: { main: { commit: COMMIT, files } } } });
      const bench = [
        ...[
          "bench",
          "--policy=hub:podium/base",
          "--algorithms=grpo",
          "--seeds=1",
          "--steps=1",
          `--out=${out}`,
          "--json",
        ],
        ...["--set=evaluation.problems=4", "--set=evaluation.samples=1", "--set=training.promptsPerStep=2"],
      ];
      const { code, err } = await podium({ HF_ENDPOINT: hub.endpoint, PODIUM_CACHE: cache }, ...bench);
      assert.equal(code, 0, err);
    }
    const { boards: [{ policy }] }: Leaderboard = JSON.parse(await Deno.readTextFile(`${out}/leaderboard.json`));
    assert.equal(policy.source, `hub:podium/base@${COMMIT}`);
    const [cell] = [...Deno.readDirSync(out)].filter(({ isDirectory }) => isDirectory);
    const { sources }: Cell = JSON.parse(await Deno.readTextFile(`${out}/${cell.name}/cell.json`));
    assert.equal(sources.policy, policy.source);
    const nowhere = { HF_ENDPOINT: "http://127.0.0.1:1", PODIUM_CACHE: cache };
    const verified = await podium(nowhere, "verify", out);
    assert.equal(verified.code, 0, verified.err);
    await Deno.writeTextFile(`${directory}/tokens.jsonl`, "[1, 5, 2]\n");
    const scored = (policy: string, env = {}) =>
      podium({ ...nowhere, ...env }, "logprobs", `--policy=${policy}`, `--tokens=${directory}/tokens.jsonl`);
    const offline = await scored("hub:podium/base", { HF_HUB_OFFLINE: "1" });
    assert.equal(offline.code, 0, offline.err);
    assert.equal(offline.out, (await scored("embedded:base")).out);
  }));

Deno.test("a policy with a chat template is asked in it", async () => {
  const policy = await openTablePolicy();
  const chat = makeChatTemplate("{% for message in messages %}1{{ message.content }}2{% endfor %}");
  const problem = digitProblems.at(0), plain = digitTask.prompt(problem);
  const options = { samples: 1, temperature: 1, maxTokens: 2, keys: [keyOf(1, "test")] };
  const [asked] = await rollOut(policy, digitTask, [problem], options);
  assert.deepEqual(asked.prompt, policy.tokenizer.encode(plain));
  const tokenizer = { ...policy.tokenizer, chat };
  Object.defineProperty(policy, "tokenizer", { value: tokenizer });
  const [askedInChat] = await rollOut(policy, digitTask, [problem], options);
  assert.deepEqual(askedInChat.prompt, policy.tokenizer.encode(`1${plain}2`));
  assert.deepEqual(askedInChat.prompt, promptTokens(tokenizer, plain));
  await policy.dispose();
});
