import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import { makeChatTemplate, promptTokens, templateOfConfig } from "./chat_template.ts";
import { loadTokenizer } from "./tokenizer.ts";

const SHARED = new URL("../../shared/data/models/", import.meta.url);

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "the Qwen2.5 templates write every conversation as the reference does (absent: ../shared/data/models)",
  ignore: !exists(SHARED),
  async fn() {
    const config = async (model: string) =>
      JSON.parse(await Deno.readTextFile(new URL(`${model}/tokenizer_config.json`, SHARED)));
    const tokenizer = await loadTokenizer(new URL("Qwen2.5-0.5B-Instruct", SHARED).pathname);
    const cases = await Deno.readTextFile(new URL("chat_template_cases.jsonl", SHARED));
    for (const line of cases.trim().split("\n")) {
      const { model, name, messages, tools, add_generation_prompt, rendered, token_ids } = JSON.parse(line);
      const template = makeChatTemplate(templateOfConfig(await config(model))!, await config(model));
      const text = template.render(messages, { tools, addGenerationPrompt: add_generation_prompt });
      strictEqual(text, rendered, `${model}: ${name}`);
      deepStrictEqual(tokenizer.encode(text), token_ids, `${model}: ${name}`);
      if (name === "gsm8k user only" && model === "Qwen2.5-0.5B-Instruct") {
        deepStrictEqual(promptTokens(tokenizer, messages[0].content), token_ids);
      }
    }
  },
});

Deno.test("a prompt is what the user says, with the answer's beginning behind it", () => {
  const encode = (text: string) => Array.from(text, (character) => character.charCodeAt(0));
  const plain = { encode, decode: () => "", vocabularySize: 128 };
  deepStrictEqual(promptTokens(plain, "2+2?"), encode("2+2?"));
  const chat = makeChatTemplate(
    "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}",
    { bos_token: { content: "<s>" }, eos_token: null },
  );
  deepStrictEqual(promptTokens({ ...plain, chat }, "2+2?"), encode("<s>[user]2+2?[assistant]"));
  strictEqual(chat.render([{ role: "system", content: "a" }], { addGenerationPrompt: false }), "<s>[system]a");
});

Deno.test("a template knows no date of today", () => {
  const chat = makeChatTemplate(
    "{% if strftime_now is defined %}{{ strftime_now('%Y') }}{% else %}no date{% endif %}",
  );
  strictEqual(chat.render([]), "no date");
});

Deno.test("of several templates in a configuration, the default one counts", () => {
  strictEqual(templateOfConfig({}), undefined);
  strictEqual(templateOfConfig({ chat_template: "a" }), "a");
  const named = [{ name: "tool_use", template: "b" }, { name: "default", template: "a" }];
  strictEqual(templateOfConfig({ chat_template: named }), "a");
});

Deno.test("a damaged template and a refused conversation are one sentence that names the file", () => {
  throws(
    () => makeChatTemplate("{% if %}", {}, "chat_template.jinja"),
    /^Error: chat_template\.jinja: the chat template /,
  );
  const chat = makeChatTemplate("{{ raise_exception('no system messages') }}", {}, "chat_template.jinja");
  try {
    chat.render([]);
  } catch (error) {
    match((error as Error).message, /^chat_template\.jinja: the chat template fails \(.*no system messages.*\)\.$/);
    return;
  }
  throw new Error("it was not refused");
});

Deno.test("loadTokenizer() takes the template from chat_template.jinja before tokenizer_config.json", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const model = { type: "WordLevel", vocab: { "a": 0, "<unk>": 1 }, unk_token: "<unk>" };
    const pre_tokenizer = { type: "Whitespace" };
    const tokenizer = {
      version: "1.0",
      added_tokens: [],
      normalizer: null,
      pre_tokenizer,
      post_processor: null,
      model,
    };
    await Deno.writeTextFile(`${folder}/tokenizer.json`, JSON.stringify({ ...tokenizer, decoder: null }));
    strictEqual((await loadTokenizer(folder)).chat, undefined);
    await Deno.writeTextFile(`${folder}/tokenizer_config.json`, JSON.stringify({ chat_template: "config" }));
    strictEqual((await loadTokenizer(folder)).chat?.text, "config");
    await Deno.writeTextFile(`${folder}/chat_template.jinja`, "file");
    strictEqual((await loadTokenizer(folder)).chat?.render([]), "file");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
