import { strict as assert } from "node:assert";
import { type Cell, cellFormat } from "./cell.ts";
import { openParts, planSuite } from "./parts.ts";
import { loadSuite, type Suite } from "./suite.ts";

async function planned(change: (suite: Suite) => void) {
  const suite = await loadSuite("quick");
  suite.policy = "embedded:table";
  suite.seeds = [1];
  suite.algorithms = [{ name: "grpo", options: { beta: 0 }, training: {} }];
  change(suite);
  return (await planSuite(suite)).cells.map(({ cell }) => cell);
}

Deno.test("reward channels of an entry are those of its cells, whichever of the task or the runner they come from", async () => {
  const cells = await planned((suite) =>
    suite.algorithms.push({
      ...suite.algorithms[0],
      label: "three channels",
      training: { rewards: ["accuracy", "format", "brevity"] },
    })
  );
  const [common, own] = cells.map(({ identity }) => identity.training);
  assert.deepEqual(common.rewards, ["accuracy"]);
  assert.deepEqual(own.rewards, ["accuracy", "format", "brevity"]);
});

Deno.test("an unknown reward channel is refused before anything runs, also in an entry", async () => {
  const message = /unknown reward channel "brevety"; did you mean "brevity"\?/;
  await assert.rejects(planned((suite) => suite.training.rewards = ["brevety"]), message);
  await assert.rejects(planned((suite) => suite.algorithms[0].training.rewards = ["accuracy", "brevety"]), message);
});

Deno.test("what an algorithm needs of the settings is looked at with the entry's own", async () => {
  await assert.rejects(
    planned((suite) => suite.training.groupSize = 1),
    /needs at least 2 responses per prompt, not 1/,
  );
});

Deno.test("saving memory on the GPU is told to the cell and leaves its id as it is", async () => {
  const [plain] = await planned(() => {}), [saving] = await planned((suite) => suite.recompute = true);
  assert.deepEqual([plain.sources.recompute, saving.sources.recompute], [undefined, true]);
  assert.deepEqual({ ...saving, sources: plain.sources }, plain);
});

Deno.test("adapters are part of what names a cell; without any nothing is said of them", async () => {
  const [{ identity: { policy } }] = await planned(() => {});
  assert.deepEqual(Object.keys(policy), ["digest", "backend"]);
  const lora = { rank: 4, alpha: 8 };
  await assert.rejects(planned((suite) => suite.lora = lora), /embedded:table: a table has no matrices/);
  const onCpu = planned((suite) => Object.assign(suite, { lora, policy: "embedded:base", backend: "cpu" }));
  await assert.rejects(onCpu, /adapters \(lora\) are trained on the GPU only; choose the back end webgpu/);
});

Deno.test("a cell that another version recorded is refused, not compared", async () => {
  const [cell] = await planned(() => {});
  await openParts(cell);
  const old = { ...cell, identity: { ...cell.identity, format: 1 } } as unknown as Cell;
  await assert.rejects(
    openParts(old),
    new RegExp(`recorded in format 1, and this version .* format ${cellFormat}; run the suite again`),
  );
});
