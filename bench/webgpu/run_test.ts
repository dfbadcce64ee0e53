import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { readDirectory } from "../../policy/directory.ts";
import { LORA_TARGETS } from "../../policy/model/lora.ts";
import { gpuTest } from "../../policy/webgpu/checking_test.ts";
import { chosenBackend, recordedBackend } from "../backend.ts";
import type { Cell } from "../cell.ts";
import type { CellEvent } from "../execution/executor.ts";
import { openSource, policyDirectory } from "../policies.ts";
import { readJournal, readJson } from "../records.ts";
import { runSuite } from "../run_suite.ts";
import type { EvaluationLine, StepLine } from "../run_cell.ts";
import { parseSuite, type Suite } from "../suite.ts";
import { verifyCell } from "../verify.ts";

/** A short run of the embedded policy, rewarded for short responses, which are learned fast. */
const suiteOf = (name: string, options: Record<string, unknown>, steps: number, more: Partial<Suite> = {}) =>
  parseSuite(
    {
      name: "gpu",
      task: "gsm8k",
      policy: "embedded:base",
      backend: "webgpu-software",
      algorithms: [{ name, options }],
      seeds: [1],
      training: {
        steps,
        promptsPerStep: 4,
        groupSize: 6,
        learningRate: 3e-3,
        warmupSteps: 0,
        maxTokens: 24,
        rewards: ["brevity"],
      },
      evaluation: { interval: steps, problems: 2, samples: 2 },
      ...more,
    },
    "test",
  );

/** The directory of a run's only cell. */
function cellIn(out: string): string {
  return `${out}/${[...Deno.readDirSync(out)].find(({ isDirectory }) => isDirectory)!.name}`;
}

async function inTemporary(body: (directory: string) => Promise<void>) {
  const directory = await Deno.makeTempDir();
  await body(directory).finally(() => Deno.remove(directory, { recursive: true }));
}

gpuTest(
  "a GRPO run on the GPU learns, and stopped and resumed, with less memory, it ends with the same bits",
  () =>
    inTemporary(async (directory) => {
      const suite = suiteOf("grpo", { beta: 0 }, 6), out = (name: string) => `${directory}/${name}`;
      const whole = await runSuite(suite, { out: out("whole") });
      deepStrictEqual(whole.failures, []);
      ok(whole.leaderboard.environment.backend.startsWith("webgpu/"));
      const record = cellIn(out("whole")), steps = await readJournal<StepLine>(`${record}/steps.jsonl`);
      const [first, last] = [steps[0], steps[5]].map(({ rewards }) => rewards.brevity!);
      ok(last > 1.5 * first, `brevity was ${first} in the first step and ${last} in the last`);
      for (const { samplingDifference, batchDifference } of steps) {
        deepStrictEqual(samplingDifference, { max: 0, mean: 0 });
        ok(!batchDifference, "a log-prob depends on its batch");
      }
      strictEqual((await readJson<{ exact: boolean }>(`${record}/device.json`))!.exact, true);
      const stopping = new AbortController();
      await rejects(
        runSuite(suite, {
          out: out("parts"),
          signal: stopping.signal,
          onEvent: (event) => event.type === "step" && event.step === 2 && stopping.abort(),
        }),
        { name: "Interruption" },
      );
      const resumed = await runSuite({ ...suite, recompute: true }, { out: out("parts") });
      deepStrictEqual(resumed.leaderboard.boards, whole.leaderboard.boards);
    }),
);

gpuTest("on the GPU, critic, reference and minibatches are served", () =>
  inTemporary(async (directory) => {
    const suite = suiteOf("ppo", { rewardBeta: 0.05 }, 1), { failures } = await runSuite(suite, { out: directory });
    deepStrictEqual(failures, []);
    const [{ ratioDifference }] = await readJournal<StepLine>(`${cellIn(directory)}/steps.jsonl`);
    strictEqual(ratioDifference, 0);
  }));

gpuTest(
  "adapters learn against the policy without any, and stopped and resumed they end with the same bits, merged",
  () =>
    inTemporary(async (directory) => {
      const suite = suiteOf("grpo", { beta: 0.01 }, 2, { lora: { rank: 4, alpha: 8 } });
      const out = (name: string) => `${directory}/${name}`;
      const whole = await runSuite(suite, { out: out("whole") });
      deepStrictEqual(whole.failures, []);
      const record = cellIn(out("whole")), lora = { rank: 4, alpha: 8, targets: LORA_TARGETS, seed: 0 };
      deepStrictEqual((await readJson<Cell>(`${record}/cell.json`))!.identity.policy.lora, lora);
      for (const { samplingDifference, ratioDifference } of await readJournal<StepLine>(`${record}/steps.jsonl`)) {
        deepStrictEqual([samplingDifference, ratioDifference], [{ max: 0, mean: 0 }, 0]);
      }
      ok((await readJournal<EvaluationLine>(`${record}/evaluations.jsonl`))[1].kl > 0, "it moved away from the base");
      const [before, after] = await Promise.all(
        [policyDirectory("embedded:base"), `${record}/policy`].map(readDirectory),
      );
      strictEqual(after.adapters, undefined);
      const changed = [...before.slots.values()].filter(({ offset, length }) =>
        before.weights.subarray(offset, offset + length).some((weight, i) => weight !== after.weights[offset + i])
      );
      strictEqual(changed.length, before.config.layers * LORA_TARGETS.length);
      ok(changed.every(({ name }) => name.includes("proj")), "only matrices with adapters");
      const apart = `${record}/policy/adapter`;
      const config = await readJson<{ base_model_name_or_path: string }>(`${apart}/adapter_config.json`);
      strictEqual(config!.base_model_name_or_path, "embedded:base", "not where Podium lies on this machine");
      const [one, other] = [await openSource(apart), await openSource(`${record}/policy`)];
      strictEqual(await one.digest(), await other.digest());
      for (const policy of [one, other]) await policy.dispose();
      strictEqual((await verifyCell(record)).difference, null);
      const stopping = new AbortController();
      const onEvent = (event: CellEvent) => event.type === "step" && event.step === 1 && stopping.abort();
      await rejects(runSuite(suite, { out: out("parts"), signal: stopping.signal, onEvent }), { name: "Interruption" });
      const resumed = await runSuite(suite, { out: out("parts") });
      deepStrictEqual(resumed.leaderboard, whole.leaderboard);
    }),
);

Deno.test("auto is the CPU where a CPU plays the GPU, and a record says what computed it", async () => {
  for (const choice of ["cpu", "webgpu", "webgpu-software"] as const) strictEqual(await chosenBackend(choice), choice);
  ok(["cpu", "webgpu"].includes(await chosenBackend("auto")));
  strictEqual(recordedBackend("cpu/1 onnxruntime-node 1.30.0"), "cpu");
  strictEqual(recordedBackend("webgpu/1 NVIDIA H200"), "webgpu-software");
});

gpuTest(
  "on the GPU, rollouts with float16 weights name the cell, and what they change is recorded",
  () =>
    inTemporary(async (directory) => {
      const suite = { ...suiteOf("grpo", { beta: 0 }, 1), rolloutWeights: "f16" as const };
      const { failures } = await runSuite(suite, { out: directory });
      deepStrictEqual(failures, []);
      const record = cellIn(directory), cell = await readJson<Cell>(`${record}/cell.json`);
      strictEqual(cell!.identity.policy.rolloutWeights, "f16");
      strictEqual((await readJson<{ exact: boolean }>(`${record}/device.json`))!.exact, false);
      const [{ samplingDifference }] = await readJournal<StepLine>(`${record}/steps.jsonl`);
      ok(samplingDifference!.max > 0 && samplingDifference!.max < 0.05, `${samplingDifference!.max}`);
    }),
);
