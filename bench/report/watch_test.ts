import { strict as assert } from "node:assert";
import { parseBenchmark } from "../benchmark.ts";
import { runSuite } from "../run_suite.ts";
import { inTemporary } from "../testing/temporary.ts";
import { Refusal } from "../outcomes.ts";
import { watchRun } from "./watch.ts";

const suite = parseBenchmark({
  name: "tiny",
  task: "gsm8k",
  policy: "embedded:base",
  algorithms: [{ name: "grpo" }],
  seeds: [1],
  training: { steps: 1, promptsPerStep: 2, groupSize: 2, minibatches: 1, learningRate: 1e-4, maxTokens: 32 },
  evaluation: { interval: 1, problems: 2, samples: 2 },
}, "tiny");

/** Events of a stream, as they come. */
async function* eventsOf(address: string) {
  const response = await fetch(`${address}events`);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) yield text;
}

Deno.test("the page of a run is served as far as it is recorded, and browsers are told when it grows", () =>
  inTemporary(async (out) => {
    const { leaderboard } = await runSuite(suite, { out, jobs: 1 });
    const [{ cell }] = leaderboard.boards[0].rows[0].seeds, result = `${out}/${cell}/result.json`;
    const finished = await Deno.readTextFile(result);
    await Deno.remove(result);
    const stopping = new AbortController(), { promise, resolve } = Promise.withResolvers<string>();
    const problems: string[] = [];
    const served = watchRun(out, {
      port: 0,
      signal: stopping.signal,
      interval: 20,
      onListen: resolve,
      onProblem: (message) => problems.push(message),
    });
    try {
      const address = await promise;
      const page = async () => await (await fetch(address)).text();
      for (let attempt = 0; !(await page()).includes("No algorithm has finished every seed"); attempt++) {
        assert.ok(attempt < 500, "no page was made of an unfinished run");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const events = eventsOf(address);
      assert.match((await events.next()).value!, /^event: version\ndata: \w{16}\n\n$/);
      await Deno.writeTextFile(result, finished);
      assert.match((await events.next()).value!, /^event: version/);
      const after = await page();
      assert.match(after, /Only grpo has finished/);
      assert.match(after, /<html lang="en" data-live="\w{16}">/);
      assert.match(after, /<section id="responses"/);
      assert.equal(
        (await fetch(`${address}other`).then((response) => response.body!.cancel().then(() => response))).status,
        404,
      );
      await events.return(undefined);
      assert.deepEqual(problems, []);
    } finally {
      stopping.abort();
      await served;
    }
  }));

Deno.test("a directory without a run is refused", () =>
  inTemporary(async (directory) => {
    const { signal } = new AbortController();
    await assert.rejects(
      () => watchRun(directory, { port: 0, signal }),
      (error) =>
        error instanceof Refusal && /suite\.json: not there; give the directory of a run\./.test(error.message),
    );
  }));
