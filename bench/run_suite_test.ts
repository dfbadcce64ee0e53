import { strict as assert } from "node:assert";
import { runSuite } from "./run_suite.ts";
import { makeDirectory } from "./records.ts";
import { loadSuite } from "./suite.ts";
import { inTemporary } from "./testing/temporary.ts";

Deno.test("entries that come to the same settings are one cell, run once, and a row each", () =>
  inTemporary(async (directory) => {
    const suite = await loadSuite("quick");
    Object.assign(suite, { policy: "embedded:table", seeds: [1] });
    Object.assign(suite.training, { steps: 2, promptsPerStep: 2 });
    Object.assign(suite.evaluation, { problems: 4, samples: 2 });
    suite.algorithms = [
      { name: "grpo", options: {}, training: {} },
      { name: "grpo", label: "by its preset", preset: "paper", options: {}, training: {} },
    ];
    const started: string[] = [];
    const { leaderboard } = await runSuite(suite, {
      out: directory,
      jobs: 2, // two processes may not run one cell: the second would wait for the first, and give up
      onEvent: (event) => event.type === "started" && started.push(event.id),
    });
    assert.equal(started.length, 1);
    assert.deepEqual(leaderboard.boards[0].rows.map(({ label }) => label).sort(), ["by its preset", "grpo"]);
    assert.deepEqual(leaderboard.boards[0].rows[0].metrics, leaderboard.boards[0].rows[1].metrics);
  }));

Deno.test("a directory may be asked for by many at the same time", () =>
  inTemporary(async (directory) => {
    await Promise.all(Array.from({ length: 50 }, () => makeDirectory(`${directory}/one`)));
    assert.deepEqual([...Deno.readDirSync(`${directory}/one`)], []);
  }));
