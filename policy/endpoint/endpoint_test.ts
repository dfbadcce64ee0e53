import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { withEnvironment } from "../../hub/environment_for_tests.ts";
import type { TextRequest } from "../text/frozen.ts";
import { type Endpoint, type EndpointOptions, openEndpoint } from "./endpoint.ts";
import { EndpointError } from "./error.ts";
import { broken, echo, events, type Script, type ScriptedServer, withServer } from "./scripted_server_for_tests.ts";
import { inFolder } from "../folder_for_tests.ts";

const quick: Partial<EndpointOptions> = { pause: 1, timeout: 2000 };

/** Runs with the path of a recording that is not there yet. */
const withRecording = (run: (recording: string) => Promise<void>) =>
  inFolder((folder) => run(`${folder}/answers.jsonl`));

/** Runs a server by a script and a client of it. */
function withEndpoint(
  script: Script,
  test: (endpoint: Endpoint, server: ScriptedServer) => Promise<void>,
  options: Partial<EndpointOptions> = {},
): Promise<void> {
  return withServer(script, async (server) => {
    const { baseUrl } = server;
    await test(await openEndpoint({ baseUrl, model: "echo", ...quick, ...options }), server);
  });
}

const requests = (count: number, prompt = "q"): TextRequest[] =>
  Array.from({ length: count }, (_, seed) => ({ prompt: `${prompt}${seed}`, seed }));

async function refused(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => ok(false, "nothing was thrown"), (error) => error);
  ok(error instanceof EndpointError, String(error));
  ok(!error.message.includes("\n") && error.message.endsWith("."), error.message);
  return error.message;
}

const text = ({ text }: { text: string }) => text;

Deno.test("texts and conversations go to their addresses, with all that was wanted", () =>
  withEndpoint(echo, async (endpoint, { incoming }) => {
    const messages = [{ role: "system", content: "be loud" }, { role: "user", content: "hello" }];
    const replies = await endpoint.respond([
      { prompt: "once", seed: 5 },
      { prompt: messages, seed: 6, maxTokens: 9, temperature: 0, topP: 0.9, stop: ["!"], logProbs: 2 },
      { prompt: [1, 2], seed: 7, logProbs: 3 },
    ]);
    deepStrictEqual(replies[0], {
      text: "ONCE 5",
      finishReason: "stop",
      usage: { promptTokens: 4, completionTokens: 6 },
    });
    strictEqual(replies[1].text, "HELLO 6");
    const asked = incoming.toSorted((a, b) => Number(a.body.seed) - Number(b.body.seed));
    deepStrictEqual(asked.map(({ path, body }) => ({ path, body })), [
      { path: "/v1/completions", body: { model: "echo", prompt: "once", seed: 5, temperature: 1 } },
      {
        path: "/v1/chat/completions",
        body: {
          model: "echo",
          messages,
          seed: 6,
          temperature: 0,
          top_p: 0.9,
          max_tokens: 9,
          stop: ["!"],
          logprobs: true,
          top_logprobs: 2,
        },
      },
      { path: "/v1/completions", body: { model: "echo", prompt: [1, 2], seed: 7, temperature: 1, logprobs: 3 } },
    ]);
    strictEqual(asked[0].headers.get("authorization"), null);
  }));

Deno.test("further fields have the last word, and null leaves one out", () =>
  withEndpoint(echo, async (endpoint, { incoming }) => {
    await endpoint.respond([{ prompt: "a", seed: 1 }, { prompt: "a", seed: 2 }]);
    strictEqual(incoming.length, 2, "samples differ although the server sees no seed");
    deepStrictEqual(incoming[0].body, { model: "echo", prompt: "a", temperature: 0.5, top_k: 4 });
  }, { extra: { seed: null, temperature: 0.5, top_k: 4 } }));

Deno.test("log-probs of both kinds are read, and those that make no sense are none", async () => {
  const chat = {
    content: [{ token: "A", logprob: -0.5, bytes: [65], top_logprobs: [{ token: "B", logprob: -0.1, bytes: null }] }],
  };
  const texts = {
    tokens: ["A"],
    token_logprobs: [-0.5],
    top_logprobs: [{ A: -0.5, 7: -2, B: -0.1 }],
    text_offset: [0],
  };
  const answer = (logprobs: unknown) =>
    Response.json({ choices: [{ text: "A", finish_reason: "length", logprobs }], usage: null });
  const bad = { tokens: ["A"], token_logprobs: [null] };
  await withEndpoint(({ body }) => answer([chat, texts, bad, null][Number(body.seed)]), async (endpoint) => {
    const replies = await endpoint.respond([0, 1, 2, 3].map((seed) => ({ prompt: "q", seed, logProbs: 1 })));
    deepStrictEqual(replies.map(({ tokens }) => tokens), [
      [{ text: "A", logProb: -0.5, likeliest: [{ text: "B", logProb: -0.1 }] }],
      [{
        text: "A",
        logProb: -0.5,
        likeliest: [{ text: "B", logProb: -0.1 }, { text: "A", logProb: -0.5 }, { text: "7", logProb: -2 }],
      }],
      undefined,
      undefined,
    ]);
    deepStrictEqual([replies[0].finishReason, replies[0].usage], ["length", null]);
    strictEqual(endpoint.accounts().used.unmeasured, 4);
  });
});

Deno.test("so many requests are made at once, and an equal one once", () =>
  withEndpoint(async (incoming) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return echo(incoming);
  }, async (endpoint, { incoming, most }) => {
    const wanted = requests(20), twice = [...wanted, ...wanted];
    const [replies, again] = await Promise.all([endpoint.respond(twice), endpoint.respond(wanted)]);
    deepStrictEqual(replies.map(text), twice.map(({ prompt, seed }) => `${String(prompt).toUpperCase()} ${seed}`));
    deepStrictEqual(again, replies.slice(0, 20));
    strictEqual(incoming.length, 20);
    strictEqual(most(), 3);
  }, { concurrency: 3 }));

Deno.test("tokens and money are counted once for a reply, however often it is used", () =>
  withRecording((recording) => {
    const usage = { prompt_tokens: 100, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 40 } };
    const prices = { input: 2, output: 8, cachedInput: 0.5 };
    const answer = () => Response.json({ choices: [{ text: "x", finish_reason: "stop" }], usage });
    return withEndpoint(answer, async (endpoint, { baseUrl }) => {
      await endpoint.respond([...requests(3), ...requests(2)]);
      const account = {
        replies: 3,
        unmeasured: 0,
        promptTokens: 300,
        cachedTokens: 120,
        completionTokens: 30,
        money: (180 * 2 + 120 * 0.5 + 30 * 8) / 1e6,
      };
      deepStrictEqual(endpoint.accounts(), { used: account, asked: account, attempts: 3, damaged: 0 });
      const resumed = await openEndpoint({ baseUrl, model: "echo", ...quick, recording, prices });
      await resumed.respond(requests(4));
      const { used, asked, attempts } = resumed.accounts();
      deepStrictEqual([used.replies, asked.replies, attempts], [4, 1, 1]);
      strictEqual(used.money, 4 * (60 * 2 + 40 * 0.5 + 10 * 8) / 1e6);
    }, { recording, prices });
  }));

/** What a second attempt gets past. */
const passing: Record<string, [script: Script, reason: RegExp]> = {
  "429": [() => new Response("slow down", { status: 429 }), /HTTP status 429/],
  "500": [() => Response.json({ error: { message: "Oops.\nSorry." } }, { status: 500 }), /status 500 \(Oops\. Sorry\)/],
  "malformed JSON": [() => new Response('{"choices": ['), /the answer is not JSON/],
  "a cut answer": [() => broken('{"choices": ['), /the connection failed \(/],
  "an answer without choices": [() => Response.json({ choices: [] }), /the answer has no choices/],
  "an error in a good response": [
    () => Response.json({ error: { message: "busy" } }),
    /the answer is an error \(busy\)/,
  ],
  "a cut stream": [() => broken('data: {"choices":[{"text":"hal', "text/event-stream"), /connection failed/],
  "a stream that ends too early": [
    () => events({ choices: [{ text: "hal", finish_reason: null }] }),
    /the stream is cut/,
  ],
  "a stream that ends with an error": [
    () => events({ choices: [{ text: "hal" }] }, { error: { message: "no more" } }),
    /the stream ends with an error \(no more\)/,
  ],
};

for (const [name, [bad, reason]] of Object.entries(passing)) {
  Deno.test(`${name}: the request is made again, and in the end given up`, async () => {
    await withEndpoint((incoming) => incoming.attempt <= 2 ? bad(incoming) : echo(incoming), async (endpoint) => {
      deepStrictEqual((await endpoint.respond(requests(1))).map(text), ["Q0 0"]);
      strictEqual(endpoint.accounts().attempts, 3);
    });
    await withEndpoint(bad, async (endpoint, { baseUrl, incoming }) => {
      const message = await refused(endpoint.respond(requests(1)));
      ok(message.startsWith(`echo at ${baseUrl}: `) && message.endsWith(" after 3 attempts."), message);
      match(message, reason);
      strictEqual(incoming.length, 3);
    }, { retries: 2 });
  });
}

/** What another attempt can't mend. */
const final: Record<string, [script: Script, reason: RegExp]> = {
  "401": [
    ({ headers }) =>
      Response.json({ error: { message: `Wrong key ${headers.get("authorization")}` } }, { status: 401 }),
    /HTTP status 401 \(Wrong key Bearer \*\*\*; check the key\)\.$/,
  ],
  "404": [() => new Response("<html>", { status: 404 }), /HTTP status 404 \(check address and model\)\.$/],
  "400": [() => Response.json({ error: { message: "too long" } }, { status: 400 }), /HTTP status 400 \(too long\)\.$/],
  "orders to a terminal": [
    () => Response.json({ error: { message: "\x1b[2Jgone \u202eaway" } }, { status: 400 }),
    /HTTP status 400 \( \[2Jgone +away\)\.$/,
  ],
  "no money": [
    () => Response.json({ error: { message: "pay", code: "insufficient_quota" } }, { status: 429 }),
    /HTTP status 429 \(pay\)\.$/,
  ],
  "elsewhere": [
    () => new Response(null, { status: 307, headers: { location: "http://127.0.0.1:1/" } }),
    /it sends us on to http:\/\/127\.0\.0\.1:1\/; give the address that answers\.$/,
  ],
  "an hour's pause": [
    () => new Response(null, { status: 429, headers: { "retry-after": "3600" } }),
    /HTTP status 429, and it asks for a pause of 3600 seconds\.$/,
  ],
};

for (const [name, [script, reason]] of Object.entries(final)) {
  Deno.test(`${name}: given up at once`, () =>
    withEnvironment({ PODIUM_API_KEY: "sk-secret" }, () =>
      withEndpoint(script, async (endpoint, { incoming }) => {
        match(await refused(endpoint.respond(requests(1))), reason);
        strictEqual(incoming.length, 1);
        strictEqual(incoming[0].headers.get("authorization"), "Bearer sk-secret");
      }, { keyFrom: "PODIUM_API_KEY" })));
}

Deno.test("a 429 storm: all wait while the server wants it, then all is answered, once", async () => {
  const starts: number[] = [];
  await withEndpoint((incoming) => {
    starts.push(performance.now());
    if (incoming.attempt > 12) return echo(incoming);
    return new Response(null, { status: 429, headers: incoming.attempt % 2 ? { "retry-after-ms": "60" } : {} });
  }, async (endpoint, { incoming }) => {
    const replies = await endpoint.respond(requests(12));
    deepStrictEqual(
      replies.map(text),
      requests(12).map(({ prompt, seed }) => `${String(prompt).toUpperCase()} ${seed}`),
    );
    strictEqual(incoming.length, 24);
    strictEqual(endpoint.accounts().used.replies, 12);
    ok(starts.some((start, index) => index > 0 && start - starts[index - 1] >= 50), "nobody waited");
  }, { concurrency: 4 });
});

Deno.test("pauses double, and a longer Retry-After counts, also as a date", async () => {
  const starts: number[] = [];
  const timed = (script: Script): Script => (incoming) => (starts.push(performance.now()), script(incoming));
  const gaps = () => starts.slice(1).map((start, index) => start - starts[index]);
  const failing = () => new Response(null, { status: 500 });
  await withEndpoint(timed(failing), (endpoint) => refused(endpoint.respond(requests(1))).then(() => {}), {
    pause: 40,
    retries: 2,
  });
  ok(gaps()[0] >= 39 && gaps()[1] >= 79 && gaps()[1] < 400, String(gaps()));
  const date = "Thu, 26 Nov 2026 08:00:00 GMT", later = "Thu, 26 Nov 2026 08:00:01 GMT";
  const waits: Record<string, string>[] = [{ "retry-after": "0.2" }, { date, "retry-after": later }];
  for (const headers of waits) {
    starts.length = 0;
    const busy = (): Response => new Response(null, { status: 503, headers });
    await withEndpoint(timed((incoming) => incoming.attempt === 1 ? busy() : echo(incoming)), async (endpoint) => {
      await endpoint.respond(requests(1));
    });
    ok(gaps()[0] >= 190, String(gaps()));
  }
});

Deno.test("silence is not waited for, but a stream that goes on is", async () => {
  const never: ((response: Response) => void)[] = [];
  await withEndpoint(() => new Promise<Response>((resolve) => never.push(resolve)), async (endpoint) => {
    match(await refused(endpoint.respond(requests(1))), /: the server is silent for 40 ms after 2 attempts\.$/);
    never.forEach((resolve) => resolve(new Response()));
  }, { timeout: 40, retries: 1 });
  const slow = () => {
    let count = 0;
    const send = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const last = ++count === 8, choice = { text: `${count} `, finish_reason: last ? "stop" : null };
      controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify({ choices: [choice] })}\n\n`));
      if (last) controller.close();
      else setTimeout(() => send(controller), 100);
    };
    const body = new ReadableStream<Uint8Array>({ start: send });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  await withEndpoint(slow, async (endpoint, { incoming }) => {
    strictEqual((await endpoint.respond(requests(1)))[0].text, "1 2 3 4 5 6 7 8 ");
    deepStrictEqual([incoming[0].body.stream, incoming[0].body.stream_options], [true, { include_usage: true }]);
  }, { timeout: 600, stream: true });
});

Deno.test("a stream is whole once it says why it ended, and has its tokens in the last event", async () => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    model: "m",
    choices: [{ delta, finish_reason }],
  });
  const said = [chunk({ role: "assistant", content: "" }), chunk({ content: "he" }), chunk({ content: "y" }, "length")];
  const last = { model: "m", choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } };
  const prompt = [{ role: "user", content: "hi" }];
  await withEndpoint(({ attempt }) => events(...said, ...attempt === 1 ? [last, "[DONE]"] : []), async (endpoint) => {
    const whole = { text: "hey", finishReason: "length" };
    deepStrictEqual(await endpoint.respond([{ prompt, seed: 1 }]), [{
      ...whole,
      usage: { promptTokens: 3, completionTokens: 2 },
    }]);
    deepStrictEqual(await endpoint.respond([{ prompt, seed: 2 }]), [{ ...whole, usage: null }]);
  }, { stream: true });
});

Deno.test("one failure ends the rest, but what is under way is waited for and recorded", () =>
  withRecording((recording) =>
    withEndpoint(async (incoming) => {
      if (incoming.body.seed === 1) return new Response(null, { status: 400 });
      await new Promise((resolve) => setTimeout(resolve, 60));
      return echo(incoming);
    }, async (endpoint, { incoming }) => {
      match(await refused(endpoint.respond(requests(9))), /HTTP status 400\.$/);
      ok(incoming.length <= 3, "nothing new was begun");
      const lines = (await Deno.readTextFile(recording)).trimEnd().split("\n");
      strictEqual(lines.length, incoming.length - 1);
      strictEqual(endpoint.accounts().asked.replies, lines.length);
    }, { recording, concurrency: 2 })
  ));

Deno.test("where the server is not there, those that wait are given up together, and later ones try again", async () => {
  let baseUrl = "";
  await withServer(echo, (server) => Promise.resolve(void (baseUrl = server.baseUrl)));
  const endpoint = await openEndpoint({ baseUrl, model: "echo", pause: 1, retries: 2, concurrency: 2 });
  const responding = requests(30).map((request) => refused(endpoint.respond([request])));
  for (const message of await Promise.all(responding)) {
    match(message, /the connection failed \(.*\) after 3 attempts\.$/);
  }
  const { attempts } = endpoint.accounts();
  ok(attempts <= 6, `${attempts} attempts`);
  await refused(endpoint.respond(requests(1)));
  strictEqual(endpoint.accounts().attempts, attempts + 3);
});

Deno.test("a signal starts nothing more, and what is under way is recorded", () =>
  withRecording((recording) => {
    const controller = new AbortController(), reason = new Error("enough");
    return withEndpoint(async (incoming) => {
      if (incoming.attempt === 2) controller.abort(reason);
      await new Promise((resolve) => setTimeout(resolve, 40));
      return echo(incoming);
    }, async (endpoint, { incoming }) => {
      const responding = endpoint.respond(requests(9), { signal: controller.signal });
      await rejects(responding, reason);
      strictEqual(incoming.length, 2);
      strictEqual((await Deno.readTextFile(recording)).trimEnd().split("\n").length, 2);
      strictEqual((await endpoint.respond(requests(9))).length, 9);
      strictEqual(incoming.length, 9);
    }, { recording, concurrency: 2 });
  }));

Deno.test("what can't be opened is said in a sentence", async () => {
  const options = { baseUrl: "http://127.0.0.1:1/v1/", model: "m" };
  match(await refused(openEndpoint({ ...options, baseUrl: "there" })), /^there: no address of an endpoint/);
  match(
    await refused(openEndpoint({ ...options, baseUrl: "https://u:secret@x.example/v1" })),
    /^https:\/\/x\.example\/v1: user/,
  );
  match(await refused(openEndpoint({ ...options, concurrency: 0 })), /^0 requests at once make no sense/);
  match(await refused(openEndpoint({ ...options, offline: true })), /name its file\.$/);
  match(await refused(openEndpoint({ ...options, offline: true, recording: "/none.jsonl" })), /no such recording\.$/);
  const unset =
    /^m at http:\/\/127\.0\.0\.1:1\/v1: its key is to come from PODIUM_API_KEY, which is not set; set it\.$/;
  const withoutKey = () => openEndpoint({ ...options, keyFrom: "PODIUM_API_KEY" });
  match(await refused(withEnvironment({ PODIUM_API_KEY: undefined }, withoutKey)), unset);
  const gone = await openEndpoint({ ...options, ...quick, retries: 1 });
  match(
    await refused(gone.respond(requests(1))),
    /^m at http:\/\/127\.0\.0\.1:1\/v1: the connection failed \(.*\) after 2 attempts\.$/,
  );
});
