/** The server as the official client sees it. */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import OpenAI from "openai";
import { makeChatTemplate } from "../chat_template.ts";
import { question, withPolicyServer } from "./server_for_tests.ts";

/** The official client; without a retry, so that a test sees every answer. */
function clientOf(baseURL: string, apiKey = "none"): OpenAI {
  const nothing = { adminAPIKey: null, organization: null, project: null, webhookSecret: null };
  return new OpenAI({ baseURL, apiKey, maxRetries: 0, logLevel: "off", ...nothing });
}

const model = "base";

Deno.test("the official client: completions are those of the policy", () =>
  withPolicyServer(async ({ url }, policy) => {
    const client = clientOf(url), settings = { model, max_tokens: 48, seed: 4, stop: ["####"], logprobs: 2 };
    const answer = await client.completions.create({ ...settings, prompt: question, n: 3 });
    const { created, object, model: name, system_fingerprint, choices, usage } = answer;
    deepStrictEqual([created, object, name, system_fingerprint], [1_700_000_000, "text_completion", "base", "fp_test"]);
    ok(/^cmpl-/.test(answer.id));
    const [reply] = await policy.respond([{ prompt: question, seed: 4, maxTokens: 48, stop: ["####"], logProbs: 2 }]);
    strictEqual(choices[0].text, reply.text);
    strictEqual(choices[0].finish_reason, reply.finishReason);
    const { tokens, token_logprobs, text_offset, top_logprobs } = choices[0].logprobs!;
    deepStrictEqual(tokens, reply.tokens!.map(({ text }) => text));
    deepStrictEqual(token_logprobs, reply.tokens!.map(({ logProb }) => logProb));
    deepStrictEqual(text_offset, tokens!.map((_, index) => tokens!.slice(0, index).join("").length));
    ok(top_logprobs!.every((others) => Object.keys(others).length >= 1));
    strictEqual(new Set(choices.map(({ text }) => text)).size, 3, "each of n is another sample");
    strictEqual(usage!.prompt_tokens, reply.usage!.promptTokens, "a prompt counts once");
    strictEqual(usage!.total_tokens, usage!.prompt_tokens + usage!.completion_tokens);
    const same = await client.completions.create({ ...settings, prompt: question });
    deepStrictEqual(same.choices[0], choices[0]);
    const both = await client.completions.create({ ...settings, prompt: ["Tom has 3 apples .", question], n: 2 });
    deepStrictEqual(both.choices.map(({ index }) => index), [0, 1, 2, 3]);
    deepStrictEqual(both.choices.slice(2).map(({ text }) => text), choices.slice(0, 2).map(({ text }) => text));
  }));

Deno.test("the official client: a stream has the same bits as the whole answer", () =>
  withPolicyServer(async ({ url }) => {
    const client = clientOf(url), settings = { model, prompt: question, seed: 5, max_tokens: 64, logprobs: 1, n: 2 };
    const whole = await client.completions.create(settings), parts = ["", ""], tokens: unknown[][] = [[], []];
    const offsets: number[][] = [[], []], ends: unknown[] = [];
    let chunks = 0, usage: unknown;
    const stream = await client.completions.create({
      ...settings,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      chunks++;
      usage = chunk.usage ?? usage;
      for (const { index, text, logprobs, finish_reason } of chunk.choices) {
        parts[index] += text;
        tokens[index].push(...logprobs?.token_logprobs ?? []);
        offsets[index].push(...logprobs?.text_offset ?? []);
        if (finish_reason) ends[index] = finish_reason;
      }
    }
    ok(chunks > 10);
    deepStrictEqual(parts, whole.choices.map(({ text }) => text));
    deepStrictEqual(tokens, whole.choices.map(({ logprobs }) => logprobs!.token_logprobs));
    deepStrictEqual(offsets, whole.choices.map(({ logprobs }) => logprobs!.text_offset));
    deepStrictEqual(ends, whole.choices.map(({ finish_reason }) => finish_reason));
    deepStrictEqual(usage, whole.usage);
  }));

Deno.test("the official client: chat, whole and streamed, with log-probs", () =>
  withPolicyServer(async ({ url }, policy) => {
    const client = clientOf(url), messages = [{ role: "user" as const, content: question }];
    const settings = { model, messages, seed: 6, max_completion_tokens: 64, logprobs: true, top_logprobs: 2 };
    const answer = await client.chat.completions.create(settings), [choice] = answer.choices;
    const [reply] = await policy.respond([{ prompt: messages, seed: 6, maxTokens: 64, logProbs: 2 }]);
    deepStrictEqual(choice.message, { role: "assistant", content: reply.text, refusal: null });
    deepStrictEqual(
      choice.logprobs!.content!.map(({ token, logprob, top_logprobs }) => ({
        text: token,
        logProb: logprob,
        likeliest: top_logprobs.map(({ token, logprob }) => ({ text: token, logProb: logprob })),
      })),
      reply.tokens,
    );
    const runner = client.chat.completions.stream(settings), said: string[] = [];
    runner.on("content", (delta) => said.push(delta));
    const streamed = await runner.finalChatCompletion();
    ok(said.length > 3);
    strictEqual(said.join(""), reply.text);
    strictEqual(streamed.choices[0].message.content, reply.text);
    deepStrictEqual(streamed.choices[0].logprobs!.content, choice.logprobs!.content);
    strictEqual(streamed.choices[0].finish_reason, choice.finish_reason);
  }));

Deno.test("the official client: a conversation is written with the policy's chat template", () => {
  const template =
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}{% if bad %}{% endif %}<assistant>";
  return withPolicyServer(
    async ({ url }, policy) => {
      const answer = await clientOf(url).chat.completions.create({
        model,
        messages: [
          { role: "system", content: "be" },
          { role: "user", content: [{ type: "text", text: "he" }, { type: "text", text: "y" }] },
        ],
        seed: 1,
        max_tokens: 8,
      });
      const [reply] = await policy.respond([{ prompt: "<system>be\n<user>hey\n<assistant>", seed: 1, maxTokens: 8 }]);
      strictEqual(answer.choices[0].message.content, reply.text);
    },
    {},
    (policy) => ({ ...policy, tokenizer: { ...policy.tokenizer, chat: makeChatTemplate(template) } }),
  );
});

Deno.test("the official client: models", () =>
  withPolicyServer(async ({ url }) => {
    const client = clientOf(url), found = [];
    for await (const one of client.models.list()) found.push(one);
    deepStrictEqual(found, [{ id: "a:b", object: "model", created: 1_700_000_000, owned_by: "podium" }]);
    deepStrictEqual({ ...await client.models.retrieve("a:b") }.id, "a:b");
    await rejects(client.models.retrieve("gpt"), OpenAI.NotFoundError);
  }, { model: "a:b" }));

Deno.test("the official client: errors are its own errors", () =>
  withPolicyServer(async ({ url }) => {
    const client = clientOf(url, "right"), ask = { model, prompt: "a", max_tokens: 1 };
    await client.completions.create(ask);
    await rejects(clientOf(url, "wrong").completions.create(ask), (error) => {
      ok(error instanceof OpenAI.AuthenticationError);
      strictEqual(error.code, "invalid_api_key");
      return true;
    });
    await rejects(client.completions.create({ ...ask, model: "gpt" }), OpenAI.NotFoundError);
    for (const stream of [false, true]) {
      await rejects(client.completions.create({ ...ask, best_of: 2, stream }), (error) => {
        ok(error instanceof OpenAI.BadRequestError);
        deepStrictEqual([error.param, error.type], ["best_of", "invalid_request_error"]);
        ok(error.message.includes("best_of is not offered here; leave it out."));
        return true;
      });
      await rejects(client.completions.create({ ...ask, prompt: "", stream }), OpenAI.BadRequestError);
      const messages = [{ role: "assistant" as const, content: "I" }];
      await rejects(client.chat.completions.create({ model, messages, stream }), OpenAI.BadRequestError);
    }
  }, { key: "right" }));
