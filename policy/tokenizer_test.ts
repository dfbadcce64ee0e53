import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
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

/** That a tokenizer reads and writes what the reference does. */
async function checkReference(tokenizer: Awaited<ReturnType<typeof loadTokenizer>>): Promise<void> {
  strictEqual(tokenizer.vocabularySize, 151665);
  const cases = await Deno.readTextFile(new URL("tokenizer_cases.jsonl", SHARED));
  for (const line of cases.trim().split("\n")) {
    const { text, ids, decoded } = JSON.parse(line);
    deepStrictEqual(tokenizer.encode(text), ids, text);
    strictEqual(tokenizer.decode(ids, { specialTokens: true }), decoded);
  }
}

Deno.test({
  name: "the Qwen2.5 tokenizer gives the ids and the text of the reference (absent: ../shared/data/models)",
  ignore: absent,
  async fn() {
    const tokenizer = await loadTokenizer(decodeURIComponent(QWEN.pathname));
    await checkReference(tokenizer);
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

Deno.test({
  name: "Qwen2.5's vocab.json and merges.txt are the tokenizer of the reference (absent: ../shared/data/models)",
  ignore: absent,
  async fn() {
    const tokenizer = await loadTokenizer(decodeURIComponent(new URL("Qwen2.5-0.5B", SHARED).pathname));
    await checkReference(tokenizer);
  },
});

Deno.test("a Qwen2 tokenizer without tokenizer.json is read from vocab.json and merges.txt", async () => {
  const folder = await Deno.makeTempDir();
  const write = (name: string, content: unknown) =>
    Deno.writeTextFile(`${folder}/${name}`, typeof content === "string" ? content : JSON.stringify(content));
  try {
    const vocab = ["a", "b", "1", "Ġ", "Ã", "©", "ab", "Ġab", "Ã©", "11"];
    await write("vocab.json", Object.fromEntries(vocab.map((token, id) => [token, id])));
    await write("merges.txt", "#version: 0.2\na b\nĠ ab\nÃ ©\n1 1\n");
    const end = {
      content: "<end>",
      lstrip: false,
      normalized: false,
      rstrip: false,
      single_word: false,
      special: true,
    };
    const config = { tokenizer_class: "Qwen2Tokenizer", added_tokens_decoder: { 10: end } };
    await write("tokenizer_config.json", config);
    const tokenizer = await loadTokenizer(folder);
    strictEqual(tokenizer.vocabularySize, 11);
    // Digits stand alone, a letter and the accent after it become one, a space goes with the word after it.
    deepStrictEqual(tokenizer.encode("ab ab11e\u0301<end>"), [6, 7, 2, 2, 8, 10]);
    strictEqual(tokenizer.decode([6, 7, 2, 2, 8, 10]), "ab ab11é");
    await write("tokenizer_config.json", { ...config, tokenizer_class: "GPT2Tokenizer" });
    await rejects(loadTokenizer(folder), /tokenizer\.json: cannot be read/);
    await write("tokenizer_config.json", config);
    await Deno.remove(`${folder}/vocab.json`);
    await rejects(loadTokenizer(folder), /vocab\.json: cannot be read/);
    await write("vocab.json", []);
    await write("tokenizer.json", SMALL);
    deepStrictEqual((await loadTokenizer(folder)).encode("a egg"), [1, 2]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
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

Deno.test("text of byte-level tokens is that of the library, for ASCII and for parts of other characters", async () => {
  // The bytes of "é" and of "€" as the letters that stand for them, a word, one that has both, and an end.
  const vocab = { "<end>": 0, "a": 1, "Ġegg": 2, "Ã": 3, "©": 4, "â": 5, "Ĥ": 6, "¬": 7, "aÃ©": 8, "Ċ": 9 };
  const small = { ...SMALL, decoder: { type: "ByteLevel" }, model: { type: "BPE", vocab, merges: [] } };
  const base = JSON.parse(await Deno.readTextFile(new URL("../fixtures/base/tokenizer.json", import.meta.url)));
  for (const [json, most] of [[small, 12], [base, 330]] as const) {
    const tokenizer = makeTokenizer(json), library = new HuggingFaceTokenizer(json, {});
    const id = fc.integer({ min: 0, max: most });
    fc.assert(fc.property(fc.array(id, { minLength: 1, maxLength: 12 }), fc.boolean(), (ids, specialTokens) => {
      const known = ids.filter((id) => library.id_to_token(id) !== undefined);
      const options = { skip_special_tokens: !specialTokens, clean_up_tokenization_spaces: false };
      const expected = known.length === 0 ? "" : library.decode(known, options);
      strictEqual(tokenizer.decode(ids, { specialTokens }), expected);
    }));
  }
  strictEqual(makeTokenizer(small).decode([1, 2, 0, 3, 4, 5, 6, 7, 8]), "a eggé€aé");
});
