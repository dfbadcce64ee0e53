/** Cells that learn a prompt for, or only evaluate, a frozen policy of ONNX files. */

import { strict as assert } from "node:assert";
import { fixture } from "../../policy/onnx/checking_test.ts";
import type { ProblemResponses } from "../evaluate.ts";
import { openParts, planSuite } from "../parts.ts";
import { readChain, readJournal } from "../records.ts";
import { type CellParts, type EvaluationLine, runCell, type StepLine } from "../run_cell.ts";
import { parseSuite } from "../suite.ts";
import context from "../suites/context.json" with { type: "json" };
import { bytesOf, inTemporary } from "../testing/temporary.ts";
import { verifyCell } from "../verify.ts";

const source = `onnx:${fixture("qwen2-tied")}`;

function suiteOf(policy: string, ...names: string[]) {
  const suite = parseSuite(context, "context");
  Object.assign(suite, { policy, algorithms: names.map((name) => ({ name, options: {}, training: {} })), seeds: [1] });
  Object.assign(suite.training, { steps: 3, promptsPerStep: 8, groupSize: 5, maxTokens: 12 });
  Object.assign(suite.evaluation, { problems: 6, samples: 2, interval: 2 });
  return suite;
}

/** The parts of a cell with a task that a random model is right at now and then, so that there is something to compare. */
function gradedByLength(parts: CellParts): CellParts {
  const grade: typeof parts.task.grade = (_, response) => {
    const right = new Set(response).size % 2 === 0;
    return {
      rewards: { accuracy: right ? 1 : 0, format: 1 },
      answer: response,
      reason: right ? "even" : "odd",
    };
  };
  return { ...parts, task: { ...parts.task, grade } };
}

for (const name of ["training_free_grpo", "gepa"]) {
  Deno.test(`${name} with a frozen policy of ONNX files: killed and resumed it ends with the same bytes`, () =>
    inTemporary(async (directory) => {
      const suite = suiteOf(source, name);
      suite.algorithms[0].options = name === "gepa" ? {} : { batchSize: 4, groupSize: 3, epochs: 1 };
      const plan = await planSuite(suite), [{ cell }] = plan.cells;
      assert.match(plan.policy.backend, /^onnx\/1 onnxruntime-node /);
      assert.deepEqual([plan.policy.source, plan.policy.parameters], [source, 0]);
      const parts = gradedByLength(await openParts(cell));
      await runCell(cell, parts, { directory: `${directory}/whole` });
      const { steps, evaluations } = await readChain<StepLine, EvaluationLine>(`${directory}/whole`, cell);
      assert.ok(steps.length > 0 && steps.every(({ cost }) => cost.responses > 0));
      assert.ok(
        name === "gepa" || steps.some(({ groupsWithoutSignal }) => groupsWithoutSignal! < 1),
        "groups differ within",
      );
      assert.ok(evaluations.length >= 2 && evaluations.some(({ average }) => average > 0 && average < 1));

      let calls = 0, allowed = 2, lives = 0;
      const dying: CellParts = {
        ...parts,
        openPolicy: async (options) => {
          const policy = await parts.openPolicy(options);
          return {
            ...policy,
            generate: (...asked) => calls++ < allowed ? policy.generate(...asked) : Promise.reject(new Error("killed")),
          };
        },
      };
      while (true) {
        calls = 0;
        allowed = 2 + lives++ % 3;
        const end = await runCell(cell, dying, { directory: `${directory}/parts` }).then(() => "done", String);
        if (end === "done") break;
        assert.equal(end, "Error: killed");
        assert.ok(lives < 200);
      }
      assert.ok(lives > 2);
      assert.deepEqual(await bytesOf(`${directory}/parts`), await bytesOf(`${directory}/whole`));
    }));
}

Deno.test("an evaluation without and with worked examples is recorded, and verified; tools are no obstacle", () =>
  inTemporary(async (directory) => {
    const int8 = `${source}#model_int8.onnx`;
    const [{ cell }] = (await planSuite(suiteOf(int8, "few_shot"))).cells;
    assert.notEqual(cell.id, (await planSuite(suiteOf(source, "few_shot"))).cells[0].cell.id);
    await runCell(cell, await openParts(cell), { directory: `${directory}/few` });
    for (const step of ["000000", "000003"]) {
      const lines = await readJournal<ProblemResponses>(`${directory}/few/responses/step-${step}.jsonl`);
      assert.equal(lines.length, 6);
      assert.ok(lines.every(({ greedy, sampled }) => greedy.tokens > 0 && sampled.length === 2));
    }
    assert.deepEqual(await verifyCell(`${directory}/few`).then(({ same, level }) => ({ same, level })), {
      same: true,
      level: "L2",
    });
    const search = { ...suiteOf(source, "few_shot"), task: "web_search" };
    search.algorithms[0].options = { source: "bootstrapped" };
    const [{ cell: tools }] = (await planSuite(search)).cells;
    await runCell(tools, await openParts(tools), { directory: `${directory}/tools` });
    const { evaluations } = await readChain<StepLine, EvaluationLine>(`${directory}/tools`, tools);
    assert.ok(evaluations[0].tools !== undefined);
  }));

Deno.test("what frozen ONNX files can't do is refused in one sentence, before anything is drawn", async () => {
  const refused = async (change: object, message: RegExp, ...names: string[]) =>
    await assert.rejects(planSuite({ ...suiteOf(source, ...names), ...change }), (error: Error) => {
      assert.equal(error.name, "Refusal");
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(`policy ${source}: `) || error.message.startsWith("policy onnx:"));
      assert.ok(!error.message.includes("\n") && error.message.endsWith("."));
      return true;
    });
  await refused(
    {},
    /is frozen, as ONNX files are, and grpo trains weights; choose --algorithms that learn a prompt \(.*gepa.*\), or a/,
    "gepa",
    "grpo",
  );
  await refused({ lora: { rank: 1, alpha: 1 } }, /lora and rolloutWeights are about weights/, "gepa");
  await refused({ backend: "webgpu" }, /ONNX files run on the CPU; leave the back end webgpu out/, "gepa");
  await refused({ policy: "onnx:" }, /no directory; give onnx:DIRECTORY/, "gepa");
  await refused(
    { policy: "onnx:/nowhere" },
    /no such directory; give one with config\.json and onnx\/model\.onnx/,
    "gepa",
  );
});
