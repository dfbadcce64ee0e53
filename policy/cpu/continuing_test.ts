import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import type { Policy } from "../policy.ts";
import { keyOf } from "../random.ts";
import { openPolicy } from "../open.ts";
import { sameBits, shuffled } from "./checking_test.ts";

const home = decodeURIComponent(new URL("../../fixtures/base/", import.meta.url).pathname);

async function withPolicy(body: (policy: Policy) => Promise<void>) {
  const policy = await openPolicy(home);
  try {
    await body(policy);
  } finally {
    await policy.dispose();
  }
}

const question = "Dan has 44 eggs. He finds 47 more. He puts them in 7 equal bags. How many eggs in each?\nAnswer:\n";
const requestsFor = ({ tokenizer }: Policy, count: number) =>
  Array.from({ length: count }, (_, i) => ({ prompt: tokenizer.encode(question), key: keyOf(3, "continuing", i) }));

Deno.test("a response that is continued from any of its tokens is the response: the noise goes on", () =>
  withPolicy(async (policy) => {
    const requests = requestsFor(policy, 24), whole = await policy.generate(requests, { maxTokens: 64 });
    for (const cut of [1, 5, 12]) {
      const rest = await policy.generate(
        requests.map((request, i) => ({ ...request, begun: whole[i].tokens.slice(0, cut) })),
        { maxTokens: 64 },
      );
      whole.forEach(({ tokens, logProbs }, i) => {
        deepStrictEqual(rest[i].tokens, tokens.slice(cut), `response ${i} from token ${cut}`);
        // Prompt kernels and decoding kernels differ in the last bits.
        rest[i].logProbs.forEach((logProb, t) => ok(Math.abs(logProb - logProbs[cut + t]) < 1e-4));
      });
    }
    const again = await policy.generate(requests.map((request) => ({ ...request, begun: [] })), { maxTokens: 64 });
    again.forEach(({ logProbs }, i) => sameBits(logProbs, whole[i].logProbs, `nothing begun, response ${i}`));
    const asPrompt = await policy.generate(
      requests.map(({ prompt, key }, i) => ({ prompt: [...prompt, ...whole[i].tokens.slice(0, 5)], key })),
      { maxTokens: 64 },
    );
    notDeepStrictEqual(asPrompt.map(({ tokens }) => tokens), whole.map(({ tokens }) => tokens.slice(5)));
  }));

Deno.test("a continued response is bitwise the same alone and in any company", () =>
  withPolicy(async (policy) => {
    const begun = (i: number) => policy.tokenizer.encode("first 44+47=91 eggs.\n".slice(0, 1 + i % 21));
    const requests = requestsFor(policy, 40).map((request, i) => ({ ...request, begun: begun(i) }));
    const maxTokens = requests.map((_, i) => 4 + i), options = { stopTexts: ["="] };
    const all = await policy.generate(requests, { ...options, maxTokens });
    const order = shuffled("continued", 40);
    const mixed = await policy.generate(order.map((i) => requests[i]), {
      ...options,
      maxTokens: order.map((i) => maxTokens[i]),
    });
    for (const [place, i] of order.entries()) {
      const [alone] = await policy.generate([requests[i]], { ...options, maxTokens: maxTokens[i] });
      for (const other of [alone, mixed[place]]) {
        deepStrictEqual({ ...other, logProbs: 0 }, { ...all[i], logProbs: 0 });
        sameBits(other.logProbs, all[i].logProbs, `response ${i}`);
      }
    }
  }));

Deno.test("a stop text ends a response with the token that completes it, whatever would have followed", () =>
  withPolicy(async (policy) => {
    const requests = requestsFor(policy, 32), whole = await policy.generate(requests, { maxTokens: 64 });
    const cut = await policy.generate(requests, { maxTokens: 64, stopTexts: ["=", "bags."] });
    let shorter = 0;
    cut.forEach(({ tokens, logProbs, truncated }, i) => {
      const end = whole[i].tokens.findIndex((_, t) =>
        /=|bags\./.test(policy.tokenizer.decode(whole[i].tokens.slice(0, t + 1)))
      );
      deepStrictEqual(tokens, end < 0 ? whole[i].tokens : whole[i].tokens.slice(0, end + 1));
      strictEqual(truncated, end < 0 && whole[i].truncated);
      sameBits(logProbs, whole[i].logProbs.slice(0, tokens.length), `response ${i}`);
      if (end >= 0) shorter++;
    });
    ok(shorter > 20, `${shorter} responses were cut`);
  }));

Deno.test("every request may have a maximum length of its own; senseless ones are refused", () =>
  withPolicy(async (policy) => {
    const requests = requestsFor(policy, 4);
    const drawn = await policy.generate(requests, { maxTokens: [0, 3, 1, 64] });
    deepStrictEqual(drawn.slice(0, 3).map(({ tokens, truncated }) => [tokens.length, truncated]), [
      [0, true],
      [3, true],
      [1, true],
    ]);
    strictEqual(drawn[3].truncated, false);
    throws(() => policy.generate(requests, { maxTokens: [1, 2] }), /^RangeError: 4 requests have 2 maximum lengths; /);
    throws(() => policy.generate(requests, { maxTokens: [1, 2, 3, -1] }), /at most -1 tokens/);
    throws(
      () => policy.generate([{ ...requests[0], begun: [-1] }], { maxTokens: 1 }),
      /^RangeError: The begun response 0 holds -1, /,
    );
  }));
