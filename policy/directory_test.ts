import { createHash } from "node:crypto";
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { mergedWeights } from "./merging.ts";
import { type ModelConfig, parameterCount, parameterSlots } from "./model/config.ts";
import type { Lora } from "./model/lora.ts";
import { openDirectory, readDirectory, writeDirectory } from "./directory.ts";
import { writeState } from "./state.ts";
import type { Flow } from "./weights.ts";
import { type TensorToWrite, writeSafetensors } from "./safetensors.ts";
import { inFolder } from "./folder_for_tests.ts";

const TINY: ModelConfig = {
  family: "qwen2",
  vocabularySize: 6,
  hiddenSize: 4,
  layers: 1,
  heads: 2,
  keyValueHeads: 1,
  headSize: 2,
  intermediateSize: 3,
  ropeTheta: 1e4,
  normEpsilon: 1e-6,
  qkvBias: true,
  tiedEmbeddings: true,
  maxPositions: 64,
};

function counting(length: number, factor = 1): Float32Array {
  return Float32Array.from({ length }, (_, i) => i * factor);
}

function tensorsOf(config: ModelConfig, change: (name: string) => string = (name) => name): TensorToWrite[] {
  return [...parameterSlots(config).values()].map(({ name, shape, length }) => ({
    name: change(name),
    shape,
    data: new Float32Array(length),
  }));
}

Deno.test("readDirectory() reads what writeDirectory() wrote", () =>
  inFolder(async (folder) => {
    const count = parameterCount(TINY), path = `${folder}/runs/policy/`;
    const weights = counting(count);
    const optimizer = { firstMoment: counting(count, 0.5), secondMoment: counting(count, 0.25), step: 7 };
    await writeDirectory(path, {
      config: TINY,
      weights,
      stopTokens: [2, 3],
      optimizer,
      files: { "tokenizer.json": "{}" },
    });
    const read = await readDirectory(path);
    deepStrictEqual(read.config, TINY);
    deepStrictEqual(read.weights, weights);
    deepStrictEqual(read.stopTokens, [2, 3]);
    deepStrictEqual(read.optimizer, optimizer);
    strictEqual(read.slots.get("model.norm.weight")!.offset, count - 4);

    const copy = `${folder}/copy`;
    await writeDirectory(copy, { config: TINY, weights, files: read.companions });
    strictEqual(await Deno.readTextFile(`${copy}/tokenizer.json`), "{}");
    const again = await readDirectory(copy);
    deepStrictEqual(again.stopTokens, [2, 3]);
    strictEqual(again.optimizer, undefined);
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["copy", "runs"]);
    deepStrictEqual([...Deno.readDirSync(`${folder}/runs`)].map(({ name }) => name), ["policy"]);
  }));

Deno.test("openDirectory() has what readDirectory() reads, the weights when they are asked for", () =>
  inFolder(async (folder) => {
    const weights = counting(parameterCount(TINY)), path = `${folder}/policy`;
    await writeDirectory(path, { config: TINY, weights, stopTokens: [2] });
    using open = await openDirectory(path);
    strictEqual(open.weights.length, weights.length);
    for (let round = 0; round < 2; round++) {
      const taken: number[] = [];
      for (const { offset, numbers } of open.weights.pieces()) {
        strictEqual(offset, taken.length);
        taken.push(...numbers);
      }
      deepStrictEqual(Float32Array.from(taken), weights);
    }
    deepStrictEqual(open.read(), await readDirectory(path));
  }));

/** The numbers in parts of some size, which share an array. */
function cut(numbers: Float32Array, size: number): Flow {
  const parts = async function* () {
    const part = new Float32Array(size);
    for (let offset = 0; offset < numbers.length; offset += size) {
      await Promise.resolve();
      const taken = numbers.subarray(offset, offset + size);
      part.set(taken);
      yield part.subarray(0, taken.length);
    }
  };
  return { length: numbers.length, parts: parts() };
}

Deno.test("numbers that are read while they are written make the same files, byte for byte", () =>
  inFolder(async (folder) => {
    const count = parameterCount(TINY), step = 7;
    const numbers = [1, 0.5, 0.25].map((factor) => counting(count, factor));
    // Of the files as they were when whole arrays were written.
    const expected = {
      "policy/model.safetensors": "8446da2ba3515a68f7b8baad719b2a0aaf281b538e8be60918672d94688523a3",
      "policy/optimizer.safetensors": "e6da27352dde601b97d77a878ce0b5674b84933d472e5138750611ddb9f90791",
      "state": "c5a054720cede6a55d95507731c4e579107e0485df55bd3e41585682ec2fdf36",
      "weights": "14dd7e9603e806567981ebd536443e654d2ee9228b2b40f72d992c930a537b6d",
    };
    for (const size of [undefined, 1, 7, 1000]) {
      const flow = (i: number) => size ? cut(numbers[i], size) : numbers[i];
      const state = () => ({ weights: flow(0), optimizer: { firstMoment: flow(1), secondMoment: flow(2), step } });
      await writeDirectory(`${folder}/policy`, { config: TINY, ...state() });
      await writeState(`${folder}/state`, state());
      await writeState(`${folder}/weights`, { weights: flow(0) });
      for (const [file, digest] of Object.entries(expected)) {
        const found = createHash("sha256").update(await Deno.readFile(`${folder}/${file}`)).digest("hex");
        strictEqual(found, digest, `${file}, ${size} at a time`);
      }
    }
    const short = { length: count, parts: [numbers[0].subarray(1)] },
      long = { length: count, parts: [numbers[0], numbers[0]] };
    for (const weights of [short, long]) {
      await rejects(
        writeDirectory(`${folder}/policy`, { config: TINY, weights }),
        /cannot be written \(.*the data have/,
      );
    }
    deepStrictEqual((await readDirectory(`${folder}/policy`)).weights, numbers[0]);
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["policy", "state", "weights"]);
  }));

Deno.test("ids of tokens that only other tools read stay in config.json", () =>
  inFolder(async (folder) => {
    const weights = counting(parameterCount(TINY)),
      json = async (name: string) => JSON.parse(await Deno.readTextFile(`${folder}/${name}/config.json`));
    await writeDirectory(`${folder}/one`, { config: TINY, weights, tokenIds: { bos_token_id: 3, pad_token_id: 4 } });
    const { config, tokenIds } = await readDirectory(`${folder}/one`);
    await writeDirectory(`${folder}/two`, { config, weights, tokenIds });
    const { bos_token_id, pad_token_id, architectures, model_type, torch_dtype } = await json("two");
    deepStrictEqual([bos_token_id, pad_token_id], [3, 4]);
    deepStrictEqual([architectures, model_type, torch_dtype], [["Qwen2ForCausalLM"], "qwen2", "float32"]);
    deepStrictEqual(await json("two"), await json("one"));
  }));

Deno.test("writeDirectory() replaces a policy and nothing else", () =>
  inFolder(async (folder) => {
    const count = parameterCount(TINY), path = `${folder}/policy`;
    await writeDirectory(path, { config: TINY, weights: counting(count), files: { "README.md": "old" } });
    await writeDirectory(path, { config: TINY, weights: counting(count, 2) });
    deepStrictEqual((await readDirectory(path)).weights, counting(count, 2));
    deepStrictEqual([...Deno.readDirSync(path)].map(({ name }) => name).sort(), ["config.json", "model.safetensors"]);

    const weights = counting(count);
    await Deno.mkdir(`${folder}/empty`);
    await writeDirectory(`${folder}/empty`, { config: TINY, weights });
    await rejects(writeDirectory(path, { config: TINY, weights: counting(3) }), /3 weights do not fill a model of/);
    await Deno.mkdir(`${folder}/photos`);
    await Deno.writeTextFile(`${folder}/photos/config.json`, "{}"); // of some other program
    await Deno.writeTextFile(`${folder}/photos/cat.txt`, "cat");
    await rejects(writeDirectory(`${folder}/photos`, { config: TINY, weights }), /holds files that are no policy/);
    await rejects(writeDirectory(`${folder}/photos/cat.txt`, { config: TINY, weights }), /it is a file/);
    await rejects(
      writeDirectory(`${folder}/photos/cat.txt/policy`, { config: TINY, weights }),
      /cat.txt\/policy: the policy cannot be written/,
    );
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["empty", "photos", "policy"]);
  }));

Deno.test("on a full disk the policy that was there stays, in one sentence, and with room it is written", () =>
  inFolder(async (folder) => {
    const count = parameterCount(TINY), path = `${folder}/policy`, { write, writeSync } = Deno.FsFile.prototype;
    const full = () => Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
    await writeDirectory(path, { config: TINY, weights: counting(count) });
    const next = () => ({
      config: TINY,
      weights: counting(count, 2),
      optimizer: { firstMoment: counting(count), secondMoment: counting(count), step: 1 },
    });
    // Room for the model and not for the optimizer, then for neither.
    const { size } = await Deno.stat(`${path}/model.safetensors`);
    for (const room of [size + 9, size - 9, 0]) {
      let left = room;
      Deno.FsFile.prototype.write = function (bytes: Uint8Array) {
        if (left === 0) return Promise.reject(full());
        const part = bytes.subarray(0, left);
        left -= part.length;
        return write.call(this, part);
      };
      try {
        await rejects(writeDirectory(path, next()), (error: Error) => {
          strictEqual(error.message, `${path}: the policy cannot be written (no space left on device).`);
          return true;
        });
      } finally {
        Deno.FsFile.prototype.write = write;
      }
      deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["policy"]);
      deepStrictEqual((await readDirectory(path)).weights, counting(count));
    }
    await writeDirectory(path, next());
    deepStrictEqual((await readDirectory(path)).weights, counting(count, 2));
    Deno.FsFile.prototype.writeSync = () => {
      throw full();
    };
    try {
      const state = { weights: counting(count) };
      await rejects(writeState(`${folder}/state`, state), /state: cannot be written \(no space left on device\)\.$/);
    } finally {
      Deno.FsFile.prototype.writeSync = writeSync;
    }
  }));

Deno.test("readDirectory() finds the policy that a killed write had moved out of the way", () =>
  inFolder(async (folder) => {
    const weights = counting(parameterCount(TINY));
    await writeDirectory(`${folder}/policy`, { config: TINY, weights });
    await Deno.rename(`${folder}/policy`, `${folder}/.policy.replaced`);
    deepStrictEqual((await readDirectory(`${folder}/policy`)).weights, weights);
    await writeDirectory(`${folder}/policy`, { config: TINY, weights });
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["policy"]);
  }));

Deno.test("readDirectory() keeps the text of the files that go with a policy, and of no others", () =>
  inFolder(async (folder) => {
    const files = {
      "generation_config.json": '{"eos_token_id": 4, "temperature": 0.6}',
      "tokenizer.json": "{}",
      "vocab.json": '{"Ä": 0}',
      "merges.txt": "a b\n",
      "chat_template.jinja": "{{ messages }}",
    };
    const weights = counting(parameterCount(TINY));
    const more = { ...files, "README.md": "about this model" };
    await writeDirectory(`${folder}/policy`, { config: TINY, weights, stopTokens: [2], files: more });
    const read = await readDirectory(`${folder}/policy`);
    deepStrictEqual(read.companions, files);
    deepStrictEqual(read.stopTokens, [4]);
  }));

Deno.test("readDirectory() ignores an output matrix beside tied embeddings, and rotary buffers", () =>
  inFolder(async (folder) => {
    await writeDirectory(folder, { config: TINY, weights: counting(parameterCount(TINY)) });
    await writeSafetensors(`${folder}/model.safetensors`, [
      ...tensorsOf(TINY),
      { name: "lm_head.weight", shape: [6, 4], data: new Float32Array(24) },
      { name: "model.layers.0.self_attn.rotary_emb.inv_freq", shape: [1], data: Float32Array.of(1) },
    ]);
    strictEqual((await readDirectory(folder)).weights.length, parameterCount(TINY));
  }));

Deno.test("readDirectory() names what is missing, unexpected or of another shape", () =>
  inFolder(async (folder) => {
    const write = (tensors: TensorToWrite[]) => writeSafetensors(`${folder}/model.safetensors`, tensors);
    await rejects(readDirectory(`${folder}/absent`), /absent: there is no such policy directory/);
    await rejects(readDirectory(folder), /config.json: cannot be read/);
    await writeDirectory(folder, { config: TINY, weights: counting(parameterCount(TINY)) });

    await write(tensorsOf(TINY).slice(1));
    await rejects(readDirectory(folder), /the weights lack model.embed_tokens.weight, which config.json asks for/);
    await write([]);
    await rejects(readDirectory(folder), /lack model.embed_tokens.weight and 13 other tensors/);
    await write([...tensorsOf(TINY), { name: "score.weight", shape: [1], data: Float32Array.of(1) }]);
    await rejects(readDirectory(folder), /the weights hold score.weight, which config.json does not ask for/);
    await write(tensorsOf({ ...TINY, intermediateSize: 5 }));
    await rejects(readDirectory(folder), /gate_proj.weight has the shape \[5,4\], but config.json asks for \[3,4\]/);

    await write(tensorsOf(TINY));
    await Deno.truncate(`${folder}/model.safetensors`, (await Deno.stat(`${folder}/model.safetensors`)).size - 4);
    await rejects(readDirectory(folder), /model.safetensors: it is truncated/);
    await Deno.remove(`${folder}/model.safetensors`);
    await rejects(readDirectory(folder), /neither model.safetensors nor model.safetensors.index.json/);
  }));

Deno.test("readDirectory() reads adapters in training beside merged weights, and refuses what they can't be", () =>
  inFolder(async (folder) => {
    const lora: Lora = { rank: 2, alpha: 0.1, targets: ["q_proj", "down_proj"] }, config = { ...TINY, lora };
    const weights = counting(parameterCount(config), 0.1), count = parameterCount(TINY);
    const moment = counting(weights.length - count), optimizer = { firstMoment: moment, secondMoment: moment, step: 3 };
    const merged = mergedWeights(config, weights), adapters = { lora, weights, optimizer };
    const base = { name: "owner/model", revision: "main" };
    const resume = { weights, optimizer };
    await writeDirectory(folder, {
      config: TINY,
      weights: merged,
      adapters: { lora, weights: weights.subarray(count), base, resume },
    });
    const read = await readDirectory(folder), path = `${folder}/lora.safetensors`;
    deepStrictEqual(read.base, base);
    deepStrictEqual([read.weights, read.adapters, read.optimizer], [merged, adapters, undefined]);
    const tensors = [{ name: "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", shape: [1, 4] }];
    const damaged = (metadata: Record<string, string>) =>
      writeSafetensors(path, tensors.map((own) => ({ ...own, data: counting(4) })), metadata);
    await damaged({});
    await rejects(readDirectory(folder), /lora\.safetensors: it does not say which adapters it holds; delete it/);
    await damaged({ rank: "2", alpha: "1", targets: "q_proj" });
    await rejects(readDirectory(folder), /lora\.safetensors: .*q_proj\.base_layer\.weight/);
    tensors[0].name = "base_model.model.model.layers.0.self_attn.q_proj.base_layer.weight";
    await damaged({ rank: "2", alpha: "1", targets: "q_proj" });
    await rejects(readDirectory(folder), /q_proj\.base_layer\.weight has the shape \[1,4\], not \[4,4\]/);
  }));

Deno.test("readDirectory() checks stop tokens and the optimizer's state", () =>
  inFolder(async (folder) => {
    const count = parameterCount(TINY), weights = counting(count);
    await writeDirectory(folder, { config: TINY, weights, stopTokens: [5] });
    deepStrictEqual((await readDirectory(folder)).stopTokens, [5]);
    await Deno.remove(`${folder}/generation_config.json`);
    deepStrictEqual((await readDirectory(folder)).stopTokens, [5]); // from config.json
    await Deno.writeTextFile(`${folder}/generation_config.json`, '{"eos_token_id": [1, 6]}');
    await rejects(readDirectory(folder), /generation_config.json: eos_token_id 6 is not a token id below 6/);
    await Deno.remove(`${folder}/generation_config.json`);
    const optimizer = { firstMoment: counting(3), secondMoment: counting(3), step: 1 };
    await writeDirectory(folder, { config: TINY, weights, optimizer });
    await rejects(readDirectory(folder), new RegExp(`first_moment has 3 elements, the model ${count} weights`));
  }));
