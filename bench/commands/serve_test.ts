import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { openEndpoint } from "../../policy/endpoint/endpoint.ts";
import { command, podium } from "../testing/command_line.ts";
import { inTemporary } from "../testing/temporary.ts";

/** Starts a server as a user does, and waits for its address. */
async function started(...args: string[]) {
  const child = command("serve", ...args).spawn(), reader = child.stdout.getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(await new Response(child.stderr).text());
    line += new TextDecoder().decode(value);
  }
  /** Stops it by a signal; returns its exit code and what it said meanwhile. */
  const stop = async (signal: Deno.Signal) => {
    child.kill(signal);
    await reader.cancel();
    const err = await new Response(child.stderr).text();
    return { code: (await child.status).code, err };
  };
  return { line, url: / (http:\S+)/.exec(line)![1], stop };
}

const ask = (url: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "embedded:base", ...body }),
  });

const question = "Dan has 44 eggs. He finds 47 more. He puts them in 7 equal bags. How many eggs in each?\nAnswer:\n";
const messages = [{ role: "user", content: question }];

Deno.test("a policy is served until somebody stops it, and what is under way becomes whole", async () => {
  const { line, url, stop } = await started("embedded:base", "--port=0", "--max-tokens=900");
  match(line, /^embedded:base: http:\/\/127\.0\.0\.1:\d+\/v1 {2}\(Ctrl-C stops\)\n$/);
  const { data: [card] } = await (await fetch(`${url}/models`)).json();
  strictEqual(card.id, "embedded:base");
  const { choices: [choice], system_fingerprint } = await (await ask(url, { messages, seed: 1, temperature: 0 }))
    .json();
  match(choice.message.content, /^44\+47=.*\n#### \d+$/s);
  match(system_fingerprint, /^fp_[0-9a-f]{12}$/);
  const streaming = await ask(url, { messages, stream: true, temperature: 50, seed: 3 });
  const [{ code, err }, text] = await Promise.all([stop("SIGTERM"), streaming.text()]);
  deepStrictEqual([code, err], [0, "stopping.\n"]);
  match(text, /data: \[DONE\]\n\n$/);
});

Deno.test("ONNX files are served under the name of their directory", async () => {
  const directory = new URL("../../fixtures/models/qwen2-tied", import.meta.url).pathname;
  const { url, line, stop } = await started(`onnx:${directory}/#model_int8.onnx`, "--port=0");
  match(line, /^qwen2-tied: /);
  const endpoint = await openEndpoint({ baseUrl: url, model: "qwen2-tied" });
  const requests = [1, 1, 2].map((seed) => ({ prompt: "What is 1+1?", seed, maxTokens: 12 }));
  const [one, again, other] = await endpoint.respond(requests);
  deepStrictEqual(one, again);
  ok(other.text !== one.text);
  deepStrictEqual((await stop("SIGTERM")).code, 0);
});

Deno.test("a server that is killed is asked again when it is back, for what is not recorded alone", () =>
  inTemporary(async (directory) => {
    const recording = `${directory}/answers.jsonl`,
      options = { model: "embedded:table", recording, retries: 20, pause: 20 };
    const first = await started("embedded:table", "--port=0"), { port } = new URL(first.url);
    const endpoint = await openEndpoint({ baseUrl: first.url, ...options });
    const requests = Array.from({ length: 200 }, (_, seed) => ({ prompt: "1", seed, maxTokens: 8 }));
    const lines = async () => (await Deno.readTextFile(recording).catch(() => "")).split("\n").length - 1;
    const responding = endpoint.respond(requests);
    while (await lines() < 20) await new Promise((resolve) => setTimeout(resolve, 2));
    await first.stop("SIGKILL");
    const kept = await lines();
    ok(kept < 200, "it was killed in mid-run");
    const second = await started("embedded:table", `--port=${port}`);
    const replies = await responding;
    strictEqual(await lines(), 200);
    ok(new Set(replies.map(({ text }) => text)).size > 1);
    deepStrictEqual((await second.stop("SIGINT")).code, 0);
    strictEqual(endpoint.accounts().asked.replies, 200);
    const replay = await openEndpoint({ baseUrl: first.url, ...options, offline: true });
    deepStrictEqual(await replay.respond(requests), replies);
  }));

Deno.test("a key comes from a file, and is needed where others could ask", () =>
  inTemporary(async (directory) => {
    const file = `${directory}/key`;
    await Deno.writeTextFile(file, "sk-right\n");
    const { url, stop } = await started("embedded:table", "--port=0", `--key=${file}`);
    strictEqual((await fetch(`${url}/models`)).status, 401);
    strictEqual((await fetch(`${url}/models`, { headers: { authorization: "Bearer sk-right" } })).status, 200);
    const { port } = new URL(url), taken = await podium("serve", "embedded:table", `--port=${port}`);
    strictEqual(taken.code, 1);
    match(
      taken.err,
      /^error: 127\.0\.0\.1:\d+: can't serve there \(address already in use\); choose another address or port\.\n$/,
    );
    strictEqual((await stop("SIGINT")).code, 0);
  }));

Deno.test("what can't be served is refused in a sentence", async () => {
  const refused = async (message: RegExp, ...args: string[]) => {
    const { code, out, err } = await podium("serve", ...args);
    deepStrictEqual([code, out], [1, ""]);
    match(err, message);
    strictEqual(err.trimEnd().split("\n").length, 1, err);
  };
  await refused(/^error: policy \/none: no such directory; give a directory/, "/none");
  await refused(/^error: --host 0\.0\.0\.0: others could ask there; give a key/, "embedded:table", "--host=0.0.0.0");
  await refused(
    /^error: --key env:NOT_SET_HERE: not set; put the key there\./,
    "embedded:table",
    "--key=env:NOT_SET_HERE",
  );
  await refused(/^error: --key \/none: can't be read \(no such file or directory\)\./, "embedded:table", "--key=/none");
});
