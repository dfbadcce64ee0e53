import { strict as assert } from "node:assert";
import fc from "fast-check";
import { checkEquations } from "./equations.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261120 });

const table = (expected: boolean[], lines: string[]) => {
  for (const line of lines) assert.deepEqual(checkEquations(line), expected, line);
};

Deno.test("a true equation is found true, in every spelling", () => {
  table([true], [
    "first 34+36=70 apples.",
    "let us check 14*5=70.",
    "Natalia sold 48/2 = 24 clips",
    "She makes 9 * 2 = $18 every day",
    "$1,200 - $200 = $1,000",
    "16 - 3 - 4 = 9",
    "2+3*4=14",
    "(2+3)*4 = 20 = 10*2",
    "3 x 4 = 12",
    "3 × 4 = 12",
    "12 ÷ 4 = 3",
    "5 \u2212 2 = 3",
    "5 \u2013 2 = 3",
    "-3+5=2",
    "- 3+5=8",
    "2. 3+5=8",
    "9 = 4+5",
    "5/20*100 = 25%",
    "20% * 50 = 10",
    "100% - 20% = 80%",
    ".5*4=2",
  ]);
});

Deno.test("an annotation counts apart from the text around it", () => {
  table([true, true], ["16 - 3 - 4 = <<16-3-4=9>>9 duck eggs", "9 * 2 = $<<9*2=18>>18"]);
  table([true], ["a dozen, <<2*6=12>>12 eggs"]);
  table([true, false], ["9 * 2 = $<<9*2=18>>17"]);
  table([false, true], ["9 * 2 = $<<9*2=17>>18"]);
});

Deno.test("a wrong equation is found wrong", () => {
  table([false], ["first 34+36=71 apples.", "33/4=8", "9*2=18=2*8", "2*3=5.5", "5-2=-3", "1,200+1=201"]);
  table([true, false], ["2+2=4 and then 4+4=9"]);
});

Deno.test("a result with decimals may be rounded or cut, a whole number may not", () => {
  table([true], ["10/3=3.33", "20/3=6.67", "20/3=6.66", "1/3 = .3333"]);
  table([false], ["10/3=3", "10/3=3.35", "20/3=6.68"]);
});

Deno.test("what needs words or letters to be understood is no equation", () => {
  table([], [
    "",
    "#### 14",
    "x + 5 = 7",
    "3x = 2+4",
    "2+4=3x",
    "x=5",
    "5 = 5",
    "3 apples + 2*4 = 11",
    "half of 8-4 = 2",
    "60 students x 2/3 = 40",
    "7/6 = 1 and 1/6",
    "3 + = 4",
    "2+2=",
    "=4",
    "1/0=5",
    "(2+3=5",
    "2 3+4=7",
    "H2+3=4",
  ]);
});

Deno.test("no text makes it fail, take long, or see an equation without =", () => {
  const symbols = fc.constantFrom(
    "1",
    "2",
    " ",
    "+",
    "-",
    "*",
    "/",
    "(",
    ")",
    "=",
    "%",
    "$",
    ".",
    ",",
    "<<",
    ">>",
    "x",
    "a",
  );
  fc.assert(
    fc.property(fc.array(symbols, { maxLength: 40 }), (parts) => {
      const line = parts.join(""), verdicts = checkEquations(line);
      if (!line.includes("=")) assert.deepEqual(verdicts, []);
    }),
    { numRuns: 2000, seed: 1 },
  );
  for (const part of ["(", "-", "<<", "1+", " ", "=", "1 ", "x"]) assert.ok(checkEquations(`${part.repeat(20000)}=1`));
});
