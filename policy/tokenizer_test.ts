import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { loadTokenizer, makeTokenizer } from "./tokenizer.ts";

const SHARED = new URL("../../shared/data/models/", import.meta.url);
const QWEN = new URL("Qwen2.5-0.5B-Instruct/", SHARED);
const absent = !exists(new URL("tokenizer.json", QWEN));

/** Three words and a special token. */
const SMALL = {
  version: "1.0",
  added_tokens: [
    { id: 0, content: "<end>", special: true, normalized: false, single_word: false, lstrip: false, rstrip: false },
  ],
  normalizer: null,
  pre_tokenizer: { type: "Whitespace" },
  post_processor: null,
  decoder: null,
  model: { type: "WordLevel", vocab: { "<end>": 0, "a": 1, "egg": 2, "<unk>": 3 }, unk_token: "<unk>" },
};

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "the Qwen2.5 tokenizer gives the ids and the text of the reference (absent: ../shared/data/models)",
  ignore: absent,
  async fn() {
    const tokenizer = await loadTokenizer(decodeURIComponent(QWEN.pathname));
    strictEqual(tokenizer.vocabularySize, 151665);
    const cases = await Deno.readTextFile(new URL("tokenizer_cases.jsonl", SHARED));
    for (const line of cases.trim().split("\n")) {
      const { text, ids, decoded } = JSON.parse(line);
      deepStrictEqual(tokenizer.encode(text), ids, text);
      strictEqual(tokenizer.decode(ids, { specialTokens: true }), decoded);
    }
    const chat = await Deno.readTextFile(new URL("chat_template_cases.jsonl", SHARED));
    for (const line of chat.trim().split("\n")) {
      const { rendered, token_ids } = JSON.parse(line);
      deepStrictEqual(tokenizer.encode(rendered), token_ids);
      strictEqual(tokenizer.decode(token_ids, { specialTokens: true }), rendered);
    }
    strictEqual(tokenizer.decode([151644, 9707, 11, 1879, 0, 151645]), "Hello, world!");
    strictEqual(tokenizer.decode([9707, 151900]), "Hello"); // the model has 151936 rows
    strictEqual(tokenizer.decode([151900]), "");
    deepStrictEqual(tokenizer.encode(""), []);
    strictEqual(tokenizer.decode([]), "");
  },
});

Deno.test("special tokens are recognized, never added, and left out of the text unless asked for", () => {
  const tokenizer = makeTokenizer(SMALL);
  strictEqual(tokenizer.vocabularySize, 4);
  deepStrictEqual(tokenizer.encode("a egg"), [1, 2]);
  deepStrictEqual(tokenizer.encode("a egg<end>"), [1, 2, 0]);
  strictEqual(tokenizer.decode([1, 2, 0]), "a egg");
  strictEqual(tokenizer.decode([1, 2, 0], { specialTokens: true }), "a egg <end>");
  strictEqual(tokenizer.decode([1, 77, 2]), "a egg");
});

Deno.test("loadTokenizer() names a file that is missing or damaged", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await rejects(loadTokenizer(folder), /tokenizer.json: cannot be read/);
    await Deno.writeTextFile(`${folder}/tokenizer.json`, '{"model": ');
    await rejects(loadTokenizer(folder), /tokenizer.json: cannot be read/);
    await Deno.writeTextFile(`${folder}/tokenizer.json`, "{}");
    await rejects(loadTokenizer(folder), /tokenizer.json: it is not a tokenizer that can be read/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  throws(() => makeTokenizer({ ...SMALL, model: { type: "Magic" } }), /it is not a tokenizer/);
});
