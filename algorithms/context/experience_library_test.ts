import assert from "node:assert/strict";
import fc from "fast-check";
import { applyPlan, type ExperienceOperation, type Library, updateExperiences } from "./experience_library.ts";

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

const entry = (id: string, text: string) => ({ id, text, since: 0, changed: 0 });
const operation = fc.record({
  operation: fc.constantFrom("ADD", "UPDATE", "DELETE", "MERGE", "NONE", "constructor"),
  id: fc.constantFrom("G0", "G1", "G2", "G5", "__proto__"),
  ids: fc.uniqueArray(fc.constantFrom("G0", "G1", "G3", "G9"), { maxLength: 3 }),
  content: fc.constantFrom("", " ", "a", "b c", "one two three four"),
}, { requiredKeys: ["operation"] });

Deno.test("stable ids stay with their entries, and are never given twice", () => {
  fc.assert(
    fc.property(fc.array(fc.array(operation, { maxLength: 6 }), { maxLength: 5 }), (plans) => {
      let library: Library = { entries: [entry("G0", "x")], next: 1 };
      const seen = new Map([["G0", 0]]);
      plans.forEach((plan, step) => {
        const next = applyPlan(library, plan, {
          semantics: "strict",
          ids: "stable",
          step: step + 1,
          maxWords: 3,
          maxEntries: 4,
        });
        const ids = next.library.entries.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        assert.ok(ids.length <= 4);
        for (const { id, text, since, changed } of next.library.entries) {
          assert.ok(text.split(" ").length <= 3);
          // An id is new in the step that made its entry, and belongs to that entry for good.
          if (seen.has(id)) assert.equal(seen.get(id), since);
          else assert.equal(since, step + 1);
          assert.ok(changed >= since);
          const before = library.entries.find((old) => old.id === id);
          if (before && before.text !== text) assert.equal(changed, step + 1);
          seen.set(id, since);
        }
        for (const old of library.entries) if (!ids.includes(old.id)) assert.ok(seen.has(old.id));
        const { added, updated, deleted, merged, idle } = next.counts;
        assert.equal(ids.length, library.entries.length + added - deleted - merged);
        assert.ok(updated + idle <= plan.length);
        library = next.library;
      });
    }),
    { seed: 10, numRuns: 300 },
  );
});

Deno.test("an id of a deleted entry does not come back", () => {
  const library = { entries: [entry("G0", "a"), entry("G1", "b")], next: 2 };
  const plan = [{ operation: "DELETE", id: "G1" }, { operation: "ADD", content: "c" }];
  const how = { semantics: "strict", step: 1 } as const;
  const ids = (naming: "stable" | "renumbered") =>
    applyPlan(library, plan, { ...how, ids: naming }).library.entries.map(({ id }) => id).join();
  assert.equal(ids("stable"), "G0,G2");
  assert.equal(ids("renumbered"), "G0,G1");
});

Deno.test("a full library takes no more, but can change, shrink and merge", () => {
  const library = { entries: [entry("G0", "a"), entry("G1", "b")], next: 2 };
  const plan = [
    { operation: "ADD", content: "c" },
    { operation: "UPDATE", id: "G0", content: "a2" },
    { operation: "MERGE", ids: ["G0", "G1"], content: "ab" },
    { operation: "ADD", content: "d" },
    { operation: "ADD", content: "e" },
  ];
  const { library: { entries }, counts } = applyPlan(library, plan, {
    semantics: "strict",
    ids: "stable",
    step: 1,
    maxEntries: 2,
  });
  assert.deepEqual(entries.map(({ text }) => text), ["ab", "d"]);
  assert.deepEqual(counts, { added: 2, updated: 1, deleted: 0, merged: 2, idle: 2 });
});
