import { strict as assert } from "node:assert";
import fc from "fast-check";
import type { Tokenizer } from "../policy/policy.ts";
import { openSource } from "./policies.ts";
import { piecesOf, tokenBefore } from "./pieces.ts";

/** One token per byte, as byte-level tokenizers fall back to. */
const bytes: Tokenizer = {
  vocabularySize: 256,
  encode: (text) => [...new TextEncoder().encode(text)],
  decode: (ids) => new TextDecoder().decode(Uint8Array.from(ids)),
};

/** A decoder that drops the space at the start, as those of SentencePiece do. */
const words = ["▁let", "▁us", "▁see", ".", "s"];
const spaced: Tokenizer = {
  vocabularySize: words.length,
  encode: () => [],
  decode: (ids) => ids.map((id) => words[id].replace("▁", " ")).join("").replace(/^ /, ""),
};

Deno.test("a character of several byte tokens belongs to the last of them", () => {
  assert.deepEqual(piecesOf(bytes, bytes.encode("aé🦕!")), ["a", "", "é", "", "", "", "🦕", "!"]);
});

Deno.test("a decoder that drops the first space is met by differences", () => {
  assert.deepEqual(piecesOf(spaced, [0, 1, 2, 4, 3]), ["let", " us", " see", "s", "."]);
});

Deno.test("pieces add up to the text, whatever the bytes", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 24 }), (tokens) => {
    const pieces = piecesOf(bytes, tokens);
    assert.equal(pieces.length, tokens.length);
    assert.equal(pieces.join(""), bytes.decode(tokens));
  }));
});

Deno.test("pieces of the base policy's tokenizer add up, also over characters that it spells in bytes", async () => {
  const policy = await openSource("embedded:base");
  try {
    for (const text of ["first 34+36=70 apples.\n#### 70", "naïve – 5 €, 🦕."]) {
      const tokens = policy.tokenizer.encode(text), pieces = piecesOf(policy.tokenizer, tokens);
      assert.equal(pieces.join(""), text);
      assert.ok(pieces.every((piece) => !piece.includes("\ufffd")));
    }
  } finally {
    await policy.dispose();
  }
});

Deno.test("an offset in the text becomes the token that holds the character before it", () => {
  const pieces = ["ab", "", "c", "de"];
  assert.deepEqual([1, 2, 3, 4, 5].map((offset) => tokenBefore(pieces, offset)), [0, 0, 2, 3, 3]);
  for (const offset of [0, 6]) assert.throws(() => tokenBefore(pieces, offset), /steps end within the text/);
});
