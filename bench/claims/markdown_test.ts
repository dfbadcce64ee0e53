import { strict as assert } from "node:assert";
import { claims } from "./index.ts";
import { verdictsMarkdown } from "./markdown.ts";
import type { Verdicts } from "./verdicts.ts";

Deno.test("the table has a line per verdict with its source and difference, and says what was not run", () => {
  const [{ tests: [test], ...claim }, other] = claims;
  const judged = {
    ...test,
    seeds: 5,
    estimate: { mean: 0.02, low: 0.01, high: 0.03 },
    verdict: "reproduced" as const,
    sentence: "",
  };
  const verdicts = [{
    ...claim,
    setting: "task t, 10 steps",
    seeds: 5,
    verdict: "reproduced" as const,
    sentence: "",
    tests: [judged],
  }];
  const environment = { podium: "0.1.0", backend: "cpu/1", cpu: "Quick", instructions: "avx2" };
  const text = verdictsMarkdown(
    [claims[0], other],
    { format: 2, sources: [{ suite: "s", environment, verdicts }] } as unknown as Verdicts,
  );
  const lines = text.split("\n");
  assert.match(lines[2], /^\| reproduced \| .*\[\d{4}\.\d{5}\]\(https:\/\/arxiv\.org\/abs\/\d{4}\.\d{5}\) \(\d{4}\)/);
  assert.match(lines[2], /: 2\.0 \[1\.0, 3\.0\]/);
  assert.match(
    text.replaceAll("\n", " "),
    /Of suite s with Podium 0\.1\.0, cpu\/1, on Quick \(avx2\): task t, 10 steps; 5 seeds \(1 claim\)\./,
  );
  assert.ok(text.replaceAll("\n", " ").includes(`Not run yet: \`${other.id}\`.`));
});
