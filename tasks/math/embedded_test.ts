import { strict as assert } from "node:assert";
import { sha256 } from "../sha256.ts";
import { embeddedProblems, exerciseOf, FAMILIES, splitOf } from "./embedded.ts";
import { apply, LARGEST, worked } from "./exercise.ts";

const COUNT = 5000;
const train = await embeddedProblems("train", 3);
const problems = Array.from({ length: COUNT }, (_, index) => train.at(index));

Deno.test("train and test share no question, whatever the seeds", async () => {
  const seen = new Set(problems.map(({ question }) => question));
  for (const seed of [3, 4]) {
    const test = await embeddedProblems("test", seed);
    for (let i = 0; i < 1500; i++) {
      const { question } = test.at(i);
      assert.equal(splitOf(question), "test");
      assert.ok(!seen.has(question), question);
    }
  }
});

Deno.test("any index can be had directly, and again, from another list with the same seed", async () => {
  const other = await embeddedProblems("train", 3);
  const far = other.at(1_000_000);
  for (const index of [3, 0, 2, 1]) assert.deepEqual(other.at(index), problems[index]);
  assert.deepEqual(train.at(1_000_000), far);
  assert.equal(far.id, "embedded/train/3/1000000");
});

Deno.test("a solution is true, stays within two digits and ends with the answer in a box", () => {
  for (const problem of problems) {
    const { steps, answer } = worked(exerciseOf(problem))!;
    assert.equal(answer, problem.gold);
    assert.ok(steps.length >= 1 && steps.length <= 5, problem.question);
    for (const { left, operator, right, result } of steps) {
      assert.equal(apply(left, operator, right), result);
      for (const value of [left, right, result]) assert.ok(value >= 1 && value <= LARGEST, problem.question);
    }
    assert.ok((problem.meta!.solution as string).endsWith(`The answer is $\\boxed{${answer}}$.`));
  }
});

Deno.test("answers are right by another way to find them", () => {
  const checks: [RegExp, (numbers: number[]) => string | number][] = [
    [/^If \$x\+(\d+)=(\d+)/, ([a, b]) => b - a],
    [/^If \$x-(\d+)=(\d+)/, ([a, b]) => a + b],
    [/^Solve \$(\d+)x\+(\d+)=(\d+)/, ([a, b, c]) => (c - b) / a],
    [/^If \$(?:x\+y|a\+b|m\+n|p\+q)=(\d+)\$ and \$...=(\d+)\$, what is \$.\$/, ([s, d]) => (s + d) / 2],
    [/^If \$(?:x\+y|a\+b|m\+n|p\+q)=(\d+)\$ and \$...=(\d+)\$, what is \$..\$/, ([s, d]) => (s * s - d * d) / 4],
    [/^If \$f\(x\)=x\^2\+(\d+)x\+(\d+)\$, what is \$f\((\d+)\)/, ([b, c, x]) => x * x + b * x + c],
    [/remainder when \$(\d+)\$ is divided by \$(\d+)/, ([a, b]) => a % b],
    [/remainder when \$(\d+)\\cdot (\d+)\+(\d+)\$ is divided by \$(\d+)/, ([a, b, c, m]) => (a * b + c) % m],
    [/greatest common divisor of \$(\d+)\$ and \$(\d+)/, ([a, b]) => {
      let found = 1;
      for (let by = 1; by <= a; by++) if (a % by === 0 && b % by === 0) found = by;
      return found;
    }],
    [/least common multiple of \$(\d+)\$ and \$(\d+)/, ([a, b]) => {
      let found = a;
      while (found % b !== 0) found += a;
      return found;
    }],
    [/divisors does \$(\d+)\^(\d+)\\cdot (\d+)\^(\d+)/, ([, a, , b]) => a * b + a + b + 1],
    [/^How many ways .* one of \$(\d+)\$ \w+ and one of \$(\d+)/, ([a, b]) => a * b],
    [/^How many ways .* two of \$(\d+)\$ \w+ and one of \$(\d+)/, ([a, b]) => (a * a - a) / 2 * b],
    [/^A bag holds \$(\d+)\$ \w+ and \$(\d+)\$ .* two\?$/, ([a, b]) => a * (a - 1) / 2 + b * (b - 1) / 2 + a * b],
    [/^A bag holds \$(\d+)\$ \w+ and \$(\d+)\$ .* probability/, ([a, b]) => `\\frac{${a}}{${a + b}}`],
    [/^Find the determinant .*?(\d+) & (\d+) \\\\ (\d+) & (\d+)/, ([a, b, c, d]) => a * d - b * c],
    [/^Find \$\\begin\{pmatrix\} (\d+) \\\\ (\d+) .* (\d+) \\\\ (\d+)/, ([a, b, c, d]) => a * c + b * d],
    [/^Find \$\((\d+)\+(\d+)i\)\+\((\d+)\+(\d+)i\)/, ([a, b, c, d]) => `${a + c}+${b + d}i`],
  ];
  const used = new Set<RegExp>();
  for (const { question, gold } of problems) {
    for (const [pattern, expected] of checks) {
      const match = pattern.exec(question);
      if (!match) continue;
      used.add(pattern);
      assert.equal(gold, String(expected(match.slice(1).map(Number))), question);
    }
  }
  assert.equal(used.size, checks.length);
});

Deno.test("fractions and roots have the value of their question", () => {
  const value = (tex: string): number => {
    const plain = tex.replaceAll(/\\frac\{(\d+)\}\{(\d+)\}/g, "($1/$2)").replaceAll("\\cdot ", "*");
    const terms = plain.split(/(?=[+-])/).map((term) =>
      term.replace(/^\+/, "").split("*").map((factor) => {
        const [over, under = "1"] = factor.replaceAll(/[()]/g, "").split("/");
        return Number(over) / Number(under);
      }).reduce((a, b) => a * b)
    );
    return terms.reduce((a, b) => a + b);
  };
  let fractions = 0, roots = 0;
  for (const { question, gold } of problems) {
    const asked = /^(?:Find|Simplify) \$(\\frac[^$]*)\$\.$/.exec(question)?.[1];
    const [, left, right] = asked && /^(.*\})-(\\frac.*)$/.exec(asked) || [];
    if (asked) {
      const expected = left ? value(left) - value(right) : value(asked);
      assert.ok(Math.abs(value(gold) - expected) < 1e-12, `${question} ${gold}`);
      fractions++;
    }
    const sum = /^Find \$(\d+)\\(sin|cos) (\d+)\^\\circ\+(\d+)/.exec(question);
    if (sum) {
      const [factor, root] = gold.match(/\d+/g)!.map(Number);
      const angle = Number(sum[3]) * Math.PI / 180;
      const expected = (Number(sum[1]) + Number(sum[4])) * (sum[2] === "sin" ? Math.sin(angle) : Math.cos(angle));
      assert.ok(Math.abs(factor * Math.sqrt(root) - expected) < 1e-9, `${question} ${gold}`);
      roots++;
    }
  }
  assert.ok(fractions > 500 && roots > 100);
});

Deno.test("every kind is drawn, with levels from 1 to 5 and the five subjects", () => {
  const seen = new Set(problems.map(({ meta }) => `${meta!.subject} ${meta!.level}`));
  assert.equal(seen.size, FAMILIES.flat().length);
  assert.deepEqual([...new Set(problems.map(({ meta }) => meta!.level))].sort(), [1, 2, 3, 4, 5]);
  assert.equal(new Set(problems.map(({ meta }) => meta!.subject)).size, 5);
});

Deno.test("the texts of the generator do not change unnoticed: a base policy was trained on them", async () => {
  const texts = problems.slice(0, 300).map(({ question, meta }) => question + meta!.solution);
  assert.equal(
    await sha256(texts.join("\n")),
    "15b893a00b14e850af44f68fd6bc31abb47a724ade01ccd4a08cabe2a9b1c7f3",
    "if this is on purpose, raise GENERATOR_VERSION",
  );
});

Deno.test("an index that is no integer from 0 is refused, and only embedded problems have an exercise", () => {
  for (const index of [-1, 0.5, NaN]) assert.throws(() => train.at(index), /There is no problem/);
  assert.throws(() => exerciseOf({ id: "train.jsonl:1", question: "", gold: "" }), /has no known calculation/);
});
