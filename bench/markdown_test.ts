import { strict as assert } from "node:assert";
import { markdownTable, withSection, wrapped } from "./markdown.ts";

Deno.test("markdownTable() pads columns and keeps bars out of them", () => {
  assert.equal(
    markdownTable([["", "name", "n"], ["1", "a|b", "10"]], [0, 2]),
    "|    | name |  n |\n| -: | ---- | -: |\n|  1 | a\\|b | 10 |",
  );
});

Deno.test("wrapped() breaks at spaces, and leaves a word that is too long alone", () => {
  assert.equal(wrapped("one two three extraordinary", 7), "one two\nthree\nextraordinary");
  assert.equal(wrapped("", 7), "");
});

Deno.test("withSection() replaces what stands between its comments, twice with the same result", () => {
  const text = "# A\n\n<!-- begin: x -->\nold\n<!-- end: x -->\nrest\n";
  const once = withSection(text, "x", "new", "A.md");
  assert.equal(once, "# A\n\n<!-- begin: x -->\n\nnew\n\n<!-- end: x -->\nrest\n");
  assert.equal(withSection(once, "x", "new", "A.md"), once);
  assert.throws(() => withSection(text, "y", "new", "A.md"), {
    name: "Refusal",
    message: "A.md: has no section for it; add the lines `<!-- begin: y -->` and `<!-- end: y -->`.",
  });
});
