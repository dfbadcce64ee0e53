import { strict as assert } from "node:assert";
import { echo, type Incoming, withServer } from "../../policy/endpoint/scripted_server_for_tests.ts";
import { withEnvironment } from "../../hub/environment_for_tests.ts";
import { permissionsFor } from "../execution/processes.ts";
import type { Leaderboard } from "../leaderboard/leaderboard.ts";
import { runSuite } from "../run_suite.ts";
import { parseSuite } from "../suite.ts";
import context from "../suites/context.json" with { type: "json" };
import { command } from "../testing/command_line.ts";
import { inTemporary } from "../testing/temporary.ts";
import { requireAnswers } from "./endpoints.ts";

const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);

/** A server with one model, `pupil`, that wants a key. */
function guarded(incoming: Incoming): Response {
  const { headers, body } = incoming;
  const error = (status: number, message: string) => Response.json({ error: { message } }, { status });
  if (headers.get("authorization") !== "Bearer secret") return error(401, "Incorrect API key");
  return body.model === "pupil" ? echo(incoming) : error(404, `The model ${body.model} does not exist`);
}

/** A small run of few-shot prompting with a policy behind an endpoint. */
const run = (url: string, out: string, model: string, ...more: string[]) =>
  command(
    ...["bench", "--suite=context", "--algorithms=few_shot", "--seeds=1,2", "--jobs=2", `--out=${out}`],
    ...[`--policy=endpoint:${url}#${model}`, "--policy-key=PODIUM_API_KEY"],
    ...["--set=evaluation.problems=2", "--set=evaluation.samples=2", ...more],
  );

Deno.test("a key that is missing or wrong, a wrong model and a server that is not there are said before anything is written", () =>
  inTemporary(async (directory) => {
    const out = `${directory}/run`;
    await withServer(guarded, async ({ baseUrl }) => {
      const answers = (model: string, keyFrom?: string) =>
        requireAnswers([{ baseUrl, model, keyFrom, isChat: true, mustCount: true }], { pause: 1 });
      const said = (message: RegExp) => ({ name: "EndpointError", message });
      await assert.rejects(
        answers("pupil"),
        said(/^pupil at \S+: HTTP status 401 \(Incorrect API key; check the key\)\.$/),
      );
      await assert.rejects(
        withEnvironment({ PODIUM_API_KEY: undefined }, () => answers("pupil", "PODIUM_API_KEY")),
        said(/its key is to come from PODIUM_API_KEY, which is not /),
      );
      const gone = { model: "m", isChat: true, mustCount: true, baseUrl: "http://127.0.0.1:1/v1" };
      await assert.rejects(
        requireAnswers([gone], { pause: 1 }),
        said(/^m at \S+: the connection failed .* 4 attempts\.$/),
      );

      const suite = parseSuite(context, "context");
      Object.assign(suite, { policy: `endpoint:${baseUrl}#pupil`, seeds: [1] });
      suite.algorithms = [{ name: "few_shot", options: {}, training: {} }];
      await assert.rejects(runSuite(suite, { out, jobs: 1 }), said(/check the key/));
      assert.ok(!await isThere(out));
    });
  }));

Deno.test("a server that is too busy is there", () =>
  withServer(
    () => new Response("{}", { status: 429, headers: { "retry-after-ms": "1" } }),
    async ({ baseUrl, incoming }) => {
      await requireAnswers([{ baseUrl, model: "m", isChat: false, mustCount: true }], { pause: 1 });
      assert.equal(incoming.length, 4);
    },
  ));

Deno.test("what does not say its tokens is refused as a policy, and will do as a reflector", () =>
  withServer(
    (incoming) => Response.json({ choices: [{ message: { content: "yes" } }], seen: incoming.attempt }),
    async ({ baseUrl, incoming }) => {
      const asked = { baseUrl, model: "m", isChat: true };
      await requireAnswers([{ ...asked, mustCount: false }]);
      await assert.rejects(requireAnswers([{ ...asked, mustCount: true }]), {
        message: /^m at \S+: does not say how many tokens it draws, so no length would be known; ask another server\.$/,
      });
      assert.deepEqual(incoming.map(({ body }) => body.max_tokens), [1, 1]);
    },
  ));

Deno.test("cells side by side ask with the key that was named, prices are columns, and a finished run asks nobody", () =>
  inTemporary(async (directory) => {
    const out = `${directory}/run`;
    const ended = async (started: Deno.Command) => {
      const { code, stderr, stdout } = await started.output();
      return { code, err: new TextDecoder().decode(stderr), out: new TextDecoder().decode(stdout) };
    };
    const withKey = (...args: Parameters<typeof run>) => ended(run(...args, `--set=evaluation.interval=12`));
    await withEnvironment({ PODIUM_API_KEY: "secret" }, async () => {
      await withServer(guarded, async ({ baseUrl, incoming }) => {
        const wrong = await withKey(baseUrl, out, "teacher");
        assert.equal(wrong.code, 1);
        assert.match(
          wrong.err,
          /^error: teacher at \S+: HTTP status 404 \(The model teacher does not exist; check address /,
        );
        assert.ok(!await isThere(out));

        const done = await withKey(baseUrl, out, "pupil");
        assert.equal(done.code, 0, done.err);
        const asked = incoming.length;
        const again = await withKey(baseUrl, out, "pupil", "--policy-prices=2,10");
        assert.equal(again.code, 0, again.err);
        assert.equal(incoming.length, asked, "a finished run asks nobody");
      });
      const board: Leaderboard = JSON.parse(await Deno.readTextFile(`${out}/leaderboard.json`));
      const { cost } = board.boards[0].rows[0].seeds[0].metrics;
      assert.deepEqual([cost.responses, cost.policyMoney, cost.money], [0, 0, 0]);
      assert.ok(cost.evaluationMoney! > 0);
      assert.equal((await readText(out)).includes("secret"), false);
    });
  }));

/** All text below a directory. */
async function readText(directory: string): Promise<string> {
  let all = "";
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    all += isDirectory ? await readText(path) : await Deno.readTextFile(path);
  }
  return all;
}

Deno.test("a process of cells may ask their endpoints and read their keys, and no others", async () => {
  const sources = {
    policy: "endpoint:https://models.example:8443/v1#m",
    policyKey: "MY_KEY",
    algorithm: { name: "x", options: {} },
  };
  const flags = await permissionsFor([{ sources }]), none = await permissionsFor([]);
  assert.ok(flags.some((flag) => flag.startsWith("--allow-env=") && flag.endsWith(",MY_KEY")));
  assert.ok(flags.some((flag) => flag.startsWith("--allow-net=") && flag.endsWith(",models.example:8443")));
  assert.ok(!none.join(" ").includes("MY_KEY") && !none.join(" ").includes("models.example"));
});
