/**
 * A server that answers attempt after attempt as a test says, for tests of the endpoint.
 *
 * @module
 */

/** What came in. */
export interface Incoming {
  /** Number of the attempt, from 1. */
  attempt: number;
  /** Path, for example `/v1/completions`. */
  path: string;
  /** Its headers. */
  headers: Headers;
  /** Its JSON. */
  body: Record<string, unknown>;
}

/** Answers an attempt. */
export type Script = (incoming: Incoming) => Response | Promise<Response>;

/** A server while it runs. */
export interface ScriptedServer {
  /** Address up to the version. */
  baseUrl: string;
  /** All that came in. */
  incoming: Incoming[];
  /** Most attempts that were under way at once. */
  most: () => number;
}

/** Runs a server while the test uses it. */
export async function withServer(script: Script, test: (server: ScriptedServer) => Promise<void>): Promise<void> {
  const incoming: Incoming[] = [];
  let underWay = 0, most = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError: () => new Response(null, { status: 500 }) },
    async (request) => {
      most = Math.max(most, ++underWay);
      const body = await request.json(), path = new URL(request.url).pathname;
      const one = { attempt: incoming.length + 1, path, headers: request.headers, body };
      incoming.push(one);
      try {
        return await script(one);
      } finally {
        underWay--;
      }
    },
  );
  try {
    await test({ baseUrl: `http://127.0.0.1:${server.addr.port}/v1`, incoming, most: () => most });
  } finally {
    await server.shutdown();
  }
}

/** An answer that repeats the question: the prompt, or the last message, in capitals, with the seed. */
export function echo({ path, body }: Incoming): Response {
  const messages = body.messages as { content: string }[] | undefined;
  const asked = messages?.at(-1)?.content ?? String(body.prompt), text = `${asked.toUpperCase()} ${body.seed}`;
  const usage = { prompt_tokens: asked.length, completion_tokens: text.length, total_tokens: 0 };
  const said = path.endsWith("/chat/completions") ? { message: { role: "assistant", content: text } } : { text };
  const choice = { index: 0, ...said, finish_reason: "stop", logprobs: null };
  return Response.json({ id: "x", model: "echo-1", system_fingerprint: "fp_1", choices: [choice], usage });
}

/** Server-sent events, one per object or text. */
export function events(...data: (object | string)[]): Response {
  const lines = data.map((one) => `data: ${typeof one === "string" ? one : JSON.stringify(one)}\n\n`).join("");
  return new Response(lines, { headers: { "content-type": "text/event-stream" } });
}

/** A response whose body breaks off after a text. */
export function broken(text: string, type = "application/json"): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      setTimeout(() => controller.error(new Error("cut")), 5);
    },
  });
  return new Response(body, { headers: { "content-type": type } });
}
