import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import type { Tokenizer } from "./policy.ts";
import { stopTextTest } from "./stop_texts.ts";
import { loadTokenizer } from "./tokenizer.ts";

/** Tokens are the given texts; decoding joins them, and `trim` drops a space at the start, as some decoders do. */
function joining(pieces: readonly string[], trim = false): Tokenizer {
  const decode = (ids: readonly number[]) => {
    const text = ids.map((id) => pieces[id]).join("");
    return trim ? text.replace(/^ /, "") : text;
  };
  return { vocabularySize: pieces.length, encode: () => [], decode };
}

/** Number of tokens after which drawing ends. */
function endOf(tokenizer: Tokenizer, tokens: readonly number[], texts: readonly string[]): number | undefined {
  const completes = stopTextTest(tokenizer, texts);
  const at = tokens.findIndex((_, index) => completes(tokens.slice(0, index + 1)));
  return at < 0 ? undefined : at + 1;
}

Deno.test("a stop text ends a turn wherever it begins and ends within tokens", () => {
  const tokenizer = joining(["a", "</", "search", ">", "</search>", "x</sea", "rch>\n", ">b", ""]);
  const end = (...tokens: number[]) => endOf(tokenizer, tokens, ["</search>"]);
  strictEqual(end(0, 4, 0), 2, "one token");
  strictEqual(end(1, 2, 3, 0), 3, "three tokens");
  strictEqual(end(5, 6, 0), 2, "within tokens, with a line break behind it");
  strictEqual(end(1, 2, 8, 7, 0), 4, "a token without text between");
  strictEqual(end(1, 3, 2, 3, 0), undefined, "its parts, but not in one piece");
  strictEqual(endOf(tokenizer, [0, 0, 4], []), undefined, "no stop texts");
});

Deno.test("the token with which the drawn ones first hold a text is found, for any pieces", () => {
  const piece = fc.string({ unit: fc.constantFrom("<", "/", "s", ">", " ", "é"), maxLength: 4 });
  const texts = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom("<", "s", ">", " ", "é"), minLength: 1, maxLength: 3 }),
    {
      maxLength: 3,
    },
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), texts, fc.boolean(), (pieces, texts, trim) => {
      const tokenizer = joining(pieces, trim), tokens = pieces.map((_, id) => id);
      const slowly = tokens.findIndex((_, i) =>
        texts.some((text) => tokenizer.decode(tokens.slice(0, i + 1)).includes(text))
      );
      strictEqual(endOf(tokenizer, tokens, texts), slowly < 0 ? undefined : slowly + 1);
    }),
    { seed: 4, numRuns: 2000 },
  );
});

Deno.test("tags are found in the embedded tokenizer's bytes, and in characters of several bytes", async () => {
  const tokenizer = await loadTokenizer(decodeURIComponent(new URL("../fixtures/base/", import.meta.url).pathname));
  for (const [before, stop, after] of [["Dan has 4", "</search>", "\n"], ["a", "。", "b"], ["", "=", "3"]]) {
    const tokens = tokenizer.encode(before + stop + after);
    deepStrictEqual(tokenizer.decode(tokens.slice(0, endOf(tokenizer, tokens, [stop]))), before + stop);
  }
});

Deno.test("an empty stop text is refused", () => {
  throws(() => stopTextTest(joining([]), ["a", ""]), /ends a turn is empty/);
});
