import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { loadExpectedPeft, PEFT_ADAPTERS } from "../fixtures/models/expected.ts";
import { openPolicyDirectory } from "./adapted_directory.ts";
import { readDirectory } from "./directory.ts";
import { openCritic, openPolicy } from "./open.ts";
import { close } from "./ops/checking_test.ts";
import { adapterConfigToJson, baseModelOf, parseAdapterConfig, readAdapterWeights, writeAdapter } from "./peft.ts";
import { openSafetensors, type TensorToWrite, writeSafetensors } from "./safetensors.ts";
import { arrayOf } from "./weights.ts";
import { inFolder } from "./folder_for_tests.ts";

for (const name of PEFT_ADAPTERS) {
  Deno.test(`PEFT's adapter ${name} is merged when it is opened, and has PEFT's log-probs`, async () => {
    const { directory, base, samples, logProbs } = await loadExpectedPeft(name);
    const policy = await openPolicy(directory, { base, tokenizer: false });
    const plain = await openPolicy(base, { tokenizer: false });
    const found = await policy.logProbs(samples), before = await plain.logProbs(samples);
    found.forEach((scores, i) => close(scores.logProbs, logProbs[i], 1e-5, `sample ${i}`));
    ok(before.some((scores, i) => Math.abs(scores.logProbs[0] - logProbs[i][0]) > 0.1), "it changes something");
    strictEqual(policy.parameterCount, plain.parameterCount);
    for (const own of [policy, plain]) await own.dispose();
    const critic = await openCritic(directory, { base });
    await critic.dispose();
  });

  Deno.test(`PEFT's adapter ${name} is written as it was read`, () =>
    inFolder(async (folder) => {
      const { directory, base } = await loadExpectedPeft(name), { config } = await readDirectory(base);
      const json = JSON.parse(await Deno.readTextFile(`${directory}/adapter_config.json`));
      const read = parseAdapterConfig(json), { lora, weights } = await readAdapterWeights(directory, read, config);
      await writeAdapter(`${folder}/copy`, { config: { ...config, lora }, weights, base: read.base });
      using original = await openSafetensors(`${directory}/adapter_model.safetensors`);
      using copy = await openSafetensors(`${folder}/copy/adapter_model.safetensors`);
      deepStrictEqual([...copy.tensors.keys()].sort(), [...original.tensors.keys()].sort());
      for (const tensor of copy.tensors.keys()) deepStrictEqual(copy.read(tensor), original.read(tensor));
      const written = JSON.parse(await Deno.readTextFile(`${folder}/copy/adapter_config.json`));
      deepStrictEqual(parseAdapterConfig(written), read);
      for (const [field, value] of Object.entries(written)) {
        if (!/^(target_modules|lora_dropout)$/.test(field)) deepStrictEqual(value, json[field], field);
      }
      ok(Object.keys(written).every((field) => Object.hasOwn(json, field)), "only fields that PEFT knows");
    }));
}

Deno.test("what an adapter's configuration says and is not computed is refused by its name", () => {
  const good = adapterConfigToJson({ rank: 8, alpha: 16, targets: ["q_proj"] }, { name: "a/b", revision: "v1" });
  deepStrictEqual(parseAdapterConfig(good), {
    lora: { rank: 8, alpha: 16 },
    base: { name: "a/b", revision: "v1" },
  });
  deepStrictEqual(parseAdapterConfig({ ...good, use_rslora: true, a_new_option: [] }).lora.rslora, true);
  const refused: [string, unknown][] = [
    ["use_dora", true],
    ["modules_to_save", ["lm_head"]],
    ["rank_pattern", { q_proj: 2 }],
    ["alpha_pattern", { q_proj: 2 }],
    ["bias", "all"],
    ["fan_in_fan_out", true],
    ["lora_bias", true],
    ["layers_to_transform", [0]],
    ["layer_replication", [[0, 1]]],
    ["trainable_token_indices", [1]],
    ["alora_invocation_tokens", [1, 2]],
    ["target_parameters", ["experts.weight"]],
    ["use_qalora", true],
    ["init_lora_weights", "pissa"],
    ["init_lora_weights", "olora"],
    ["peft_type", "IA3"],
    ["task_type", "SEQ_CLS"],
    ["r", 0],
    ["lora_alpha", "16"],
    ["base_model_name_or_path", 1],
    ["a_new_option", true],
  ];
  for (const [field, value] of refused) {
    throws(
      () => parseAdapterConfig({ ...good, [field]: value }),
      new RegExp(`^Error: adapter_config\\.json: ${field} `),
    );
  }
  throws(() => parseAdapterConfig([]), /adapter_config\.json: it must hold a JSON object\./);
});

Deno.test("an adapter that does not fit its model, or whose model is not there, is refused in one sentence", () =>
  inFolder(async (folder) => {
    const { directory, base } = await loadExpectedPeft("lora"), open = () => openPolicyDirectory(folder, { base });
    for (const file of ["adapter_config.json", "adapter_model.safetensors"]) {
      await Deno.copyFile(`${directory}/${file}`, `${folder}/${file}`);
    }
    (await open())[Symbol.dispose]();
    await rejects(
      openPolicyDirectory(folder, { base: `${folder}/none` }),
      /base_model_name_or_path ".+none" is no directory here;/,
    );
    const json = JSON.parse(await Deno.readTextFile(`${folder}/adapter_config.json`));
    const say = (more: object) =>
      Deno.writeTextFile(`${folder}/adapter_config.json`, JSON.stringify({ ...json, ...more }));
    await say({ base_model_name_or_path: null });
    await rejects(
      openPolicyDirectory(folder),
      /adapter_config\.json: base_model_name_or_path null is no directory here; /,
    );
    await say({ r: 5 });
    await rejects(open(), /q_proj\.lora_A\.weight has the shape \[4,32\], but model and rank ask for \[5,32\]\.$/);
    await say({});
    using reader = await openSafetensors(`${directory}/adapter_model.safetensors`);
    const tensors = [...reader.tensors].map(([name, { shape }]): TensorToWrite => ({
      name,
      shape,
      data: reader.read(name),
    }));
    const write = (tensors: TensorToWrite[]) => writeSafetensors(`${folder}/adapter_model.safetensors`, tensors);
    await write(tensors.slice(1));
    await rejects(
      open(),
      /it lacks base_model\.model\..+lora_[AB]\.weight; adapters must stand beside a matrix in every/,
    );
    const head = { ...tensors[0], name: "base_model.model.lm_head.lora_A.weight" };
    await write([...tensors, head]);
    await rejects(open(), /it holds base_model\.model\.lm_head\.lora_A\.weight, which stands beside no matrix/);
    await write([head]);
    await rejects(open(), /it holds no adapter for any of q_proj, /);
    await Deno.remove(`${folder}/adapter_model.safetensors`);
    await rejects(open(), /adapter_model\.safetensors: cannot be opened /);
    await Deno.writeTextFile(`${folder}/adapter_config.json`, "{");
    await rejects(open(), /adapter_config\.json: cannot be read /);
  }));

Deno.test("texts of an adapter's directory come before those of its model, and the model's are kept", () =>
  inFolder(async (folder) => {
    const { directory, base } = await loadExpectedPeft("lora");
    for (const file of ["adapter_config.json", "adapter_model.safetensors"]) {
      await Deno.copyFile(`${directory}/${file}`, `${folder}/${file}`);
    }
    using plain = await openPolicyDirectory(folder, { base });
    strictEqual(plain.tokenizerFrom, base);
    await Deno.writeTextFile(`${folder}/tokenizer.json`, "{}");
    using own = await openPolicyDirectory(folder, { base });
    strictEqual(own.tokenizerFrom, folder);
    deepStrictEqual(own.companions, { ...plain.companions, "tokenizer.json": "{}" });
    deepStrictEqual(own.stopTokens, [1, 2]);
    // Taken twice they are the same: what is merged is not merged again.
    deepStrictEqual(arrayOf(own.weights), arrayOf(own.weights));
  }));

Deno.test("a model is named as PEFT names it: by its directory, or on the hub by its name and commit", () => {
  const commit = "0".repeat(40);
  deepStrictEqual(baseModelOf("models/mine/"), { name: "models/mine/" });
  deepStrictEqual(baseModelOf(`/c/hub/models--Qwen--Qwen2.5-0.5B/snapshots/${commit}`), {
    name: "Qwen/Qwen2.5-0.5B",
    revision: commit,
  });
});
