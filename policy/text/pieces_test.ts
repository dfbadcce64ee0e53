import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { integer, keyOf } from "../random.ts";
import type { Tokenizer } from "../policy.ts";
import { loadTokenizer, makeTokenizer } from "../tokenizer.ts";
import { textPieces } from "./pieces.ts";

fc.configureGlobal({ seed: 20261126 });

const home = decodeURIComponent(new URL("../../fixtures/base/", import.meta.url).pathname);
const bytes = await loadTokenizer(home);

/** A tokenizer whose decoder puts spaces between words, so that a token alone has another text than in a sentence. */
const words = makeTokenizer({
  version: "1.0",
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "Whitespace" },
  post_processor: null,
  decoder: null,
  model: { type: "WordLevel", vocab: { "a": 0, "egg": 1, "<unk>": 2 }, unk_token: "<unk>" },
});

/** Pieces of a response, and the tokens that it took. */
function follow(tokenizer: Tokenizer, tokens: readonly number[], stop: readonly string[] = []) {
  const text = textPieces(tokenizer, stop), pieces = [];
  let taken = 0;
  while (taken < tokens.length && !text.stopped) {
    pieces.push(text.push({ token: tokens[taken++], logProb: -taken, likeliest: [] }));
  }
  if (!text.stopped) pieces.push(text.end());
  return { pieces, taken, stopped: text.stopped, text: pieces.map(({ text }) => text).join("") };
}

/** Any ids: words, and bytes that are no character. */
const anyTokens = fc.array(fc.integer({ min: 0, max: 317 }), { maxLength: 40 });

Deno.test("pieces, joined, are the decoded text, and so are the texts of the tokens", () => {
  fc.assert(fc.property(anyTokens, (tokens) => {
    const { pieces, text } = follow(bytes, tokens);
    strictEqual(text, bytes.decode(tokens));
    for (const piece of pieces) strictEqual(piece.tokens.map(({ text }) => text).join(""), piece.text);
    deepStrictEqual(
      pieces.flatMap(({ tokens }) => tokens.map(({ logProb }) => logProb)),
      tokens.map((_, index) => -1 - index),
    );
  }));
  strictEqual(follow(words, [0, 1, 1, 0]).text, "a egg egg a");
});

Deno.test("characters of several tokens come whole", () => {
  const tokens = bytes.encode("é😀!");
  ok(tokens.length > 4, "the tokenizer has bytes alone for these");
  const shown = follow(bytes, tokens).pieces.map(({ text }) => text).filter((text) => text !== "");
  deepStrictEqual(shown, ["é", "😀", "!"]);
});

Deno.test("a response ends before the first stop text, wherever its tokens lie", () => {
  const letters = fc.array(fc.constantFrom(..."ab#\n é").map((letter) => letter), { maxLength: 30 });
  const stops = fc.array(fc.array(fc.constantFrom(..."ab#\né"), { minLength: 1, maxLength: 4 }), { maxLength: 3 });
  fc.assert(fc.property(letters, stops, (letters, stops) => {
    const whole = letters.join(""), stop = stops.map((letters) => letters.join(""));
    const tokens = bytes.encode(whole), { text, stopped, taken, pieces } = follow(bytes, tokens, stop);
    const places = stop.map((end) => whole.indexOf(end)).filter((place) => place >= 0);
    strictEqual(stopped, places.length > 0);
    // The first that is complete ends it: a longer one may begin earlier and end later.
    const read = bytes.decode(tokens.slice(0, taken));
    const cut = Math.min(...stop.map((end) => read.indexOf(end)).filter((place) => place >= 0), read.length);
    strictEqual(text, whole.slice(0, cut));
    strictEqual(pieces.flatMap(({ tokens }) => tokens.map(({ text }) => text)).join(""), text);
  }));
});

Deno.test("text is held back while it may begin a stop text, and no longer", () => {
  const tokens = bytes.encode("x #### y"), { pieces } = follow(bytes, tokens, ["\n####", "y!"]);
  strictEqual(pieces.map(({ text }) => text).join(""), "x #### y");
  strictEqual(pieces.at(-1)!.text, "y", "held to the end");
});

Deno.test("alternatives are shown as the text they would add", () => {
  const text = textPieces(words), egg = { token: 1, logProb: -1 };
  text.push({ ...egg, likeliest: [] });
  const [token] = text.push({ ...egg, likeliest: [{ token: 0, logProb: -0.5 }, egg] }).tokens;
  deepStrictEqual(token.likeliest, [{ text: " a", logProb: -0.5 }, { text: " egg", logProb: -1 }]);
});

Deno.test("a long response takes time in proportion to its length", () => {
  const key = keyOf(1, "long"), tokens = Array.from({ length: 4000 }, (_, index) => integer(key, index, 256));
  let decoded = 0;
  const counted: Tokenizer = { ...bytes, decode: (ids) => (decoded += ids.length, bytes.decode(ids)) };
  strictEqual(follow(counted, tokens).text, bytes.decode(tokens));
  ok(decoded < 100 * tokens.length, `${decoded} tokens were decoded`);
});
