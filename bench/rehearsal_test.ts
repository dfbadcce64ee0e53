import { strict as assert } from "node:assert";
import { findAlgorithm } from "../algorithms/mod.ts";
import { loadBenchmark } from "./benchmark.ts";
import { changesPrompt, configure } from "./context/family.ts";
import { planSuite } from "./parts.ts";
import { rehearse } from "./rehearsal.ts";
import { loadSuite, suiteNames } from "./suite.ts";
import { digitSuite } from "./testing/digit_task.ts";

Deno.test("every entry of every embedded suite computes a step on made-up responses", async () => {
  for (const name of suiteNames) {
    for (const { algorithms, training } of (await loadBenchmark(name)).tasks) {
      for (const entry of algorithms) {
        const algorithm = configure(entry);
        if (!changesPrompt(algorithm)) rehearse(algorithm, { ...training, ...entry.training });
      }
    }
  }
});

Deno.test("groups of one and responses of one token are no reason to refuse", () => {
  const { training } = digitSuite(({ training }) => Object.assign(training, { groupSize: 1, maxTokens: 1 }));
  for (const name of ["reinforce", "remax", "ppo"]) rehearse(findAlgorithm(name).create(), training);
});

Deno.test("what an algorithm can't do with the budget of a suite is refused before anything runs", async () => {
  const suite = await loadSuite("quick");
  suite.policy = "embedded:table";
  suite.algorithms = [{ name: "dapo", options: { overlongCache: 65 }, training: {} }];
  const message = /^dapo: The overlong cache is 65 tokens, but a response has at most 64; use a smaller cache\.$/;
  await assert.rejects(planSuite(suite), { name: "Refusal", message });
});
