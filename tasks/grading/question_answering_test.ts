import { strict as assert } from "node:assert";
import fc from "fast-check";
import { readRows } from "../source/rows.ts";
import { sharedData } from "../source/shared_data_for_tests.ts";
import { normaliseAnswer, scoreAnswer } from "./question_answering.ts";

fc.configureGlobal({ seed: 20261122 });

const exact = (gold: string, answer: string) => scoreAnswer([gold], answer).exactMatch;
const f1 = (gold: string, answer: string) => scoreAnswer([gold], answer).f1;

Deno.test("case, punctuation, articles and white space don't matter", () => {
  assert.equal(normaliseAnswer("  The U.S.  House, (of) an   Owl's!\n"), "us house of owls");
  for (const answer of ["the hague", "Hague", "The  Hague.", '"Hague"', "a Hague"]) {
    assert.equal(exact("The Hague", answer), 1);
  }
  assert.equal(exact("theatre", "atre"), 0, "an article is a whole word");
  assert.equal(exact("Ängstlich", "ängstlich"), 1);
  assert.equal(normaliseAnswer("äa the é"), "äa é", "a letter with an accent is a letter");
});

Deno.test("F1 counts words, each as often as it is there", () => {
  assert.equal(f1("Chief of Protocol", "US chief of protocol"), 6 / 7);
  assert.equal(f1("new york new york", "new york"), 4 / 6);
  assert.equal(f1("Paris", "London"), 0);
  assert.equal(f1("Paris", ""), 0);
  assert.equal(f1("the", "a"), 1, "nothing equals nothing");
});

Deno.test("yes and no have no half", () => {
  assert.deepEqual(scoreAnswer(["yes"], "Yes."), { exactMatch: 1, f1: 1 });
  assert.equal(f1("yes", "yes it is"), 0);
  assert.equal(f1("no one", "no"), 0);
});

Deno.test("of several right answers the best one counts", () => {
  assert.deepEqual(scoreAnswer(["G. Stanley Hall", "Stanley Hall"], "stanley hall"), { exactMatch: 1, f1: 1 });
  assert.equal(scoreAnswer(["a b c", "b d"], "b").f1, 2 / 3);
  assert.deepEqual(scoreAnswer([], "b"), { exactMatch: 0, f1: 0 });
});

Deno.test("an answer equals itself, scores lie in [0, 1], and F1 is symmetric", () => {
  const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.stringMatching(/^(?:[a-c]{1,2} ?){0,6}$/));
  fc.assert(fc.property(text, text, (a, b) => {
    assert.deepEqual(scoreAnswer([a], a), { exactMatch: 1, f1: 1 });
    const there = scoreAnswer([a], b), back = scoreAnswer([b], a);
    assert.deepEqual(there, back);
    assert.ok(there.f1 >= there.exactMatch && there.f1 <= 1);
    assert.equal(normaliseAnswer(normaliseAnswer(a)), normaliseAnswer(a));
  }));
});

sharedData(
  "a judge's verdicts: exact match finds 967 of 1,209 that are right and contradicts one that is wrong",
  async (folder) => {
    const path = `${folder}/websearch/qa_judgements/gpt4o_judged.jsonl`;
    const { rows } = await readRows(path, { gold: "string", pred: "string", equal: "boolean" });
    const found = { right: 0, exact: 0, exactWrong: 0, half: 0, halfWrong: 0 };
    for (const { values } of rows) {
      const { gold, pred, equal } = values as { gold: string; pred: string; equal: boolean };
      const { exactMatch, f1 } = scoreAnswer([gold], pred);
      if (equal) found.right++;
      if (exactMatch === 1) equal ? found.exact++ : found.exactWrong++;
      if (f1 >= 0.5) equal ? found.half++ : found.halfWrong++;
    }
    assert.equal(rows.length, 1750);
    assert.deepEqual(found, { right: 1209, exact: 967, exactWrong: 1, half: 1159, halfWrong: 57 });
  },
);
