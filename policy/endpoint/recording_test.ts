import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { TextRequest } from "../text/frozen.ts";
import { type EndpointOptions, openEndpoint } from "./endpoint.ts";
import { EndpointError } from "./error.ts";
import { broken, echo, type Incoming, type Script, withServer } from "./scripted_server_for_tests.ts";
import { inFolder } from "../folder_for_tests.ts";

const quick = { model: "echo", pause: 1, timeout: 2000 };

/** Runs with the path of a recording that is not there yet. */
const withRecording = (run: (recording: string) => Promise<void>) =>
  inFolder((folder) => run(`${folder}/answers.jsonl`));

async function refused(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => ok(false, "nothing was thrown"), (error) => error);
  ok(error instanceof EndpointError, String(error));
  ok(!error.message.includes("\n"), error.message);
  return error.message;
}

/** A server that never says the same thing twice, with numbers that JSON must bring back to the last bit. */
function restless(): Script {
  let count = 0;
  return ({ path }: Incoming) => {
    const text = `"${count}" é\u2028😀\ud800`, logprob = -(count++) / 3;
    const said = path.endsWith("/chat/completions") ? { message: { content: text } } : { text };
    const logprobs = { content: [{ token: text, logprob, top_logprobs: [{ token: "x", logprob: -1e-300 }] }] };
    const usage = { prompt_tokens: count, completion_tokens: 2 * count };
    return Response.json({ model: "m", choices: [{ ...said, finish_reason: "stop", logprobs }], usage });
  };
}

const wanted: TextRequest[] = [
  ...Array.from({ length: 6 }, (_, seed) => ({ prompt: "a", seed, logProbs: 1 })),
  { prompt: [{ role: "user", content: "a" }], seed: 0, logProbs: 1 },
  { prompt: "a", seed: 0, logProbs: 1, temperature: 0.5 },
  { prompt: "", seed: 0 },
  { prompt: "a\n\u2028b", seed: 0 },
];

Deno.test("a replay is the recorded run, to the last bit, without a network", () =>
  withRecording(async (recording) => {
    const options = { ...quick, recording, prices: { input: 1, output: 3 } };
    let baseUrl = "", replies: unknown, used: unknown;
    await withServer(restless(), async (server) => {
      const endpoint = await openEndpoint({ ...options, baseUrl: baseUrl = server.baseUrl });
      replies = await endpoint.respond(wanted);
      used = endpoint.accounts().used;
      strictEqual(server.incoming.length, wanted.length, "each is another request");
    });
    const before = await Deno.readTextFile(recording);
    // With a key that nobody has set, because nobody is asked.
    const replay = await openEndpoint({ ...options, baseUrl, offline: true, keyFrom: "NOT_SET" });
    deepStrictEqual(await replay.respond(wanted), replies);
    deepStrictEqual(await replay.respond(wanted.toReversed()), (replies as unknown[]).toReversed());
    deepStrictEqual(replay.accounts().used, used);
    strictEqual(replay.accounts().attempts, 0);
    strictEqual(await Deno.readTextFile(recording), before);
    match(
      await refused(replay.respond([{ prompt: "b", seed: 3 }])),
      /answers\.jsonl: the request "b" \(seed 3\) was not recorded; only the run that was recorded can be replayed\.$/,
    );
  }));

Deno.test("what is recorded is not asked again, by this process or another, in whatever order its fields are written", () =>
  withRecording((recording) =>
    withServer(restless(), async ({ baseUrl, incoming }) => {
      const options: EndpointOptions = { ...quick, baseUrl, recording };
      const one = await openEndpoint({ ...options, extra: { top_k: 1, min_p: 0 } });
      const two = await openEndpoint({ ...options, extra: { min_p: 0, top_k: 1 } });
      const replies = await one.respond(wanted);
      deepStrictEqual(await two.respond(wanted), replies);
      strictEqual(incoming.length, wanted.length);
      const more = { prompt: "later", seed: 1 };
      deepStrictEqual(await two.respond([more]), await one.respond([more]));
      strictEqual(incoming.length, wanted.length + 1);
    })
  ));

Deno.test("processes that ask the same at once get the same, which is the recorded one", () =>
  withRecording((recording) =>
    withServer(restless(), async ({ baseUrl }) => {
      const options = { ...quick, baseUrl, recording };
      const endpoints = await Promise.all(Array.from({ length: 4 }, () => openEndpoint(options)));
      const all = await Promise.all(endpoints.map((endpoint) => endpoint.respond(wanted)));
      for (const replies of all) deepStrictEqual(replies, all[0]);
      deepStrictEqual(await (await openEndpoint({ ...options, offline: true })).respond(wanted), all[0]);
    })
  ));

Deno.test("a damaged answer is kept, and is none", () =>
  withRecording((recording) =>
    withServer(
      (incoming) => incoming.attempt === 1 ? broken('{"choices":[{"text":"half') : echo(incoming),
      async ({ baseUrl }) => {
        const endpoint = await openEndpoint({ ...quick, baseUrl, recording });
        strictEqual((await endpoint.respond([{ prompt: "a", seed: 1 }]))[0].text, "A 1");
        strictEqual(endpoint.accounts().damaged, 1);
        const [damaged, answered] = (await Deno.readTextFile(recording)).split("\n").slice(0, 2).map((line) =>
          JSON.parse(line)
        );
        deepStrictEqual([damaged.damaged, damaged.id], ['{"choices":[{"text":"half', answered.id]);
        const replay = await openEndpoint({ ...quick, baseUrl, recording, offline: true });
        strictEqual((await replay.respond([{ prompt: "a", seed: 1 }]))[0].text, "A 1");
      },
    )
  ));

Deno.test("a line that a kill cut short is written over, and any other file left alone", () =>
  withRecording((recording) =>
    withServer(echo, async ({ baseUrl, incoming }) => {
      const options = { ...quick, baseUrl, recording }, request = { prompt: "a", seed: 1 };
      await (await openEndpoint(options)).respond([request]);
      const whole = await Deno.readTextFile(recording);
      for (const cut of ["{", whole.slice(0, 50), whole.trimEnd()]) {
        await Deno.writeTextFile(recording, whole + cut);
        await (await openEndpoint(options)).respond([request, { prompt: "b", seed: 1 }]);
        const text = await Deno.readTextFile(recording);
        ok(text.startsWith(whole) && text.endsWith("\n"));
        strictEqual(text.trimEnd().split("\n").length, 2);
      }
      const asked = incoming.length;
      for (const foreign of ["hello\n", "{}\n", '{"id":"x","answer":{"reply":{"text":1}}}\n', "null\n"]) {
        await Deno.writeTextFile(recording, foreign);
        match(await refused((await openEndpoint(options)).respond([request])), /not a line of a recording: /);
        match(await refused(openEndpoint({ ...options, offline: true })), /not a line of a recording: /);
        strictEqual(await Deno.readTextFile(recording), foreign);
      }
      strictEqual(incoming.length, asked, "nothing is paid for that can't be kept");
    })
  ));

Deno.test("a client that is killed replays what it has and goes on", () =>
  withRecording((recording) => {
    const times = new Map<unknown, number>();
    const slow: Script = async (incoming) => {
      times.set(incoming.body.prompt, (times.get(incoming.body.prompt) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 10));
      return echo(incoming);
    };
    return withServer(slow, async ({ baseUrl, incoming }) => {
      const options = { ...quick, baseUrl, recording, concurrency: 2 };
      const module = new URL("./endpoint.ts", import.meta.url).href;
      const code = `import { openEndpoint } from ${JSON.stringify(module)};
        const endpoint = await openEndpoint(${JSON.stringify(options)});
        const requests = Array.from({ length: 40 }, (_, i) => ({ prompt: "q" + i, seed: i }));
        console.log(JSON.stringify(await endpoint.respond(requests)));`;
      const run = () =>
        new Deno.Command("deno", {
          args: [
            "run",
            "--quiet",
            "--no-prompt",
            "--no-check",
            "--allow-all",
            `data:application/typescript,${encodeURIComponent(code)}`,
          ],
          stdout: "piped",
          stderr: "inherit",
        });
      const child = run().spawn();
      while (incoming.length < 12) await new Promise((resolve) => setTimeout(resolve, 2));
      child.kill("SIGKILL");
      await child.output();
      const kept = (await Deno.readTextFile(recording)).split("\n").length - 1;
      ok(kept >= 8 && kept < 40, `${kept} lines`);
      const { stdout } = await run().output();
      const replies = JSON.parse(new TextDecoder().decode(stdout)) as { text: string }[];
      deepStrictEqual(replies.map(({ text }) => text), Array.from({ length: 40 }, (_, i) => `Q${i} ${i}`));
      const twice = [...times.values()].filter((count) => count > 1).length;
      ok(twice <= options.concurrency, `${twice} were asked twice: more than were on their way`);
      const replay = await openEndpoint({ ...options, offline: true });
      deepStrictEqual(
        await replay.respond(Array.from({ length: 40 }, (_, i) => ({ prompt: `q${i}`, seed: i }))),
        replies,
      );
    });
  }));
