import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { fixture } from "./checking_test.ts";
import { externalDataOf } from "./external_data.ts";
import { openOnnxPolicy } from "./open.ts";
import { inFolder } from "../folder_for_tests.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261126 });

const utf8 = (text: string) => [...new TextEncoder().encode(text)];

function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
}

/** A field with bytes. */
const field = (
  number: number,
  bytes: readonly number[],
) => [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];

/** A tensor that keeps its numbers in a file. */
const tensor = (location: string) =>
  [["offset", "0"], ["location", location], ["length", "4"]].flatMap(([key, value]) =>
    field(13, [...field(1, utf8(key)), ...field(2, utf8(value))])
  );

/** The places where onnx.proto has tensors, each as the bytes of a model. */
const PLACES: Readonly<Record<string, (bytes: readonly number[]) => number[]>> = {
  "an initializer": (bytes) => field(7, field(5, bytes)),
  "a constant": (bytes) => field(7, field(1, field(5, field(5, bytes)))),
  "a branch": (bytes) => field(7, field(1, field(5, field(6, field(5, bytes))))),
  "a sparse initializer": (bytes) => field(7, field(15, field(1, bytes))),
};

/** Copies an ONNX policy without its tokenizer, to damage it. */
async function copied(name: string, folder: string, ...files: string[]) {
  await Deno.mkdir(`${folder}/onnx`, { recursive: true });
  for (const file of ["config.json", "generation_config.json", ...files.map((file) => `onnx/${file}`)]) {
    await Deno.copyFile(`${fixture(name)}/${file}`, `${folder}/${file}`);
  }
}

async function refused(directory: string, file?: string): Promise<string> {
  const error = await openOnnxPolicy(directory, { file, tokenizer: false })
    .then(() => ok(false, "it was opened"), (error) => error);
  ok(!error.message.includes("\n") && error.message.endsWith("."), error.message);
  return error.message.replaceAll(directory, "D");
}

Deno.test("files beside a graph are found, wherever its tensors stand", () =>
  inFolder((folder) => {
    deepStrictEqual(externalDataOf(`${fixture("llama-mqa")}/onnx/model.onnx`), ["model.onnx_data"]);
    deepStrictEqual(externalDataOf(`${fixture("qwen2-tied")}/onnx/model.onnx`), []);
    const path = `${folder}/made.onnx`, other = [...varint(1 * 8), ...varint(300), ...varint(2 * 8 + 5), 1, 2, 3, 4];
    for (const [place, at] of Object.entries(PLACES)) {
      const bytes = [...other, ...at(tensor("b_data")), ...at(tensor("a/data")), ...at(tensor("b_data"))];
      Deno.writeFileSync(path, Uint8Array.from(bytes));
      deepStrictEqual(externalDataOf(path), ["a/data", "b_data"], place);
    }
    for (const name of ["/etc/passwd", "../weights", "a/../../b", "C:\\weights", "..\\b", ""]) {
      Deno.writeFileSync(path, Uint8Array.from(field(7, field(5, tensor(name)))));
      throws(() => externalDataOf(path), {
        message: `${path}: it keeps weights in ${JSON.stringify(name)}, which is not beside it.`,
      });
    }
  }));

Deno.test("a graph that is cut off, or is none, is refused and never read beyond its end", () =>
  inFolder((folder) => {
    const whole = Deno.readFileSync(`${fixture("llama-mqa")}/onnx/model.onnx`), path = `${folder}/cut.onnx`;
    const refusal = new RegExp(
      `^${path}: it is no ONNX file, or not all of it is there \\(\\d+ bytes\\); get it again\\.$`,
    );
    const cut = (bytes: Uint8Array) => {
      Deno.writeFileSync(path, bytes);
      throws(() => externalDataOf(path), (error: Error) => refusal.test(error.message));
    };
    // The graph is all but the last few fields.
    fc.assert(fc.property(fc.integer({ min: 0, max: whole.length - 200 }), (length) => cut(whole.subarray(0, length))));
    for (const text of ["", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "{}", "<html></html>"]) {
      cut(new TextEncoder().encode(text));
    }
    // Any bytes are refused, or name files; nothing else happens.
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      Deno.writeFileSync(path, bytes);
      try {
        externalDataOf(path);
      } catch (error) {
        match((error as Error).message, /: it (is no ONNX file|keeps weights in)/);
      }
    }));
  }));

Deno.test("a file is chosen by its path or by its name, and those that are there are named", () =>
  inFolder(async (folder) => {
    strictEqual(await refused(`${folder}/none`), "D: it has no onnx/model.onnx.");
    await copied("qwen2-tied", folder, "model_int8.onnx", "model_fp16.onnx");
    const there = "; it has onnx/model_fp16.onnx, onnx/model_int8.onnx: name one of them.";
    strictEqual(await refused(folder), `D: it has no onnx/model.onnx${there}`);
    strictEqual(await refused(folder, "q4"), `D: it has no q4${there}`);
    await Deno.copyFile(`${folder}/onnx/model_int8.onnx`, `${folder}/model.onnx`);
    const digests = new Set<string>();
    for (const file of ["onnx/model_int8.onnx", "model_int8.onnx", "model.onnx"]) {
      const policy = await openOnnxPolicy(folder, { file, tokenizer: false });
      digests.add(await policy.digest());
      await policy.dispose();
    }
    strictEqual(digests.size, 1);
  }));

Deno.test("what is missing or damaged is refused in one sentence", () =>
  inFolder(async (folder) => {
    await copied("llama-mqa", folder, "model.onnx");
    const data = `${folder}/onnx/model.onnx_data`, config = `${folder}/config.json`;
    strictEqual(
      await refused(folder),
      "D/onnx/model.onnx: it keeps its weights in D/onnx/model.onnx_data, which cannot be read (no such file or directory).",
    );
    const bytes = await Deno.readFile(`${fixture("llama-mqa")}/onnx/model.onnx_data`);
    await Deno.writeFile(data, bytes.subarray(0, 1000));
    match(await refused(folder), /^D\/onnx\/model\.onnx: onnxruntime can't open it \(.+\)\.$/);
    await Deno.writeFile(data, bytes);
    const json = JSON.parse(await Deno.readTextFile(config));
    const cases: [change: object, message: string][] = [
      [{ vocab_size: 95 }, "D/onnx/model.onnx: its logits have 96 numbers, and config.json says vocab_size 95."],
      [
        { num_hidden_layers: 3 },
        "D/onnx/model.onnx: it has a cache of 2 layers, and config.json says num_hidden_layers 3.",
      ],
      [{ max_position_embeddings: undefined }, "D/config.json: max_position_embeddings is missing."],
      [{ vocab_size: "many" }, 'D/config.json: vocab_size must be a positive integer, not "many".'],
    ];
    for (const [change, message] of cases) {
      await Deno.writeTextFile(config, JSON.stringify({ ...json, ...change }));
      strictEqual(await refused(folder), message);
    }
    await Deno.writeTextFile(config, "[]");
    strictEqual(await refused(folder), "D/config.json: it must hold a JSON object.");
    await Deno.remove(config);
    strictEqual(await refused(folder), "D/config.json: cannot be read (no such file or directory).");
    await Deno.writeTextFile(config, JSON.stringify(json));
    await Deno.writeTextFile(`${folder}/generation_config.json`, '{"eos_token_id": 96}');
    strictEqual(await refused(folder), "D/generation_config.json: eos_token_id 96 is not a token id below 96.");
    await Deno.remove(`${folder}/generation_config.json`);
    await rejects(openOnnxPolicy(folder), { message: /tokenizer\.json: cannot be read/ });
    const policy = await openOnnxPolicy(folder, { tokenizer: false });
    throws(() => policy.tokenizer.encode("a"), /opened without its tokenizer/);
    deepStrictEqual([policy.stopTokens, policy.tokenizer.vocabularySize], [[2], 96]);
    await policy.dispose();
  }));
