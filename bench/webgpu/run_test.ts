import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { gpuTest } from "../../policy/webgpu/checking_test.ts";
import { chosenBackend, recordedBackend } from "../backend.ts";
import { readJournal, readJson } from "../records.ts";
import { runSuite } from "../run_suite.ts";
import type { StepLine } from "../run_cell.ts";
import { parseSuite } from "../suite.ts";

/** A short run of the embedded policy, rewarded for short responses, which are learned fast. */
const suiteOf = (name: string, options: Record<string, unknown>, steps: number) =>
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
  "a GRPO run on the GPU learns, and stopped and resumed it ends with the same bits",
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
      const resumed = await runSuite(suite, { out: out("parts") });
      deepStrictEqual(resumed.leaderboard, whole.leaderboard);
    }),
);

gpuTest("on the GPU, critic, reference and minibatches are served", () =>
  inTemporary(async (directory) => {
    const suite = suiteOf("ppo", { rewardBeta: 0.05 }, 1), { failures } = await runSuite(suite, { out: directory });
    deepStrictEqual(failures, []);
    const [{ ratioDifference }] = await readJournal<StepLine>(`${cellIn(directory)}/steps.jsonl`);
    strictEqual(ratioDifference, 0);
  }));

Deno.test("auto is the CPU where a CPU plays the GPU, and a record says what computed it", async () => {
  for (const choice of ["cpu", "webgpu", "webgpu-software"] as const) strictEqual(await chosenBackend(choice), choice);
  ok(["cpu", "webgpu"].includes(await chosenBackend("auto")));
  strictEqual(recordedBackend("cpu/1 onnxruntime-node 1.30.0"), "cpu");
  strictEqual(recordedBackend("webgpu/1 NVIDIA H200"), "webgpu-software");
});
