import { strict as assert } from "node:assert";
import { contextAlgorithms } from "../../algorithms/mod.ts";
import { runCell } from "../run_cell.ts";
import { adviceCell } from "../testing/advice_task.ts";
import { syntheticLeaderboard } from "../testing/leaderboard.ts";
import { inTemporary } from "../testing/temporary.ts";
import { reportPage } from "./page.ts";
import { promptChanges, readPrompts } from "./prompts.ts";

const context = (text: string, experiences: { id: string; text: string }[] = []) => ({
  instructions: { main: text },
  experiences,
  demonstrations: [],
});

Deno.test("changes are what came in and went out, with the accuracy that was measured under them", () => {
  const steps = [
    { step: 1, context: context("") },
    { step: 2, context: context("a") },
    { step: 4, context: context("a", [{ id: "G0", text: "x" }]) },
    { step: 5, context: context("b", [{ id: "G0", text: "x" }]) },
    { step: 6, context: context("b", [{ id: "G0", text: "x" }]) },
  ];
  const evaluations = [{ step: 0, average: 0.1 }, { step: 3, average: 0.2 }, { step: 6, average: 0.4 }];
  assert.deepEqual(promptChanges(steps, evaluations), [
    { step: 2, added: [{ place: "main", text: "a" }], removed: [], average: 0.2 },
    { step: 4, added: [{ place: "G0", text: "x" }], removed: [], average: null },
    { step: 5, added: [{ place: "main", text: "b" }], removed: [{ place: "main", text: "a" }], average: 0.4 },
  ]);
});

Deno.test("the page shows a learned prompt with its history, and what a model wrote is text there", () =>
  inTemporary(async (directory) => {
    const leaderboard = syntheticLeaderboard({ algorithms: 2, tasks: 1, seeds: 2, steps: 8 });
    const { cell, parts } = adviceCell(contextAlgorithms.training_free_grpo.create({ batchSize: 30 }));
    const [row] = leaderboard.boards[0].rows, [seed] = row.seeds;
    Object.assign(row, { algorithm: "training_free_grpo" });
    await runCell(cell, parts, { directory: `${directory}/${seed.cell}` });
    const [{ learned: [found] }] = await readPrompts(leaderboard, directory);
    assert.equal(found.label, row.label);
    assert.ok(found.final.experiences.length > 0 && found.changes.length > 0);

    assert.ok(found.cost !== undefined);
    const asked = {
      responses: 1500,
      reflections: 40,
      reflectionFailures: 3,
      reflectorCalls: 1200,
      reflectorTokens: 56789,
    };
    const cost = { ...asked, policyMoney: 0.5, reflectorMoney: 1.23456, money: 1.73456 };
    const attack = { ...found, cost, final: context("<script>alert(1)</script>") };
    const run = { name: "x", source: "runs/x", directory, leaderboard, responses: [] };
    const page = await reportPage([{ ...run, prompts: [{ task: "gsm8k", learned: [found, attack] }] }], []);
    assert.ok(page.includes(found.changes[0].added[0].text));
    assert.ok(
      page.includes(
        "1,500 responses at 0.5, 40 requests in 1,200 calls with 56,789 tokens at 1.23, 3 of them in vain, price 1.73 in all",
      ),
    );
    assert.ok(page.includes("&lt;script&gt;alert(1)") && !page.includes("<script>alert(1)"));
    assert.ok(!(await reportPage([{ ...run, prompts: [] }], [])).includes("Learned prompts"));
  }));
