import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { gpuTest } from "../policy/webgpu/checking_test.ts";
import { chosenBackend, recordedBackend } from "./backend.ts";
import { readJournal, readJson } from "./records.ts";
import { runSuite } from "./run_suite.ts";
import type { EvaluationLine, StepLine } from "./run_cell.ts";
import { parseSuite } from "./suite.ts";

/** A short GRPO run of the embedded policy on short problems. */
const suite = parseSuite(
  {
    name: "gpu",
    task: "gsm8k",
    policy: "embedded:base",
    backend: "webgpu-software",
    algorithms: [{ name: "grpo", options: { beta: 0 } }, { name: "ppo", options: { rewardBeta: 0 } }],
    seeds: [1],
    training: {
      steps: 6,
      promptsPerStep: 4,
      groupSize: 8,
      learningRate: 2e-3,
      warmupSteps: 0,
      maxTokens: 24,
      rewards: ["accuracy", "brevity"],
    },
    evaluation: { interval: 6, problems: 8, samples: 4 },
  },
  "test",
);

gpuTest("a GRPO run on the GPU learns, its record says what computed it, and it repeats bit by bit", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const outcomes = [];
    for (const name of ["first", "again"]) {
      const out = `${directory}/${name}`, { leaderboard, failures } = await runSuite(suite, { out });
      deepStrictEqual(failures, []);
      outcomes.push(leaderboard);
      ok(leaderboard.environment.backend.startsWith("webgpu/"));
    }
    deepStrictEqual(outcomes[0], outcomes[1]);
    const [cell] = [...Deno.readDirSync(`${directory}/first`)].filter(({ isDirectory }) => isDirectory);
    const record = `${directory}/first/${cell.name}`;
    const device = await readJson<{ exact: boolean }>(`${record}/device.json`);
    strictEqual(device!.exact, true);
    for (const { samplingDifference, batchDifference } of await readJournal<StepLine>(`${record}/steps.jsonl`)) {
      deepStrictEqual(samplingDifference, { max: 0, mean: 0 });
      ok(!batchDifference, "a log-prob depends on its batch");
    }
    const evaluations = await readJournal<EvaluationLine>(`${record}/evaluations.jsonl`);
    strictEqual(evaluations.length, 2);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("auto is the CPU where a CPU plays the GPU, and a record says what computed it", async () => {
  for (const choice of ["cpu", "webgpu", "webgpu-software"] as const) strictEqual(await chosenBackend(choice), choice);
  ok(["cpu", "webgpu"].includes(await chosenBackend("auto")));
  strictEqual(recordedBackend("cpu/1 onnxruntime-node 1.30.0"), "cpu");
  strictEqual(recordedBackend("webgpu/1 NVIDIA H200"), "webgpu-software");
});
