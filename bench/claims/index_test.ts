import { strict as assert } from "node:assert";
import { loadBenchmark } from "../benchmark.ts";
import { evaluationsDue } from "../evaluate.ts";
import { metricsOf } from "../leaderboard/metrics.ts";
import { validated } from "../schema.ts";
import schema from "./claim.schema.json" with { type: "json" };
import { columnOf } from "./columns.ts";
import { claims } from "./index.ts";
import { labelsOf, suiteOf } from "./verdicts.ts";

const suite = await loadBenchmark("claims");
const others = await Promise.all([...new Set(claims.map(suiteOf))].map((name) => loadBenchmark(name)));
const taskOf = (name: string, of = "claims") =>
  others.find((other) => other.name === of)!.tasks.find(({ task }) => task === name)!;

Deno.test("every data file is in the index, once, under its own name", async () => {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(new URL("data", import.meta.url))) files.push(name);
  assert.deepEqual(claims.map(({ id }) => `${id}.json`).sort(), files.sort());
});

Deno.test("what a claim compares is in its suite, and nothing in the claims suite is compared by none", () => {
  const compared = new Set<string>();
  for (const claim of claims) {
    const { algorithms } = taskOf(claim.task, suiteOf(claim));
    const labels = new Set(["before training", ...algorithms.map(({ label, name }) => label ?? name)]);
    for (const label of labelsOf(claim)) {
      assert.ok(labels.has(label), `${claim.id}: ${label}`);
      if (suiteOf(claim) === "claims") compared.add(`${claim.task} ${label}`);
    }
  }
  const entries = suite.tasks.flatMap(({ task, algorithms }) =>
    algorithms.map(({ label, name }) => `${task} ${label ?? name}`)
  );
  assert.deepEqual([...compared].sort(), entries.sort());
});

Deno.test("every column that a claim is about exists, and has a name for people", () => {
  for (const { id, task, tests } of claims) {
    for (const { metric } of tests) {
      const channel = /^channels\.(.*)$/.exec(metric)?.[1];
      if (channel !== undefined) assert.ok(taskOf(task).training.rewards.includes(channel), `${id}: ${metric}`);
      else {
        let place: unknown = metricsOf({ steps: [], evaluations: [], timing: [] });
        for (const name of metric.split(".")) {
          assert.ok(typeof place === "object" && place !== null && name in place, `${id}: ${metric}`);
          place = (place as Record<string, unknown>)[name];
        }
      }
      assert.notEqual(columnOf(metric).name, metric);
    }
  }
});

Deno.test("where a claim is about fewer responses its suite has an evaluation with as many", () => {
  for (const { id, task, suite: name, tests } of claims) {
    for (const { fewerResponses } of tests) {
      if (fewerResponses === undefined) continue;
      const { training: { steps }, evaluation } = taskOf(task, name);
      assert.ok(evaluationsDue(evaluation, 0, steps).includes(steps / fewerResponses), id);
    }
  }
  const found = claims.find(({ tests }) => tests[0].fewerResponses !== undefined)!;
  const other = { ...found, tests: [{ ...found.tests[0], metric: "length.mean" }] };
  assert.throws(() => validated(schema, other, "claim"), { name: "Refusal", message: /metric/ });
});

Deno.test("the claims suite has the seeds that claims ask for, and fewer than 130 cells", () => {
  const seeds = taskOf("gsm8k").seeds.length;
  assert.ok(claims.every(({ minimumSeeds }) => minimumSeeds <= seeds));
  assert.ok(suite.tasks.reduce((sum, { algorithms }) => sum + algorithms.length * seeds, 0) < 130);
});

Deno.test("everything the claims suite compares sees the same number of prompts, in steps of the same size", () => {
  for (const { training: shared, algorithms } of suite.tasks) {
    for (const { training } of algorithms) {
      const { steps, promptsPerStep } = { ...shared, ...training };
      assert.deepEqual([steps, promptsPerStep], [shared.steps, shared.promptsPerStep]);
    }
  }
});
