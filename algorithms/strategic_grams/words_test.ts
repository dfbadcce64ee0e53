import assert from "node:assert/strict";
import { wordRuns } from "./words.ts";

const runs = (text: string) => wordRuns(text).map((run) => run.map(({ word }) => word).join(" "));

Deno.test("wordRuns() ends a run where a sentence, a formula, a list item or a paragraph ends", () => {
  assert.deepEqual(runs("then, check 2*3. So"), ["then check 2", "3", "so"]);
  assert.deepEqual(runs("Let us\n  think step-by-step"), ["let us think step by step"]);
  assert.deepEqual(runs("one\n\ntwo\r\n\r\nthree\n \nfour"), ["one", "two", "three", "four"]);
  assert.deepEqual(runs("milk\n- eggs - ham"), ["milk", "eggs", "ham"]);
  assert.deepEqual(runs('he said "wait, what" and'), ["he said wait what and"]);
  assert.deepEqual(runs(" .,!? "), []);
});

Deno.test("wordRuns() reads a word alike in every spelling of its letters", () => {
  assert.deepEqual(runs("LET\u2019S"), ["let's"]);
  assert.deepEqual(runs("e\u0301t\u00e9"), ["\u00e9t\u00e9"]);
  assert.deepEqual(runs("'tis the boys' 'quoted'"), ["tis the boys quoted"]);
});

Deno.test("wordRuns() gives offsets in the text as it was written", () => {
  const text = "\u0130t, e\u0301a!";
  assert.deepEqual(wordRuns(text).flat().map(({ start, end }) => text.slice(start, end)), ["\u0130t", "e\u0301a"]);
});
