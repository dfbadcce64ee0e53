import { strict as assert } from "node:assert";
import fc from "fast-check";
import { sharedData } from "../source/shared_data_for_tests.ts";
import { lastBoxed } from "./boxed.ts";

// The same cases in every run.
fc.configureGlobal({ seed: 20261121 });

const read = (text: string) => lastBoxed(text).content;

Deno.test("braces nest, and escaped ones are characters", () => {
  assert.equal(read("so $\\boxed{\\frac{1}{\\sqrt{2}}}$."), "\\frac{1}{\\sqrt{2}}");
  assert.equal(read("$\\boxed{\\left\\{1, 2\\right\\}}$"), "\\left\\{1, 2\\right\\}");
  assert.equal(read("\\boxed{\\left\\{x \\right.}"), "\\left\\{x \\right.");
  assert.equal(read("\\boxed{\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}}"), "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}");
});

Deno.test("the last box counts, and a box within a box belongs to the outer one", () => {
  assert.equal(read("first \\boxed{1}, then \\boxed{2}."), "2");
  assert.equal(read("\\boxed{x=\\boxed{3}}"), "x=\\boxed{3}");
});

Deno.test("an empty box is none", () => {
  assert.equal(read("put it in \\boxed{}: \\boxed{7}, that is \\boxed{ }"), "7");
  assert.deepEqual(lastBoxed("put it in \\boxed{}"), { content: null, reason: "no box" });
});

Deno.test("a last box that never closes leaves no answer, also where an earlier one does", () => {
  assert.deepEqual(lastBoxed("\\boxed{1} and \\boxed{\\frac{2}{3}"), { content: null, reason: "not closed" });
});

Deno.test("other ways to write a box", () => {
  assert.equal(read("\\fbox{4}"), "4");
  assert.equal(read("$\\boxed 5$."), "5");
  assert.equal(read("\\(\\boxed\\frac12\\) is it"), "\\frac12");
  assert.equal(read("\\boxed {17}."), "17");
  assert.equal(read("\\boxed 5\nNext line"), "5");
  assert.equal(read("\\boxedtext{5}"), null);
});

Deno.test("what is boxed comes back, whatever stands before it", () => {
  const group = fc.letrec((tie) => ({
    text: fc.array(fc.oneof(fc.constantFrom("x", "\\{", "\\\\", "1", "\\frac"), tie("braced")), { maxLength: 4 })
      .map((parts) => parts.join("")),
    braced: tie("text").map((text) => `{${text}}`),
  }));
  fc.assert(
    fc.property(fc.string(), group.text as fc.Arbitrary<string>, (before, content) => {
      const text = `${before.replaceAll("\\", "")} \\boxed{${content}} done`;
      assert.equal(read(text), content.trim() || null);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a thousand open braces and a megabyte of text take no time", () => {
  assert.equal(read("\\boxed" + "{".repeat(1000)), null);
  assert.equal(read("\\boxed{1}".repeat(100_000)), "1");
  assert.equal(read("\\boxed " + "x".repeat(1_000_000)), "x".repeat(1_000_000));
});

sharedData("the last box of a published solution is its answer", async (folder) => {
  for (const name of ["train", "test"]) {
    const lines = (await Deno.readTextFile(`${folder}/math/${name}.jsonl`)).trim().split("\n");
    for (const line of lines) {
      const { solution, answer, unique_id } = JSON.parse(line);
      assert.equal(read(solution) ?? "", answer.trim(), unique_id);
    }
  }
});
