import { strict as assert } from "node:assert";
import fc from "fast-check";
import { sharedData } from "../../source/shared_data_for_tests.ts";
import type { EquivalenceOptions } from "../verdict.ts";
import { equivalent } from "./equivalence.ts";

fc.configureGlobal({ seed: 20261121 });

function check(
  verdict: string,
  pairs: readonly (readonly [gold: string, prediction: string])[],
  options?: EquivalenceOptions,
) {
  for (const [gold, prediction] of pairs) {
    for (const [a, b] of [[gold, prediction], [prediction, gold]]) {
      const found = equivalent(a, b, options);
      assert.equal(found.verdict, verdict, `${a} and ${b}: ${found.reason}`);
      assert.ok(found.reason.startsWith(verdict), found.reason);
    }
  }
}

Deno.test("numbers: fractions, mixed numbers, decimals, thousands, powers, roots, factorials", () => {
  check("equal", [
    ["\\frac{3}{8}", "0.375"],
    ["\\frac38", "3/8"],
    ["2\\frac{3}{4}", "11/4"],
    ["2 3/4", "2.75"],
    ["12,345", "12345"],
    ["12{,}345", "12\\,345"],
    ["2^{10}", "1024"],
    ["2^10", "4^5"],
    ["3\\sqrt{8}", "6\\sqrt2"],
    ["\\frac{1}{\\sqrt{5}}", "\\frac{\\sqrt{5}}{5}"],
    ["6!", "720"],
    ["\\binom{6}{2}", "15"],
    ["0.\\overline{6}", "\\frac23"],
    ["7.5 \\times 10^{-3}", "0.0075"],
    ["\\sqrt[3]{-27}", "-3"],
    ["\\log_2 32", "5"],
    ["\\log_{10} 1000", "3"],
    ["|{-4}|", "4"],
    ["½", "0.5"],
    ["\\sum_{k=1}^{4} k^2", "30"],
  ]);
  check("different", [
    ["\\frac38", "\\frac83"],
    ["2\\frac{3}{4}", "1.5"],
    ["12,345", "12,346"],
    ["2^{100}", "2^{100}+1"],
    ["10^{-20}", "0"],
    ["7", "-7"],
    ["\\sqrt{2}", "1.41"],
    ["1/3", "0.33"],
  ]);
});

Deno.test("decimals stand for what rounds to them from six digits on, or as the option says", () => {
  check("equal", [["1/3", "0.333333"], ["\\pi", "3.14159"], ["\\sqrt{2}", "1.414213562373095"]]);
  check("different", [["1/3", "0.33333"], ["5", "5.000001"], ["100000", "100000.1"], ["0.333333", "0.333334"]]);
  check("equal", [["1/3", "0.33"]], { roundedFrom: 2 });
  check("different", [["1/3", "0.33333333333"]], { roundedFrom: Infinity });
});

Deno.test("formulas: polynomials, rational expressions, trigonometry, complex numbers, unknown functions", () => {
  check("equal", [
    ["(a-b)(a+b)", "a^2-b^2"],
    ["\\frac{x^2-1}{x-1}", "x+1"],
    ["\\frac{1}{x}+\\frac{1}{y}", "\\frac{x+y}{xy}"],
    ["\\sin 2t", "2\\sin t\\cos t"],
    ["\\cot\\theta", "\\frac{\\cos\\theta}{\\sin\\theta}"],
    ["(1+i)^2", "2i"],
    ["f(3-x)", "f(-x+3)"],
    ["x_1+x_2", "x_{2}+x_{1}"],
    ["2^{n+1}", "2\\cdot2^n"],
    ["\\tan^{-1} x", "\\arctan(x)"],
    ["\\ln(x^2)", "2\\ln x"],
  ]);
  check("different", [
    ["a-b", "b-a"],
    ["x+1", "y+1"],
    ["f(3-x)", "f(x-3)"],
    ["\\sin 2t", "\\sin^2 t"],
    ["x^{2n}", "x^{n}"],
    ["2i", "-2i"],
  ]);
});

Deno.test("variables have both signs, within the domain of both formulas", () => {
  check("different", [
    ["|x|", "x"],
    ["\\sqrt{x^2}", "x"],
    ["\\sqrt[4]{y^4}", "y"],
    ["\\sqrt{x^2 y}", "x\\sqrt{y}"],
    ["i|x|", "ix"],
    ["|x-y|", "x-y"],
    ["y=|x|", "y=x"],
    ["y=\\sqrt{x^2}+1", "y-x=1"],
  ]);
  check("equal", [
    ["\\sqrt{x^2}", "|x|"],
    ["|x-y|", "|y-x|"],
    ["\\sqrt{x}\\sqrt{x}", "x"],
    ["\\sqrt{x}\\sqrt{y}", "\\sqrt{xy}"],
    ["i\\sqrt{x}\\sqrt{y}", "i\\sqrt{xy}"],
    ["\\sqrt[3]{x^3}", "x"],
    ["x^{2/3}", "\\sqrt[3]{x^2}"],
    ["x^{3/2}", "x\\sqrt{x}"],
    ["\\sqrt{-3}x", "ix\\sqrt{3}"],
    ["\\sqrt{x-9}", "\\sqrt{-9+x}"],
  ]);
});

Deno.test("what is too large, too small or too uncertain for a double is not equal", () => {
  const undecided = [
    ["x^{1000000}", "x^{1000001}"],
    ["10^{-1000000}", "10^{-1000001}"],
    ["10^{-1000000}", "0"],
    ["e^{-1000}", "e^{-2000}"],
    ["e^{1000}", "e^{2000}"],
    ["e^{-x^2-10000}", "0"],
    ["10^{-400}", "0\\cdot\\pi"],
    ["10^{400}", "\\sqrt{2}"],
    ["\\sin(10^{16}\\sqrt2)", "\\sin(10^{17}\\sqrt2)"],
    ["(1+10^{-17}\\pi)-1", "2(1+10^{-17}\\pi)-2"],
  ];
  for (const [a, b] of undecided) {
    assert.notEqual(equivalent(a, b).verdict, "equal", `${a} and ${b}`);
    assert.notEqual(equivalent(b, a).verdict, "equal", `${b} and ${a}`);
  }
  check("unparsed", [["x^{1000000}", "x^{1000001}"], ["e^{-1000}", "e^{-2000}"]]);
  check("equal", [["\\sin 7\\pi", "0"], ["\\sin^2 x+\\cos^2 x-1", "0"], ["x^{200}", "(x^{100})^2"]]);
});

Deno.test("units: one that is missing does no harm, another one does", () => {
  check("equal", [
    ["15\\text{ cm}", "15"],
    ["15 cm", "15\\text{ centimeters}"],
    ["40\\text{ cm}^2", "40 square centimeters"],
    ["\\$12.50", "12.50"],
    ["\\$12.50", "12.5 dollars"],
    ["75^\\circ", "75"],
    ["75^{\\circ}", "75 degrees"],
    ["180^\\circ", "\\pi"],
    ["9 apples", "9"],
    ["30\\%", "30"],
  ]);
  check("different", [["15\\text{ cm}", "15\\text{ m}"], ["40\\text{ cm}", "40\\text{ cm}^2"], ["30\\%", "0.3"]]);
  check("different", [["15\\text{ cm}", "15"]], { units: "required" });
  check("equal", [["15\\text{ cm}", "15\\text{ m}"]], { units: "ignored" });
  check("equal", [["30\\%", "0.3"], ["30\\%", "30"]], { percent: "either" });
  check("different", [["30\\%", "30"]], { percent: "hundredth" });
});

Deno.test("lists and sets in any order, tuples and matrices in theirs", () => {
  check("equal", [
    ["2, 3, 5", "5, 2 and 3"],
    ["\\{2, 3\\}", "3, 2"],
    ["\\pm 4", "4, -4"],
    ["1 \\pm \\sqrt{3}", "1-\\sqrt3, 1+\\sqrt3"],
    ["2 \\text{ or } 3", "3; 2"],
    ["(1, \\frac12)", "(1, 0.5)"],
    ["(1, 2), (3, 4)", "(3,4) and (1,2)"],
    ["\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{bmatrix}1\\\\2\\end{bmatrix}"],
    ["\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "\\left[\\begin{array}{cc}1&2\\\\3&4\\end{array}\\right]"],
    ["\\begin{pmatrix} 1 \\\\ 2 \\\\ 3 \\end{pmatrix}", "(1,2,3)"],
    ["a = 1, b = 2", "1, 2"],
    ["2, 2, 3", "2, 3"],
    ["\\emptyset", "\\{\\}"],
  ]);
  check("different", [
    ["2, 3, 5", "2, 3"],
    ["(1, 2)", "(2, 1)"],
    ["\\pm 4", "4"],
    ["\\begin{pmatrix} 1 & 2 \\end{pmatrix}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}"],
  ]);
  check("different", [["2, 3", "3, 2"]], { lists: "ordered" });
});

Deno.test("intervals, unions and inequalities", () => {
  check("equal", [
    ["[0, \\infty)", "x \\ge 0"],
    ["(-1, 2]", "-1 < x \\le 2"],
    ["(-\\infty,1)\\cup(3,\\infty)", "x<1 or x>3"],
    ["(3,\\infty)\\cup(-\\infty,1)", "(-\\infty, 1) \\cup (3, \\infty)"],
    ["x \\neq 2", "(-\\infty,2)\\cup(2,\\infty)"],
    ["x > 4", "4 < x"],
    ["2x > 8", "x > 4"],
    ["-x \\ge 1", "x \\le -1"],
    ["x \\in [1,2]", "[1,2]"],
    ["f(1) < f(2)", "f(2) > f(1)"],
    ["\\mathbb{R}", "(-\\infty,\\infty)"],
  ]);
  check("different", [["[0,1)", "[0,1]"], ["(0,1)", "[0,1]"], ["x > 4", "x \\ge 4"], ["x > 4", "x < 4"], [
    "(1,2)",
    "(1,3)",
  ]]);
  assert.equal(equivalent("[0,1)", "[0,1]").reason, "different: interval end");
});

Deno.test("equations: a name on the left may be left out, a multiple is the same", () => {
  check("equal", [
    ["x = 5", "5"],
    ["y = 3x - 1", "f(x) = 3x - 1"],
    ["y = 3x - 1", "6x - 2y = 2"],
    ["x^2+y^2=4", "y^2 = 4 - x^2"],
    ["\\angle ABC = 40^\\circ", "40"],
    ["x = 2 + 3 = 5", "5"],
    ["x \\approx 2.5", "2.5"],
    ["\\frac{1}{3} \\approx 0.33", "\\frac13"],
  ]);
  check("different", [
    ["x + y = 5", "5"],
    ["x = 5", "x = 6"],
    ["a = 5", "b = 5"],
    ["x = 1, y = 2", "x = 2, y = 1"],
    ["AB = 4, CD = 5", "AB = 5, CD = 4"],
    ["f(1) = 2, f(2) = 1", "f(1) = 1, f(2) = 2"],
    ["x^2+y^2=4", "x^2-y^2=4"],
  ]);
});

Deno.test("words, choices, dates, times, numerals", () => {
  check("equal", [
    ["\\text{Tuesday}", "tuesday"],
    ["\\text{(B)}", "B"],
    ["(B) blue", "B"],
    ["(B) blue", "blue"],
    ["\\text{July 4}", "4 July"],
    ["\\text{seven}", "7"],
    ["7:05 \\text{ p.m.}", "19:05"],
    ["1011_2", "1011_{2}"],
    ["1011_2", "1011"],
    ["\\text{A, C}", "C, A"],
  ]);
  check("different", [["\\text{odd}", "even"], ["A", "B"], ["a", "A"], ["\\text{seven}", "8"], ["1011_2", "1011_3"], [
    "3:15",
    "3:25",
  ]]);
});

Deno.test("what stands around an answer does no harm", () => {
  for (
    const around of [
      "$9$",
      "$$9$$",
      "\\(9\\)",
      "\\[ 9 \\]",
      "\\boxed{9}",
      "**9**",
      "9.",
      " 9 ",
      "{9}",
      "x = 9",
      "The answer is 9",
      "\\text{9}",
      "9\u200b",
    ]
  ) {
    check("equal", [["9", around]]);
  }
});

Deno.test("unparsed is not wrong: what can't be read says so", () => {
  for (
    const text of ["", "\\frac{1}{", "\\unknowncommand{3}", "1/0", "(".repeat(1000), "1".repeat(20000), "\\forall x"]
  ) {
    assert.equal(equivalent("3", text).verdict, "unparsed", text.slice(0, 30));
  }
  assert.match(equivalent("\\frac{1}{", "3").reason, /^unparsed: gold answer, /);
});

Deno.test("hostile input gets a verdict within the time of any other", () => {
  const nested = (open: string, close: string, times: number) => open.repeat(times) + "7" + close.repeat(times);
  const hostile = [
    "9^9^9^9",
    "9^{9^{9^9}}",
    "100000!",
    "1e999999999",
    "\\binom{1000000}{500000}",
    "\\sum_{k=1}^{999999999}k",
    nested("{", "}", 1000),
    nested("(", ")", 20),
    nested("\\sqrt{", "}", 20),
    nested("\\frac{1}{", "}", 20),
    "1".repeat(1_000_000),
    "\u200b".repeat(1_000_000),
    "|".repeat(900),
    "\\|".repeat(400),
    "-".repeat(901) + "1",
    "5" + "!".repeat(300),
    "1,2,".repeat(220),
    "\\pm".repeat(301) + "1",
    "\\boxed{".repeat(1400),
    "$".repeat(9999),
    "\\[".repeat(4900),
    "\\{x".repeat(200),
    "\\forall".repeat(100),
    "x_".repeat(400),
    "((x+1)^{99})^{99}",
    "\\sum_{a=1}^{200}\\sum_{b=1}^{200}a",
    "eval(process.exit())",
    "__proto__",
    "constructor(1)",
  ]; // deno-fmt-ignore-line
  equivalent("1", "x+1");
  for (const text of hostile) {
    const start = performance.now();
    for (const [a, b] of [["1", text], [text, "1"], ["x+1", text]]) {
      assert.notEqual(equivalent(a, b).verdict, "equal", text.slice(0, 30));
    }
    assert.ok(performance.now() - start < 1000, text.slice(0, 30));
  }
});

/** Formulas in one or two variables, as LaTeX. */
const formulas = fc.letrec<{ formula: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    fc.integer({ min: 1, max: 30 }).map(String),
    fc.constantFrom("x", "y", "\\pi", "\\sqrt{2}", "\\frac{2}{3}"),
  ),
  formula: fc.oneof(
    { maxDepth: 3 },
    tie("leaf"),
    fc.tuple(tie("formula"), tie("formula")).map(([a, b]) => `\\left(${a} + ${b}\\right)`),
    fc.tuple(tie("formula"), tie("formula")).map(([a, b]) => `\\left(${a} - ${b}\\right)`),
    fc.tuple(tie("formula"), tie("formula")).map(([a, b]) => `${a} \\cdot ${b}`),
    fc.tuple(tie("formula"), tie("leaf")).map(([a, b]) => `\\frac{${a}}{${b}}`),
    tie("formula").map((a) => `\\left(${a}\\right)^{2}`),
  ),
})).formula;

Deno.test("equivalence is reflexive and symmetric", () => {
  fc.assert(
    fc.property(formulas, formulas, (a, b) => {
      assert.notEqual(equivalent(a, ` ${a} `).verdict, "different", a);
      assert.equal(equivalent(a, b).verdict, equivalent(b, a).verdict, `${a} and ${b}`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("spellings without meaning do not change a verdict", () => {
  const changes: ((text: string) => string)[] = [
    (text) => text.replaceAll("\\frac", "\\dfrac"),
    (text) => text.replaceAll("\\left(", "(").replaceAll("\\right)", ")"),
    (text) => text.replaceAll("\\cdot", "\\times"),
    (text) => text.replaceAll(" + ", "+").replaceAll(" - ", "\\,-\\,"),
    (text) => `$${text}$`,
    (text) => `\\boxed{${text}}`,
    (text) => `${text}.`,
    (text) => text.replaceAll("\\pi", "π").replaceAll("\\cdot", "·"),
  ];
  fc.assert(
    fc.property(formulas, formulas, fc.constantFrom(...changes), (a, b, change) => {
      assert.equal(equivalent(a, change(b)).verdict, equivalent(a, b).verdict, `${a} and ${change(b)}`);
      assert.equal(equivalent(b, change(b)).verdict, "equal", change(b));
    }),
    { numRuns: 300 },
  );
});

Deno.test("a formula that is changed by a term is different", () => {
  fc.assert(
    fc.property(formulas, fc.integer({ min: 1, max: 9 }), (formula, by) => {
      assert.equal(equivalent(formula, `${formula}+${by}`).verdict, "different", formula);
      assert.equal(equivalent(formula, `${formula}+${by}-${by}`).verdict, "equal", formula);
    }),
    { numRuns: 300 },
  );
});

sharedData(
  "published pairs: 97 % of the cases, 99 % of the spellings, nothing equal that its author calls different",
  async (folder) => {
    const rows = async (name: string) =>
      (await Deno.readTextFile(`${folder}/equivalence/${name}.jsonl`)).trim().split("\n").map((line) =>
        JSON.parse(line)
      );
    const cases = (await rows("cases")).filter((row) =>
      row.policy === "value" && row.dialect === "latex" && row.kind !== "response"
    );
    const right = (row: { gold: string; pred: string; equal: boolean }) =>
      (equivalent(row.gold, row.pred).verdict === "equal") === row.equal;
    assert.ok(cases.filter(right).length / cases.length >= 0.97);
    const wrong = cases.filter((row) => !row.equal && !right(row) && !row.label_by.startsWith("grader"));
    assert.deepEqual(wrong.map(({ gold, pred }) => [gold, pred]), []);
    const spellings = await rows("derived_spellings");
    assert.ok(spellings.filter(right).length / spellings.length >= 0.99);
  },
);
