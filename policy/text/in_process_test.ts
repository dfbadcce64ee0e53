import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { question, withPolicy } from "../cpu/checking_test.ts";
import { keyOf } from "../random.ts";
import { seedOf, type TextRequest } from "./frozen.ts";
import { frozen } from "./in_process.ts";

Deno.test("a text is continued as generate() continues it", () =>
  withPolicy(async (policy) => {
    const prompt = policy.tokenizer.encode(question);
    const [drawn] = await policy.generate([{ prompt, key: keyOf(7, "text") }], { maxTokens: 64 });
    const [text, tokens, messages] = await frozen(policy).respond(
      [question, prompt, [{ role: "user", content: question }]].map((prompt) => ({
        prompt,
        seed: 7,
        maxTokens: 64,
        logProbs: 0,
      })),
    );
    strictEqual(text.text, policy.tokenizer.decode(drawn.tokens));
    strictEqual(text.finishReason, "stop");
    deepStrictEqual(text.usage, { promptTokens: prompt.length, completionTokens: drawn.tokens.length });
    deepStrictEqual(text.tokens!.map(({ logProb }) => logProb), [...drawn.logProbs.slice(0, -1)]);
    deepStrictEqual(tokens, text);
    deepStrictEqual(messages, text, "a policy without a chat template gets a conversation as it stands");
  }));

Deno.test("a response does not depend on its company, whatever each of them wants", () =>
  withPolicy(async (policy) => {
    const requests = Array.from({ length: 12 }, (_, i): TextRequest => ({
      prompt: i % 3 ? question : `Tom has ${i} apples .`,
      seed: seedOf(keyOf(1, "company", i)),
      maxTokens: 4 + 5 * i,
      temperature: [0, 0.7, 1][i % 3],
      ...i % 2 && { topP: 0.9 },
      ...i % 4 === 1 && { stop: ["+", "eggs"] },
      ...i % 4 > 1 && { logProbs: i % 4 },
    }));
    const policyOfText = frozen(policy), together = await policyOfText.respond(requests);
    for (const [i, request] of requests.entries()) {
      const [alone] = await policyOfText.respond([request]);
      deepStrictEqual(together[i], alone, `response ${i}`);
      ok(!request.stop?.some((stop) => alone.text.includes(stop)));
      if (request.logProbs === undefined) continue;
      strictEqual(alone.tokens!.map(({ text }) => text).join(""), alone.text);
      for (const { likeliest, logProb } of alone.tokens!) {
        strictEqual(likeliest.length, request.logProbs);
        ok(likeliest[0].logProb >= likeliest.at(-1)!.logProb);
        if (request.temperature === 0) strictEqual(likeliest[0].logProb, logProb);
      }
    }
  }));

Deno.test("pieces come while the response is drawn, and end it if they are not wanted", () =>
  withPolicy(async (policy) => {
    const request = { prompt: question, seed: 3, temperature: 0 }, shown: string[] = [];
    const [whole] = await frozen(policy).respond([request], { onText: (_, { text }) => void shown.push(text) });
    ok(shown.length > 3, "it comes in parts");
    strictEqual(shown.join(""), whole.text);
    const [cut, other] = await frozen(policy).respond([request, request], { onText: (index) => index === 1 });
    strictEqual(cut.text, shown[0]);
    strictEqual(cut.finishReason, "length");
    deepStrictEqual(other, whole);
  }));

Deno.test("a response has room to the end of the context, and a prompt that leaves none is refused", () =>
  withPolicy(async (policy) => {
    const { contextLength } = policy, prompt = new Array(contextLength - 2).fill(20);
    const [reply] = await frozen(policy).respond([{ prompt, seed: 1, maxTokens: 500 }]);
    ok(reply.usage!.completionTokens <= 2);
    const refused = (request: Partial<TextRequest>, message: RegExp) =>
      rejects(frozen(policy).respond([{ prompt: "a", seed: 1, ...request }]), (error: Error) => {
        ok(error instanceof RangeError, String(error));
        ok(message.test(error.message), error.message);
        return true;
      });
    await refused(
      { prompt: [...prompt, 20, 20] },
      /has 1024 tokens, and the policy is made for 1024 with the response/,
    );
    await refused({ prompt: "" }, /^The prompt is empty/);
    await refused({ prompt: [] }, /^The prompt is empty/);
    await refused({ prompt: [9999] }, /holds 9999, which is no token id/);
    await refused({ seed: -1 }, /^The seed -1 is no whole number from 0\.$/);
    await refused({ stop: [""] }, /^A text that ends a response is empty/);
    await refused({ logProbs: 0.5 }, /^0\.5 most likely tokens/);
    await refused({ temperature: -1 }, /temperature -1/);
    await refused({ temperature: 1e-39 }, /temperature 1e-39; use 0, or 0\.000001 or more/);
    await refused({ topP: 0 }, /topP is 0/);
    await refused(
      { prompt: [{ role: "assistant", content: "I" }] },
      /no chat template, so it knows no messages of "assistant"/,
    );
  }));

Deno.test("a signal ends what is drawn", () =>
  withPolicy(async (policy) => {
    const controller = new AbortController(), reason = new Error("enough");
    let pieces = 0;
    const drawing = frozen(policy).respond([{ prompt: question, seed: 1 }], {
      signal: controller.signal,
      onText() {
        if (++pieces === 2) controller.abort(reason);
      },
    });
    await rejects(drawing, reason);
    strictEqual(pieces, 2);
  }));
