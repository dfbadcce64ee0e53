import { strict as assert } from "node:assert";
import { httpSearch, type HttpSearchOptions } from "./http.ts";
import { SearchError } from "./search.ts";

type Answer = (request: Request, attempt: number) => Response | Promise<Response>;

/** Runs a local engine that answers attempt after attempt. */
async function withEngine(answer: Answer, run: (url: string, attempts: () => number) => Promise<void>) {
  let attempts = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError: () => new Response(null, { status: 500 }) },
    (request) => answer(request, ++attempts),
  );
  try {
    await run(`http://127.0.0.1:${server.addr.port}`, () => attempts);
  } finally {
    await server.shutdown();
  }
}

const quick: Omit<HttpSearchOptions, "url"> = { pause: 1, perSecond: 10_000, timeout: 2000 };
const results = [
  { url: "https://a.example/1", title: "One", content: "first text", engine: "x", score: 2 },
  { url: "https://a.example/2", title: "Two" },
  { title: "no address" },
  null,
  { url: "https://a.example/3", title: null, content: "third" },
];
const passages = [
  { id: "https://a.example/1", title: "One", text: "first text" },
  { id: "https://a.example/2", title: "Two", text: "" },
  { id: "https://a.example/3", title: "", text: "third" },
];
const good = () => Response.json({ query: "q", results });

async function refused(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => assert.fail("nothing was thrown"), (error) => error);
  assert.ok(error instanceof SearchError, String(error));
  assert.ok(!error.message.includes("\n") && error.message.endsWith("."), error.message);
  return error.message;
}

Deno.test("searxng is asked for JSON, and its results are passages", async () => {
  const asked: string[] = [];
  const answer = (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}${new URL(request.url).search}`);
    return good();
  };
  await withEngine(answer, async (url) => {
    const search = httpSearch("searxng", { url: `${url}/`, ...quick });
    assert.deepEqual(await search("who & where?", { limit: 9 }), passages);
    assert.deepEqual(await search("x", { limit: 1 }), passages.slice(0, 1));
    assert.deepEqual(await search("  ", { limit: 1 }), [], "an empty query asks nobody");
  });
  assert.deepEqual(asked, ["GET /search?q=who+%26+where%3F&format=json", "GET /search?q=x&format=json"]);
});

Deno.test("serper gets query, number and key", async () => {
  const answer = async (request: Request) => {
    assert.equal(request.method, "POST");
    assert.equal(request.headers.get("x-api-key"), "secret");
    assert.deepEqual(await request.json(), { q: "capital of France", num: 2 });
    return Response.json({ organic: [{ link: "https://a.example", title: "Paris", snippet: "a city", position: 1 }] });
  };
  await withEngine(answer, async (url) => {
    const found = await httpSearch("serper", { url, apiKey: "secret", ...quick })("capital of France", { limit: 2 });
    assert.deepEqual(found, [{ id: "https://a.example", title: "Paris", text: "a city" }]);
  });
});

/** Answers that a second attempt gets past. */
const passing: Record<string, Answer> = {
  "429": () => new Response("slow down", { status: 429 }),
  "500": () => new Response("oops", { status: 500 }),
  "malformed JSON": () => new Response('{"results": [', { headers: { "Content-Type": "application/json" } }),
  "an answer cut in the middle": () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"results": ['));
          setTimeout(() => controller.error(new Error("cut")), 5);
        },
      }),
    ),
};

for (const [name, bad] of Object.entries(passing)) {
  Deno.test(`${name}: the request is made again, and in the end given up`, async () => {
    await withEngine((request, attempt) => attempt <= 2 ? bad(request, attempt) : good(), async (url, attempts) => {
      assert.deepEqual(await httpSearch("searxng", { url, ...quick })("q", { limit: 9 }), passages);
      assert.equal(attempts(), 3);
    });
    await withEngine(bad, async (url, attempts) => {
      const message = await refused(httpSearch("searxng", { url, ...quick, retries: 2 })("my query", { limit: 9 }));
      assert.equal(attempts(), 3);
      assert.ok(message.startsWith(`searxng at ${url}, query "my query": `) && message.endsWith("after 3 attempts."));
    });
  });
}

Deno.test("an answer that takes too long is not waited for", async () => {
  const never: ((response: Response) => void)[] = [];
  await withEngine(() => new Promise<Response>((resolve) => never.push(resolve)), async (url, attempts) => {
    const search = httpSearch("searxng", { url, ...quick, timeout: 30, retries: 1 });
    assert.match(await refused(search("q", { limit: 1 })), /no answer within 30 ms after 2 attempts\.$/);
    assert.equal(attempts(), 2);
    never.forEach((resolve) => resolve(new Response()));
  });
});

Deno.test("what another attempt can't mend is given up at once, with a hint", async () => {
  await withEngine(() => new Response("no", { status: 403 }), async (url, attempts) => {
    const message = await refused(httpSearch("searxng", { url, ...quick })("q", { limit: 1 }));
    assert.match(message, /HTTP status 403 \(allow json in search\.formats of the instance's settings\.yml\)\.$/);
    assert.equal(attempts(), 1);
  });
  await withEngine(() => Response.json({ error: "x" }), async (url, attempts) => {
    assert.match(await refused(httpSearch("serper", { url, ...quick })("q", { limit: 1 })), /no list "organic"\.$/);
    assert.equal(attempts(), 1);
  });
});

Deno.test("an engine that Deno may not reach says which permission it takes", async () => {
  const message = await refused(httpSearch("searxng", { url: "http://192.0.2.1:8888", ...quick })("q", { limit: 1 }));
  assert.match(
    message,
    /no permission to ask it \(run deno with --allow-net=192\.0\.2\.1:8888, and with --jobs 1\)\.$/,
  );
});

Deno.test("an engine that is not there is named", async () => {
  let gone = "";
  await withEngine(good, (url) => Promise.resolve(void (gone = url)));
  const message = await refused(httpSearch("searxng", { url: gone, ...quick, retries: 1 })("q", { limit: 1 }));
  assert.ok(message.startsWith(`searxng at ${gone}, query "q": the connection failed (`), message);
});

Deno.test("pauses double, a longer Retry-After counts, and requests keep their distance", async () => {
  const starts: number[] = [];
  const begin = performance.now();
  const timed = (answer: Answer): Answer => (request, attempt) => {
    starts.push(performance.now() - begin);
    return answer(request, attempt);
  };
  const gaps = () => starts.slice(1).map((start, index) => start - starts[index]);
  await withEngine(timed(passing["500"]), async (url) => {
    await refused(httpSearch("searxng", { url, ...quick, pause: 40, retries: 2 })("q", { limit: 1 }));
  });
  assert.ok(gaps()[0] >= 35 && gaps()[1] >= 75, String(gaps()));

  starts.length = 0;
  const busy = () => new Response(null, { status: 429, headers: { "Retry-After": "0.2" } });
  await withEngine(timed((_, attempt) => attempt === 1 ? busy() : good()), async (url) => {
    await httpSearch("searxng", { url, ...quick })("q", { limit: 1 });
  });
  assert.ok(gaps()[0] >= 190, String(gaps()));

  // Where they are sent: on a busy machine they may arrive closer together.
  starts.length = 0;
  const { fetch } = globalThis;
  globalThis.fetch = (...asked) => (starts.push(performance.now()), fetch(...asked));
  try {
    await withEngine(good, async (url) => {
      const search = httpSearch("searxng", { url, ...quick, perSecond: 25 });
      await Promise.all(Array.from({ length: 4 }, (_, i) => search(`q${i}`, { limit: 1 })));
    });
  } finally {
    globalThis.fetch = fetch;
  }
  assert.ok(starts.length === 4 && gaps().every((gap) => gap >= 35), String(gaps()));
});
