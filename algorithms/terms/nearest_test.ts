import assert from "node:assert/strict";
import { nearestName, suggestion } from "./nearest.ts";

Deno.test("nearestName() finds typing errors, other separators and parts", () => {
  const known = ["reinforce", "rloo", "grpo", "dr_grpo"];
  assert.equal(nearestName("gpro", known), "grpo");
  assert.equal(nearestName("DR-GRPO", known), "dr_grpo");
  assert.equal(nearestName("reinforc", known), "reinforce");
  assert.equal(nearestName("rlo", known), "rloo");
  assert.equal(nearestName("x", []), undefined);
});

Deno.test("suggestion() is the end of a sentence, or nothing", () => {
  assert.equal(suggestion("gpro", ["grpo"]), '; did you mean "grpo"?');
  assert.equal(suggestion("gpro", []), "");
});
