import assert from "node:assert/strict";
import { type ExperienceOperation, updateExperiences } from "./experience_library.ts";

const library = { G0: "a", G1: "b", G2: "c" };
const both = (plan: ExperienceOperation[], from: Record<string, string> = library) =>
  (["strict", "code_main_branch"] as const).map((semantics) =>
    Object.entries(updateExperiences(from, plan, semantics)).map(([id, text]) => `${id} ${text}`).join(", ")
  );

Deno.test("an empty plan only numbers anew, in order", () => {
  assert.deepEqual(both([], { x: "a", G7: "b" }), ["G0 a, G1 b", "G0 a, G1 b"]);
  assert.deepEqual(both([], {}), ["", ""]);
});

Deno.test("operations apply in order: what was deleted is unknown, what was updated can be deleted", () => {
  const plan = [
    { operation: "UPDATE", id: "G0", content: "a2" },
    { operation: "DELETE", id: "G1", content: "why" },
    { operation: "UPDATE", id: "G1", content: "b2" },
    { operation: "DELETE", id: "G0", content: "why" },
  ];
  assert.deepEqual(both(plan), ["G0 c", "G0 c, G1 b2"]);
});

Deno.test("operations without content: only a strict DELETE does anything", () => {
  const plan = [{ operation: "ADD" }, { operation: "UPDATE", id: "G0", content: "" }, {
    operation: "DELETE",
    id: "G2",
  }];
  assert.deepEqual(both(plan), ["G0 a, G1 b", "G0 a, G1 b, G2 c"]);
});

Deno.test("unknown ids, no operation and words that are none", () => {
  const plan = [
    { operation: "DELETE", id: "G9", content: "x" },
    { content: "d" },
    { operation: "KEEP", id: "G0", content: "x" },
    { operation: "NONE", content: "x" },
    { operation: "UPDATE", id: null, content: "e" },
  ];
  assert.deepEqual(both(plan), ["G0 a, G1 b, G2 c, G3 d", "G0 a, G1 b, G2 c, G3 d, G4 e"]);
});

Deno.test("MERGE takes entries out and adds one; of unknown ids alone the code makes an entry", () => {
  const merge = { operation: "MERGE", ids: ["G0", "G2", "G9"], content: "ac" };
  assert.deepEqual(both([merge]), ["G0 b, G1 ac", "G0 b, G1 ac"]);
  assert.deepEqual(both([{ ...merge, ids: ["G9"] }]), ["G0 a, G1 b, G2 c", "G0 a, G1 b, G2 c, G3 ac"]);
});

Deno.test("the library that is given is not changed", () => {
  const frozen = Object.freeze({ G0: "a" });
  updateExperiences(frozen, [{ operation: "DELETE", id: "G0" }], "strict");
  assert.deepEqual(frozen, { G0: "a" });
});
