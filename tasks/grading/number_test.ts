import { strict as assert } from "node:assert";
import fc from "fast-check";
import { equalNumbers, extractNumber, gradeNumber, parseNumber } from "./number.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261120 });

const accuracy = (gold: string, response: string, strict = false) =>
  gradeNumber(gold, response, { strict }).rewards.accuracy;

Deno.test("the answer stands behind the last ####", () => {
  for (
    const response of [
      "#### 42",
      "40+2=42\n#### 42",
      "####42",
      "####\n42",
      "#### 41\nno, #### 42",
      "#### $42",
      "#### \\$42",
      "#### 42.",
      "#### 42 apples, not 43",
      "#### **42**",
      "#### 42.00",
      "#### 042",
      "#### +42",
      "#### 42%",
      "#### 42 €",
      "#### $ 42!",
      "#### 42\nThat is 7 more than 35.",
      "#### 84/2",
      "#### 4.2e1",
      "##### 42",
    ]
  ) assert.deepEqual(gradeNumber("42", response).rewards, { accuracy: 1, format: 1 }, response);
});

Deno.test("other numbers are other answers", () => {
  for (
    const response of [
      "#### 43",
      "#### -42",
      "#### 420",
      "#### 42.5",
      "#### .42",
      "#### 4 2",
      "#### 1/42",
      "#### 42,5000",
    ]
  ) {
    assert.equal(accuracy("42", response), response === "#### 42,5000" ? 1 : 0, response);
  }
});

Deno.test("thousands separators, signs, decimals and currency", () => {
  const same: [gold: string, response: string][] = [
    ["1234", "#### 1,234"],
    ["1,234", "#### 1234"],
    ["109,200,000", "#### 109200000"],
    ["109200000", "#### $109,200,000.00"],
    ["1234", "#### 1{,}234"],
    ["1234", "#### 1\\,234"],
    ["1234", "#### 1\u202f234"],
    ["-5", "#### -5"],
    ["-5", "#### \u22125"],
    ["-5", "#### -$5"],
    ["-5", "#### $-5"],
    ["0.5", "#### .5"],
    ["0.5", "#### 1/2"],
    ["1.5", "#### 1 1/2"],
    ["0", "#### -0"],
    ["1", "#### 1,23"],
  ];
  for (const [gold, response] of same) assert.equal(accuracy(gold, response), 1, `${gold} and ${response}`);
});

Deno.test("a response without #### is read by its last number, and the reason says so", () => {
  const grade = gradeNumber("18", "She sells 16-3-4 = 9 eggs.\nA: 18");
  assert.deepEqual(grade, {
    rewards: { accuracy: 1, format: 0 },
    answer: "18",
    reason: "equal (fallback: no ####, last number)",
  });
  assert.equal(gradeNumber("18", "A: 17").reason, "different: 17 is not 18 (fallback: no ####, last number)");
  assert.equal(accuracy("3", "16-3"), 1, "a minus between numbers is no sign");
  assert.equal(accuracy("-3", "x = -3"), 1);
  assert.equal(accuracy("12", "The answer is 12."), 1);
});

Deno.test("strict grading counts nothing but ####", () => {
  assert.deepEqual(gradeNumber("18", "A: 18", { strict: true }), {
    rewards: { accuracy: 0, format: 0 },
    answer: null,
    reason: "no #### in the response",
  });
  assert.equal(accuracy("18", "#### 18", true), 1);
});

Deno.test("no number is no answer, even if one stands before the marker", () => {
  assert.deepEqual(gradeNumber("18", "18\n#### none"), {
    rewards: { accuracy: 0, format: 1 },
    answer: null,
    reason: "no number behind ####",
  });
  assert.equal(gradeNumber("18", "I don't know").reason, "no number in the response");
  assert.equal(gradeNumber("18", "").answer, null);
  assert.equal(gradeNumber("18", "#### 1/0 and 18").answer, "18", "1/0 is no number");
});

Deno.test("a gold answer that is no number is an error, not a wrong response", () => {
  assert.throws(() => gradeNumber("many", "#### 1"), /The gold answer "many" is not a number\./);
});

Deno.test("any spelling of an integer equals it, and no other integer does", () => {
  const integers = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
  fc.assert(fc.property(integers, integers, (a, b) => {
    const grouped = String(a).replace(/\B(?=(\d{3})+$)/g, ",");
    for (const spelling of [String(a), grouped, `${grouped}.000`, `$${grouped}.`]) {
      const value = parseNumber(spelling);
      assert.ok(value && equalNumbers(value, { numerator: a, denominator: 1n }), spelling);
      assert.equal(equalNumbers(value, { numerator: b, denominator: 1n }), a === b);
    }
  }));
});

Deno.test("extraction survives any text, and takes no longer for a long one", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.boolean(), (text, strict) => {
    extractNumber(text, { strict });
  }));
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."0123456789,.$-/ #e\n") }), (text) => {
      const { text: answer, value } = extractNumber(text);
      assert.equal(answer === null, value === null);
    }),
    { numRuns: 1000 },
  );
  for (const piece of ["1,", "9", "1 ", "$-", "1/", "####", "1,234"]) extractNumber(piece.repeat(20000));
});
