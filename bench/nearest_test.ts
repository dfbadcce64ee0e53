import { strict as assert } from "node:assert";
import { nearest, unknown } from "./nearest.ts";

Deno.test("nearest() finds a name despite typing errors, case and separators", () => {
  const known = ["grpo", "dr_grpo", "rloo", "reinforce"];
  assert.equal(nearest("gpro", known), "grpo");
  assert.equal(nearest("Dr-GRPO", known), "dr_grpo");
  assert.equal(nearest("reinforse", known), "reinforce");
});

Deno.test("nearest() proposes nothing if nothing is close", () => {
  assert.equal(nearest("quicksort", ["grpo", "rloo"]), undefined);
});

Deno.test("unknown() lists all names if none is close", () => {
  assert.equal(unknown("task", "zzzzzz", ["gsm8k", "math"]), 'unknown task "zzzzzz"; known are gsm8k, math.');
  assert.equal(unknown("task", "gsm8", ["gsm8k", "math"]), 'unknown task "gsm8"; did you mean "gsm8k"?');
});
