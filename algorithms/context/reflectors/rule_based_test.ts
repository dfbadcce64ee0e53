import assert from "node:assert/strict";
import fc from "fast-check";
import type { Attempt } from "../algorithm.ts";
import { ruleBasedReflection } from "./rule_based.ts";
import { adviceVocabulary } from "./vocabulary.ts";

const attempt = (response: string, score?: number, answer: string | null = null): Attempt => ({
  question: "q",
  response,
  answer,
  ...score !== undefined && { score },
});
const steps = "first 1+1=2.\nthen 2+2=4.\n#### 4", terse = "2+2=4\n#### 4", checked = `${steps}\nlet us check 4-2=2.`;
const critique = (attempts: Attempt[], experiences: { id: string; text: string }[] = [], limit = 1) =>
  ruleBasedReflection({ kind: "critique", attempts, experiences, limit, maxWords: 32 }).operations;

Deno.test("it advises what winners do more often than losers, the largest difference first", () => {
  const attempts = [attempt(checked, 1), attempt(steps, 1), attempt(terse, 0), attempt(terse, 0)];
  assert.deepEqual(critique(attempts, [], 2), [
    { operation: "ADD", content: "work step by step." },
    { operation: "ADD", content: "check the sum." },
  ]);
  assert.deepEqual(critique([attempt(terse, 1), attempt(steps, 0)]), [{
    operation: "ADD",
    content: "answer at once.",
  }]);
});

Deno.test("what stands in the library is kept, changed or deleted", () => {
  const better = [attempt(steps, 1), attempt(terse, 0)], worse = [attempt(terse, 1), attempt(steps, 0)];
  const experiences = [{ id: "G7", text: "work step by step." }];
  assert.deepEqual(critique(better, experiences), [{ operation: "NONE", id: "G7" }]);
  assert.deepEqual(critique(worse, experiences), [{ operation: "UPDATE", id: "G7", content: "answer at once." }]);
  const boxed = [attempt("4 ok", 1), attempt("\\boxed{4} ok", 0)],
    box = [{ id: "G1", text: "put the answer in a box." }];
  assert.deepEqual(critique(boxed, box), [{ operation: "DELETE", id: "G1" }]);
  assert.deepEqual(critique(boxed), []);
});

Deno.test("without scores the majority is right, and without a majority nobody is", () => {
  const agree = [attempt(steps, undefined, "4"), attempt(steps, undefined, "4"), attempt(terse, undefined, "5")];
  assert.deepEqual(critique(agree), [{ operation: "ADD", content: "work step by step." }]);
  assert.deepEqual(critique([attempt(steps, undefined, "4"), attempt(terse, undefined, "5")]), []);
  assert.deepEqual(critique([...agree, attempt(terse, undefined, "5")]), []);
});

Deno.test("consolidation is a vote, in which those who keep count too; unknown advice is taken over once", () => {
  const consolidate = (proposals: object[], experiences: { id: string; text: string }[] = []) =>
    ruleBasedReflection({ kind: "consolidate", experiences, proposals, maxWords: 32, maxEntries: null }).operations;
  const add = (content: string) => ({ operation: "ADD", content });
  assert.deepEqual(
    consolidate([add("check the sum."), add("do not check."), add("check the sum."), add("Draw."), add("Draw.")]),
    [add("check the sum."), add("Draw.")],
  );
  assert.deepEqual(consolidate([add("check the sum."), add("do not check.")]), []);
  const library = [{ id: "G0", text: "check the sum." }];
  const against = { operation: "UPDATE", id: "G0", content: "do not check." }, keep = { operation: "NONE", id: "G0" };
  assert.deepEqual(consolidate([against, keep, keep], library), [keep]);
  assert.deepEqual(consolidate([against, against, keep], library), [against]);
  assert.deepEqual(consolidate([add("Draw.")], [{ id: "G0", text: "Draw." }]), []);
});

Deno.test("a mutation adds one sentence or replaces its opposite; if the instruction says all, it fails", () => {
  const mutate = (instruction: string, attempts: Attempt[]) =>
    ruleBasedReflection({ kind: "mutate", module: "main", instruction, attempts });
  const attempts = [attempt(checked, 1), attempt(terse, 0)];
  assert.equal(mutate("", attempts).text, "work step by step.");
  assert.equal(mutate("Be good. answer at once.", attempts).text, "Be good. work step by step.");
  assert.equal(mutate("work step by step.", attempts).text, "work step by step. check the sum.");
  assert.match(
    mutate("work step by step. check the sum.", attempts).failure!,
    /nothing that the instruction does not say/,
  );
  assert.match(mutate("", [attempt("a b c d e f g h i j k l m", 0)]).failure!, /show nothing/);
  assert.equal(mutate("", [attempt(steps, 0), attempt(steps, 0)]).text, "answer at once.");
});

Deno.test("a proposal without examples can be any sentence, one with examples says what they do", () => {
  const propose = (draw: number, responses: string[]) => {
    const demonstrations = responses.map((response) => ({ question: "q", response }));
    return ruleBasedReflection({ kind: "propose", module: "m", instruction: "", demonstrations, tip: "", draw }).text!;
  };
  const draws = Array.from({ length: 200 }, (_, i) => i / 200);
  const all = adviceVocabulary.flatMap(({ advice, opposite }) => opposite === null ? [advice] : [advice, opposite]);
  assert.deepEqual(new Set(draws.map((draw) => propose(draw, []))), new Set(all));
  const grounded = new Set(draws.map((draw) => propose(draw, [steps])));
  assert.ok(grounded.has("work step by step.") && grounded.has("do not check.") && !grounded.has("check the sum."));
});

Deno.test("whatever it is shown, it says sentences of its vocabulary, and the same when asked again", () => {
  const sentences = new Set(adviceVocabulary.flatMap(({ advice, opposite }) => [advice, opposite]));
  const response = fc.array(fc.constantFrom("first", "check", "<search> a born", "\\boxed{1}", "x"), { maxLength: 5 });
  const attempts = fc.array(
    fc.record({ response: response.map((words) => words.join(" ")), score: fc.integer({ min: 0, max: 1 }) }),
    {
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(attempts, (some) => {
      const shown = some.map(({ response, score }) => attempt(response, score));
      for (const { content } of critique(shown, [], 9)!) assert.ok(sentences.has(content!), content);
      assert.deepEqual(critique(shown, [], 9), critique(shown, [], 9));
    }),
    { seed: 8 },
  );
});
