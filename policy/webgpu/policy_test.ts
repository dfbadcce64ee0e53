import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { derivativesOf, sameBits, samplesOf, smallConfig, smallWeights } from "../cpu/checking_test.ts";
import { readDirectory, writeDirectory } from "../directory.ts";
import { openCritic, openPolicy } from "../open.ts";
import { close } from "../ops/checking_test.ts";
import type { Critic, Policy } from "../policy.ts";
import { gpuTest } from "./checking_test.ts";
import { openGpu } from "./device.ts";
import { shareGpu } from "./shared.ts";

const CONFIG = smallConfig({ keyValueHeads: 2, qkvBias: true, layers: 1 });
const SAMPLES = samplesOf("policy", 8, 20, 12), DERIVATIVES = derivativesOf("policy", SAMPLES);
const GPU = { backend: "webgpu-software", tokenizer: false } as const;

// Held open, so that the device is tested once.
const held = await shareGpu({ software: true }).catch(() => undefined);
globalThis.addEventListener("unload", () => held?.release());

/** Runs a body with the directory of a small random policy. */
async function withDirectory(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await writeDirectory(`${folder}/start`, { config: CONFIG, weights: smallWeights(CONFIG), stopTokens: [0, 1] });
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function update(network: Policy | Critic, learningRate = 0.01) {
  await network.accumulate(SAMPLES, DERIVATIVES);
  return await network.step({ learningRate, weightDecay: 0.1 });
}

gpuTest(
  "a policy on the GPU says what it is, what its device is and what its self-test found",
  () =>
    withDirectory(async (folder) => {
      const policy = await openPolicy(`${folder}/start`, GPU);
      deepStrictEqual(policy.stopTokens, [0, 1]);
      strictEqual(policy.parameterCount, smallWeights(CONFIG).length);
      ok(policy.backend.startsWith("webgpu/"), policy.backend);
      deepStrictEqual(policy.device!.selfTest, { products: true, company: true, training: true, sampling: true });
      strictEqual(policy.device!.exact, true);
      await policy.dispose();
      if (policy.device!.software) {
        await rejects(
          openPolicy(`${folder}/start`, { ...GPU, backend: "webgpu" }),
          /The only WebGPU adapter is software/,
        );
      }
    }),
);

gpuTest(
  "on the GPU, equal weights have the digest of the CPU, and steps its norms and nearly its weights",
  () =>
    withDirectory(async (folder) => {
      const gpu = await openPolicy(`${folder}/start`, GPU),
        cpu = await openPolicy(`${folder}/start`, { tokenizer: false });
      strictEqual(await gpu.digest(), await cpu.digest());
      for (const rate of [0.01, 0.02]) close([(await update(gpu, rate)).norm], [(await update(cpu, rate)).norm], 1e-5);
      await gpu.save(`${folder}/gpu`);
      await cpu.save(`${folder}/cpu`);
      const [{ weights: found }, { weights: expected }] = [
        await readDirectory(`${folder}/gpu`),
        await readDirectory(`${folder}/cpu`),
      ];
      const far = found.filter((weight, i) => Math.abs(weight - expected[i]) > 1e-5);
      ok(far.length < found.length / 500, `${far.length} of ${found.length} weights are off`);
      await gpu.dispose();
      await cpu.dispose();
    }),
);

gpuTest(
  "on the GPU, a policy saved with its optimizer continues with the same digest as one that went on",
  () =>
    withDirectory(async (folder) => {
      const whole = await openPolicy(`${folder}/start`, GPU);
      await update(whole);
      await whole.save(`${folder}/saved`, { optimizer: true });
      const digest = await whole.digest(), resumed = await openPolicy(`${folder}/saved`, GPU);
      strictEqual(await resumed.digest(), digest);
      const restored = await openPolicy(`${folder}/start`, GPU), file = `${folder}/state.safetensors`;
      await whole.checkpoint(file, { optimizer: true });
      await update(restored);
      await restored.accumulate(SAMPLES, DERIVATIVES);
      await restored.restore(file);
      strictEqual(await restored.digest(), digest);
      for (const policy of [whole, resumed, restored]) await update(policy);
      notStrictEqual(await whole.digest(), digest);
      strictEqual(await resumed.digest(), await whole.digest());
      strictEqual(await restored.digest(), await whole.digest());
      await whole.save(`${folder}/bare`);
      await whole.checkpoint(file);
      await restored.restore(file);
      const bare = await openPolicy(`${folder}/bare`, GPU);
      strictEqual(await restored.digest(), await bare.digest());
      const again = await openPolicy(`${folder}/start`, GPU);
      for (let n = 0; n < 2; n++) await update(again);
      strictEqual(await again.digest(), await whole.digest());
      for (const policy of [whole, resumed, restored, bare, again]) await policy.dispose();
    }),
);

gpuTest(
  "on the GPU, an accumulated gradient can be forgotten, and calls run in turn",
  () =>
    withDirectory(async (folder) => {
      const policy = await openPolicy(`${folder}/start`, GPU), other = await openPolicy(`${folder}/start`, GPU);
      await policy.accumulate(SAMPLES, DERIVATIVES);
      policy.discardGradient();
      const all = [policy.accumulate(SAMPLES, DERIVATIVES), policy.step({ learningRate: 0.01 }), policy.digest()];
      await other.accumulate(SAMPLES, DERIVATIVES);
      await other.step({ learningRate: 0.01 });
      strictEqual((await Promise.all(all))[2], await other.digest());
      for (const each of [policy, other]) await each.dispose();
    }),
);

gpuTest("on the GPU, values of a critic and its steps are close to the CPU's", () =>
  withDirectory(async (folder) => {
    const gpu = await openCritic(`${folder}/start`, { backend: "webgpu-software" });
    const cpu = await openCritic(`${folder}/start`), values = await gpu.values(SAMPLES);
    deepStrictEqual(values.map(({ length }) => length), SAMPLES.map(({ response }) => response.length));
    ok(values.every((row) => row.every((value) => value === 0)), "a new critic says 0");
    strictEqual(await gpu.digest(), await cpu.digest());
    for (const rate of [0.05, 0.05]) {
      close([(await update(gpu, rate)).norm], [(await update(cpu, rate)).norm], 1e-4, "norm");
      const expected = await cpu.values(SAMPLES);
      (await gpu.values(SAMPLES)).forEach((row, i) => close(row, expected[i], 1e-3, `sample ${i}`));
    }
    await gpu.save(`${folder}/critic`, { optimizer: true });
    const resumed = await openCritic(`${folder}/critic`, { backend: "webgpu-software" });
    strictEqual(await resumed.digest(), await gpu.digest());
    const alone = await resumed.values([SAMPLES[3]]);
    sameBits(alone[0], (await gpu.values(SAMPLES))[3], "alone");
    for (const critic of [gpu, cpu, resumed]) await critic.dispose();
  }));

gpuTest("on the GPU, what can't be computed is refused before anything runs", () =>
  withDirectory(async (folder) => {
    const policy = await openPolicy(`${folder}/start`, GPU);
    throws(() => policy.generate([{ prompt: [99], key: [0, 0] }], { maxTokens: 1 }), /Prompt 0 holds 99/);
    throws(() => policy.logProbs([{ prompt: [], response: [1] }]), /prompt of sample 0 is empty/);
    throws(() => policy.accumulate(SAMPLES, []), /derivatives; give one each/);
    await policy.dispose();
  }));

gpuTest("on the GPU, steps of one size allocate nothing after the first", () =>
  withDirectory(async (folder) => {
    const policy = await openPolicy(`${folder}/start`, GPU), { device } = held!.gpu;
    const create = device.createBuffer;
    let buffers = 0;
    const step = async () => {
      const drawn = await policy.generate([{ prompt: [2, 3], key: [1, 2] }], { maxTokens: 9 });
      await policy.logProbs([{ prompt: [2, 3], response: drawn[0].tokens }]);
      await update(policy);
    };
    await step();
    try {
      device.createBuffer = (descriptor) => {
        buffers++;
        return create.call(device, descriptor);
      };
      for (let n = 0; n < 2; n++) await step();
    } finally {
      device.createBuffer = create;
    }
    strictEqual(buffers, 0);
    await policy.dispose();
  }));

gpuTest(
  "after the device is lost, everything fails in one sentence, and whoever opens a policy gets a new device",
  () =>
    withDirectory(async (folder) => {
      held?.release();
      const policy = await openPolicy(`${folder}/start`, GPU), shared = await shareGpu({ software: true });
      const digest = await policy.digest();
      shared.gpu.device.destroy();
      await rejects(
        policy.digest(),
        /^Error: .+: the device was lost \(.*\); start the run again, it goes on where it was/,
      );
      const next = await openPolicy(`${folder}/start`, GPU);
      strictEqual(await next.digest(), digest);
      await policy.dispose();
      shared.release();
      await next.dispose();
    }),
);

gpuTest("on the GPU, what does not fit into its memory is said in one sentence", async () => {
  const gpu = await openGpu({ software: true });
  const buffer = gpu.buffer(gpu.adapter.maxBufferSize + 2 ** 20);
  await rejects(gpu.download([{ buffer, offset: 0, size: 4 }]), /^Error: [^\n]+\.$/);
  gpu.dispose();
});
