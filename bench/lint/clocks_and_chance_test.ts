import { strict as assert } from "node:assert";
import plugin from "./clocks_and_chance.ts";

const count = (file: string, source: string) => Deno.lint.runPlugin(plugin, file, source).length;

Deno.test("clocks and shared randomness are lint errors in library code", () => {
  assert.equal(count("algorithms/x.ts", "Math.random(); Date.now(); performance.now(); new Date();"), 4);
  assert.equal(count("bench/step.ts", 'Math["random"]();'), 1);
});

Deno.test("a date from a given time and other members are fine", () => {
  assert.equal(count("bench/step.ts", "new Date(0); Math.max(1, 2); performance.mark('x');"), 0);
});

Deno.test("the command line, timing code and tests may read clocks", () => {
  for (const file of ["bench/cli.ts", "bench/commands/bench.ts", "bench/perf/perf.ts", "bench/step_test.ts"]) {
    assert.equal(count(file, "performance.now()"), 0, file);
  }
});
