import { strict as assert } from "node:assert";
import fc from "fast-check";
import type { Cell } from "../cell.ts";
import { distinctCells, type FinishedCell, machinesOf, requireTogether } from "./cells.ts";

/** A copy of a cell of which only what merging looks at is there. */
function copy(id: string, circumstances = "", verified: FinishedCell["verified"] = null, outcome = "x"): FinishedCell {
  const identity = {
    task: { name: "gsm8k", train: "train", test: "test", prompts: "prompts" },
    policy: { digest: "weights", backend: "cpu" },
  };
  return {
    directory: `run/${id}`,
    cell: { id, identity } as Cell,
    outcome,
    environment: null,
    verified,
    circumstances,
  };
}

Deno.test("which copy is kept does not depend on order or grouping, and nothing is lost or twice", () => {
  const some = fc.array(
    fc.record({
      id: fc.constantFrom("a", "b", "c", "d"),
      circumstances: fc.constantFrom("", "1", "2", "3"),
      verified: fc.constantFrom(null, "L0" as const, "L1" as const, "L2" as const),
    }),
    { maxLength: 6 },
  ).map((list) => list.map(({ id, circumstances, verified }) => copy(id, circumstances, verified)));
  fc.assert(fc.property(some, some, some, (a, b, c) => {
    const whole = distinctCells([...a, ...b, ...c]);
    assert.deepEqual(distinctCells([...distinctCells([...a, ...b]), ...c]), whole);
    assert.deepEqual(distinctCells([...a, ...distinctCells([...b, ...c])]), whole);
    assert.deepEqual(distinctCells([...c, ...b, ...a]), whole);
    assert.deepEqual(distinctCells(whole), whole);
    const ids = whole.map(({ cell }) => cell.id);
    assert.deepEqual(ids, [...new Set([...a, ...b, ...c].map(({ cell }) => cell.id))].sort());
  }));
});

Deno.test("the better verification of two copies is kept, whichever copy is", () => {
  assert.equal(distinctCells([copy("a", "1", "L2"), copy("a", "2", "L0")])[0].verified, "L0");
  assert.equal(distinctCells([copy("a", "1"), copy("a", "2", "L1")])[0].verified, "L1");
  assert.equal(distinctCells([copy("a", "2", "L1"), copy("a", "1")])[0].circumstances, "1");
});

Deno.test("copies with other numbers are refused", () => {
  assert.throws(
    () => distinctCells([copy("a"), copy("a", "", null, "y")]),
    /^Refusal: run\/a: the same cell as run\/a with other numbers; machines that do not repeat each other/,
  );
});

Deno.test("cells of other data, prompts, weights or back ends do not belong together, those of other tasks do", () => {
  const { cell } = copy("b");
  const changed = (change: object): FinishedCell => ({
    ...copy("b"),
    cell: { ...cell, identity: { ...cell.identity, ...change } },
  });
  const { task, policy } = cell.identity;
  const cases: [change: object, message: RegExp][] = [
    [
      { task: { ...task, train: "others" } },
      /training problems on gsm8k are not those of run\/a \(others, not train\)/,
    ],
    [{ task: { ...task, test: "others" } }, /held-out problems/],
    [{ task: { ...task, prompts: "others" } }, /prompts/],
    [{ policy: { ...policy, digest: "others" } }, /starting policy/],
    [{ policy: { ...policy, backend: "gpu" } }, /back end/],
  ];
  for (const [change, message] of cases) assert.throws(() => requireTogether([copy("a"), changed(change)]), message);
  requireTogether([copy("a"), changed({ task: { ...task, name: "math", train: "others" } })]);
});

Deno.test("machines are counted, most cells first, whatever the order of the cells", () => {
  const on = (id: string, cpu: string) => ({ ...copy(id), environment: { cpu } as FinishedCell["environment"] });
  const cells = [on("a", "x"), on("b", "y"), on("c", "y"), copy("d")];
  const counted = machinesOf(cells).map(({ environment, cells }) => [environment.cpu, cells]);
  assert.deepEqual(counted, [["y", 2], ["x", 1]]);
  assert.deepEqual(machinesOf([on("a", "y"), on("b", "x")]), machinesOf([on("b", "x"), on("a", "y")]));
});
