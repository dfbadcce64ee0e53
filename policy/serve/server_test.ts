import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { openEndpoint } from "../endpoint/endpoint.ts";
import { openPolicy } from "../open.ts";
import { keyOf } from "../random.ts";
import { type FrozenPolicy, seedOf, type TextRequest } from "../text/frozen.ts";
import { servePolicy } from "./server.ts";
import { plain, question, withPolicyServer } from "./server_for_tests.ts";

const json = { "content-type": "application/json" };

/** Asks for a completion. */
function ask(url: string, body: object, more: RequestInit = {}): Promise<Response> {
  const asked = JSON.stringify({ model: "base", prompt: question, ...body });
  return fetch(`${url}/completions`, { method: "POST", headers: json, body: asked, ...more });
}

async function textOf(url: string, body: object): Promise<string> {
  const { choices: [{ text }] } = await (await ask(url, body)).json();
  return text;
}

/** Expects an error in the form of the API. */
async function refusal(answer: Response | Promise<Response>, status: number): Promise<Record<string, unknown>> {
  const response = await answer, { error } = await response.json();
  strictEqual(response.status, status, JSON.stringify(error));
  deepStrictEqual(Object.keys(error), ["message", "type", "param", "code"]);
  ok(!error.message.includes("\n") && /\.$/.test(error.message), error.message);
  return error;
}

Deno.test("a policy behind an endpoint answers as it does in this process, to the last bit", () =>
  withPolicyServer(async ({ url: baseUrl }, policy) => {
    const requests = Array.from({ length: 24 }, (_, i): TextRequest => ({
      prompt: [question, policyTokens, [{ role: "user", content: question }]][i % 3],
      seed: seedOf(keyOf(1, "endpoint", i)),
      maxTokens: 8 + 2 * i,
      temperature: [0, 0.8, 1][i % 3],
      ...i % 2 && { topP: 0.9, stop: ["+", "\n####"] },
      // A text's most likely tokens come by their text, where two may be the same.
      ...i % 4 === 0 && { logProbs: i % 3 === 2 ? 2 : 0 },
    }));
    const here = await policy.respond(requests);
    for (const stream of [false, true]) {
      const endpoint = await openEndpoint({ baseUrl, model: "base", stream });
      deepStrictEqual(await endpoint.respond(requests), here);
      strictEqual(endpoint.accounts().attempts, 24);
    }
  }));

/** Token ids as a prompt; any will do. */
const policyTokens = [40, 41, 42, 43];

Deno.test("the same seed has the same text, whatever else is being served", () =>
  withPolicyServer(async ({ url }) => {
    const alone = await textOf(url, { seed: 1, max_tokens: 40 });
    const others = Array.from({ length: 20 }, (_, seed) =>
      ask(url, { seed: seed + 2, max_tokens: 5 + seed, temperature: 2 }));
    const texts = await Promise.all([1, 1, 1].map((seed) =>
      textOf(url, { seed, max_tokens: 40 })
    ));
    deepStrictEqual(texts, [alone, alone, alone]);
    for (const other of others) await (await other).json();
    const unseeded = await Promise.all([1, 2, 3, 4].map(() => textOf(url, { max_tokens: 40 })));
    ok(new Set(unseeded).size > 1, "without a seed each is another sample");
  }));

Deno.test("requests that arrive while others are drawn are drawn together", async () => {
  const sizes: number[] = [], { promise: arrived, resolve: go } = Promise.withResolvers<void>();
  const counted: FrozenPolicy = {
    backend: "count",
    async respond(requests) {
      sizes.push(requests.length);
      await arrived;
      if (requests.some(({ prompt }) => prompt === "bad")) throw new RangeError("That is bad.");
      return requests.map(({ prompt }) => ({ text: String(prompt), finishReason: "stop", usage: null }));
    },
  };
  const server = servePolicy(counted, plain);
  try {
    const first = textOf(server.url, { prompt: "0" });
    while (sizes.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const rest = ["1", "2", "bad", "3"].map((prompt) => ask(server.url, { prompt }));
    await new Promise((resolve) => setTimeout(resolve, 200)); // Time enough to arrive, on a busy machine too.
    go();
    strictEqual(await first, "0");
    const answers = await Promise.all(rest.map(async (answer) => (await answer).json()));
    deepStrictEqual(answers.map(({ choices, error }) => choices?.[0].text ?? error.message), [
      "1",
      "2",
      "That is bad.",
      "3",
    ]);
    deepStrictEqual(sizes, [1, 4, 1, 1, 1, 1], "one that can't be answered fails alone");
  } finally {
    await server.stop();
  }
});

Deno.test("what is wrong with a request is said in a sentence, with the parameter", () =>
  withPolicyServer(async ({ url }) => {
    const wrong = async (body: object, param: string | null, message: RegExp) => {
      const error = await refusal(ask(url, body), 400);
      strictEqual(error.param, param);
      match(String(error.message), message);
      strictEqual(error.type, "invalid_request_error");
    };
    await wrong({ temperature: -1 }, "temperature", /^temperature is -1; give a number from 0\.$/);
    await wrong({ temperature: "1" }, "temperature", /^temperature is "1"; give/);
    await wrong({ top_p: 0 }, "top_p", /^top_p is 0; give/);
    await wrong({ max_tokens: 1.5 }, "max_tokens", /give a whole number from 0/);
    await wrong({ seed: -1 }, "seed", /give a whole number from 0/);
    await wrong({ n: 0 }, "n", /give a whole number from 1/);
    await wrong({ n: 129 }, "n", /^1 prompts with 129 responses each are more than 128 responses/);
    await wrong({ stop: [""] }, "stop", /give a text, or a list/);
    await wrong({ prompt: [] }, "prompt", /give a text, a list of token ids, or a list of either/);
    await wrong({ prompt: [99999] }, null, /holds 99999, which is no token id/);
    await wrong({ prompt: undefined }, "prompt", /^prompt is missing/);
    await wrong({ model: undefined }, "model", /^model is missing/);
    await wrong({ logprobs: 21 }, "logprobs", /from 0 to 20/);
    await wrong({ logit_bias: { 5: 100 } }, "logit_bias", /^logit_bias is not offered here; leave it out\.$/);
    await wrong({ top_k: 4 }, "top_k", /^top_k is no parameter known here\.$/);
    const neutral = { logit_bias: {}, best_of: 1, echo: false, presence_penalty: 0, suffix: null, user: "me", n: null };
    strictEqual((await ask(url, { ...neutral, max_tokens: 1 })).status, 200);
    const chat = (body: object) =>
      fetch(`${url}/chat/completions`, { method: "POST", headers: json, body: JSON.stringify(body) });
    await refusal(chat({ model: "base", messages: [] }), 400);
    await refusal(chat({ model: "base", messages: [{ role: "user", content: [{ type: "image_url" }] }] }), 400);
    await refusal(chat({ model: "base", messages: [{ role: "user", content: "a" }], top_logprobs: 1 }), 400);
    await refusal(chat({ model: "base", messages: [{ role: "user", content: "a" }], tools: [{}] }), 400);
    await refusal(fetch(`${url}/completions`, { method: "POST", headers: json, body: "{" }), 400);
    await refusal(fetch(`${url}/completions`, { method: "POST", headers: json, body: "[]" }), 400);
    await refusal(fetch(`${url}/completions`, { method: "POST", body: "{}" }), 415);
    await refusal(fetch(`${url}/completions`), 404);
    await refusal(fetch(`${url}/embeddings`, { method: "POST", headers: json, body: "{}" }), 404);
    await refusal(fetch(`${url}/models/%E0%A4%A`), 404);
    await refusal(ask(url, { prompt: "x".repeat(3000) }), 413);
  }, { maxBytes: 2000 }));

Deno.test("a response is no longer than the server allows, and says so", () =>
  withPolicyServer(async ({ url }) => {
    const { choices: [choice], usage } = await (await ask(url, { max_tokens: 500, seed: 1 })).json();
    deepStrictEqual([usage.completion_tokens, choice.finish_reason], [3, "length"]);
  }, { maxTokens: 3 }));

/** A policy whose responses are drawn when the test says so. */
function patient() {
  const waiting: (() => void)[] = [];
  const policy: FrozenPolicy = {
    backend: "patient",
    async respond(requests, { onText, signal } = {}) {
      onText?.(0, { text: "so ", tokens: [] });
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        signal?.addEventListener("abort", () => resolve());
      });
      signal?.throwIfAborted();
      onText?.(0, { text: "far", tokens: [] });
      return requests.map(() => ({ text: "so far", finishReason: "stop", usage: null }));
    },
  };
  const until = async (count: number) => {
    while (waiting.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { policy, until, go: () => waiting.splice(0).forEach((resolve) => resolve()) };
}

Deno.test("more requests than the server takes are to come again", async () => {
  const { policy, until, go } = patient(), server = servePolicy(policy, { ...plain, maxRequests: 2 });
  const first = ask(server.url, {});
  await until(1);
  const second = ask(server.url, { stream: true });
  await new Promise((resolve) => setTimeout(resolve, 200)); // Time enough to arrive, on a busy machine too.
  const third = await ask(server.url, {});
  strictEqual(third.headers.get("retry-after"), "1");
  strictEqual((await refusal(third, 429)).code, "rate_limit_exceeded");
  go();
  strictEqual((await (await first).json()).choices[0].text, "so far");
  await until(1);
  go();
  match(await (await second).text(), /data: \[DONE\]\n\n$/);
  await server.stop();
});

Deno.test("a server that is stopped lets answers become whole", async () => {
  const { policy, until, go } = patient(), server = servePolicy(policy, plain);
  const streaming = await ask(server.url, { stream: true }), { port } = new URL(server.url);
  await until(1);
  const stopped = server.stop();
  setTimeout(go, 20);
  const text = await streaming.text();
  match(text, /"text":"so ".*"text":"far".*data: \[DONE\]\n\n$/s);
  await stopped;
  await Deno.connect({ port: Number(port) }).then((connection) => {
    connection.close();
    throw new Error("it still listens");
  }, () => {});
});

Deno.test("what does not become whole in time is cut, and says so", async () => {
  const { policy, until } = patient(), server = servePolicy(policy, { ...plain, grace: 30 });
  const streaming = await ask(server.url, { stream: true }), whole = ask(server.url, {});
  await until(1);
  await new Promise((resolve) => setTimeout(resolve, 200)); // The second waits behind the first.
  const stopped = server.stop(), text = await streaming.text();
  ok(!text.includes("[DONE]"));
  const last = JSON.parse(text.trimEnd().split("\n\n").at(-1)!.slice("data: ".length));
  deepStrictEqual(last.error.code, "stopping");
  match(last.error.message, /^The server was stopped before the answer was whole\.$/);
  strictEqual((await refusal(whole, 503)).code, "stopping");
  await stopped;
});

Deno.test("a client that reads nothing can't keep a server that is stopped", async () => {
  const talkative: FrozenPolicy = {
    backend: "talkative",
    respond(requests, { onText } = {}) {
      const text = "x".repeat(2 ** 24);
      onText?.(0, { text, tokens: [] });
      return Promise.resolve(requests.map(() => ({ text, finishReason: "stop", usage: null })));
    },
  };
  const server = servePolicy(talkative, { ...plain, grace: 10 }), { port } = new URL(server.url);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const body = JSON.stringify({ model: "base", prompt: "a", stream: true });
  const head = `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
  await connection.write(new TextEncoder().encode(`${head}Content-Length: ${body.length}\r\n\r\n${body}`));
  await connection.read(new Uint8Array(100));
  const begin = performance.now();
  await server.stop();
  ok(performance.now() - begin < 3000);
  connection.close();
});

Deno.test("a client that goes away ends its response", () =>
  withPolicyServer(async ({ url }, policy) => {
    let drawn = 0;
    const counted: FrozenPolicy = {
      ...policy,
      respond: (requests, options) =>
        policy.respond(requests, { ...options, onText: (...piece) => (drawn++, options?.onText?.(...piece)) }),
    };
    const server = servePolicy(counted, plain);
    for (const stream of [true, false]) {
      drawn = 0;
      const controller = new AbortController(), { signal } = controller;
      // At this temperature it is long.
      const response = ask(server.url, { stream, max_tokens: 900, temperature: 50, seed: 1 }, { signal });
      response.then((response) => response.text()).catch(() => {});
      while (drawn < 5) await new Promise((resolve) => setTimeout(resolve, 1));
      controller.abort();
      // It is drawn behind what nobody waits for.
      const answer = await textOf(server.url, { seed: 1, max_tokens: 40 });
      ok(drawn < 600, `${drawn} pieces`);
      strictEqual(answer, await textOf(url, { seed: 1, max_tokens: 40 }));
    }
    await server.stop();
  }));

Deno.test("a server for this machine answers by no other name", () =>
  withPolicyServer(async ({ url }) => {
    const { port } = new URL(url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { host: "evil.example", ...json };
      httpRequest({ port, host: "127.0.0.1", path: "/v1/models", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject).end();
    });
    strictEqual(status, 403);
    strictEqual((await fetch(`http://localhost:${port}/v1/models`)).status, 200);
  }));

Deno.test("a failure of ours is told to both sides", async () => {
  const problems: string[] = [];
  const policy: FrozenPolicy = {
    backend: "broken",
    respond: () => Promise.reject(new Error("The engine\nis gone.")),
  };
  const server = servePolicy(policy, { ...plain, onProblem: (message) => problems.push(message) });
  strictEqual((await refusal(ask(server.url, {}), 500)).message, "The engine is gone.");
  deepStrictEqual(problems, ["The engine is gone."]);
  const { port } = new URL(server.url);
  throws(() => servePolicy(policy, { ...plain, port: Number(port) }), /^Error: 127\.0\.0\.1:\d+: can't serve there \(/);
  await server.stop();
});

Deno.test("a server that is killed in mid-run and comes back: the run goes on and pays for nothing twice", async () => {
  const folder = await Deno.makeTempDir(), recording = `${folder}/answers.jsonl`;
  const home = decodeURIComponent(new URL("../../fixtures/base/", import.meta.url).pathname);
  const policy = await openPolicy(home), { frozen } = await import("../text/in_process.ts"), asked = frozen(policy);
  const served: number[] = [];
  const counted: FrozenPolicy = {
    ...asked,
    respond: (
      requests,
      options,
    ) => (served.push(...requests.map(({ seed }) => seed)), asked.respond(requests, options)),
  };
  const requests = Array.from({ length: 24 }, (_, seed) => ({ prompt: question, seed, maxTokens: 24 }));
  try {
    const first = servePolicy(counted, plain), port = Number(new URL(first.url).port);
    const options = { baseUrl: first.url, model: "base", recording, concurrency: 4, pause: 10, retries: 6 };
    const responding = (await openEndpoint(options)).respond(requests);
    while (served.length < 8) await new Promise((resolve) => setTimeout(resolve, 1));
    await first.stop();
    const second = servePolicy(counted, { ...plain, port });
    deepStrictEqual(await responding, await asked.respond(requests));
    await second.stop();
    const kept = (await Deno.readTextFile(recording)).trimEnd().split("\n");
    strictEqual(kept.length, 24);
    strictEqual(served.length, 24, "nothing was asked twice");
    const replay = await openEndpoint({ ...options, offline: true });
    deepStrictEqual(await replay.respond(requests), await responding);
  } finally {
    await policy.dispose();
    await Deno.remove(folder, { recursive: true });
  }
});
