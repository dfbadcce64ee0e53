import { strict as assert } from "node:assert";
import { claims } from "./index.ts";
import { verdictsMarkdown } from "./markdown.ts";
import type { Verdicts } from "./verdicts.ts";

Deno.test("a line per test with source and difference, what verdicts hold for is said once, and what was not run", () => {
  const [{ tests: [test], ...claim }, other, third] = claims;
  const judged = {
    ...test,
    seeds: 5,
    estimate: { mean: 0.02, low: 0.01, high: 0.03 },
    verdict: "reproduced" as const,
    sentence: "",
  };
  const scale = {
    ...{ policy: "p", parameters: 1200, task: "t", steps: 10, promptsPerStep: 4 },
    ...{
      responses: { least: 40, most: 1500 },
      learningRate: { least: 0.0004, most: 0.0004 },
      samples: 8,
      problems: 64,
    },
  };
  const open = {
    ...judged,
    verdict: "inconclusive" as const,
    estimate: { mean: 0.02, low: -0.01, high: 0.05 },
  };
  const verdicts = [{
    ...claim,
    scale,
    seeds: 5,
    verdict: "reproduced" as const,
    sentence: "",
    tests: [judged, open],
  }, {
    ...other,
    scale: { ...scale, steps: 20 },
    seeds: 3,
    verdict: "inconclusive" as const,
    sentence: "",
    tests: [{ ...open, seeds: 3 }],
  }];
  const environment = { podium: "0.1.0", backend: "cpu/1", cpu: "Quick", instructions: "avx2" };
  const text = verdictsMarkdown(
    [claims[0], other, third],
    { format: 3, sources: [{ suite: "s", environment, verdicts }] } as unknown as Verdicts,
  );
  const lines = text.split("\n").map((line) => line.replace(/ +/g, " "));
  assert.match(
    lines[2],
    /^\| reproduced \| .*\[\d{4}\.\d{5}\]\(https:\/\/arxiv\.org\/abs\/\d{4}\.\d{5}\) \(\d{4}\) \|/,
  );
  assert.match(lines[2], /`accuracy\.average` \| 2\.0 \[1\.0, 3\.0\] \| 5 \| 40 to 1,500 \| 1 \|$/);
  assert.match(lines[3], /^\| \| \| .* \| 2\.0 \[-1\.0, 5\.0\] \| 5 of about \d+ \| \| \|$/);
  assert.match(lines[4], /^\| inconclusive \| .* \| 3 of about \d+ \| 40 to 1,500 \| 2 \|$/);
  // What both share is said once, and the rest stands in a line for each.
  assert.match(
    lines.join(" "),
    /is its run; all of them: suite s, Podium 0\.1\.0, cpu\/1, Quick \(avx2\), policy p with 1,200 parameters, task t, learning rate 0\.0004, 8 responses to each of 64 held-out problems\./,
  );
  const runs = lines.slice(lines.indexOf("| run | steps | claims |") + 2).slice(0, 2);
  assert.deepEqual(runs, ["| 1 | 10 steps of 4 prompts | 1 |", "| 2 | 20 steps of 4 prompts | 1 |"]);
  assert.ok(text.replaceAll("\n", " ").includes(`Not run yet: \`${third.id}\`.`));
});
