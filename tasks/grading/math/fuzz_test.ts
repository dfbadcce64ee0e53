import { strict as assert } from "node:assert";
import { integer, keyOf, uniform } from "../../../policy/random.ts";
import { equivalent } from "./equivalence.ts";
import { statedAnswer } from "./stated_answer.ts";

/** What strings are made of: LaTeX, its beginnings and ends alone, ASCII, Unicode, halves of characters. */
const PIECES = String
  .raw`\frac { } ( ) [ ] \{ \} ^ _ \sqrt 1 2 9 0 12 x y n f + - * / = < \le , ; \pm \cup \in \text{ cm
  and \boxed{ $ $$ \( \) \[ \] \begin{pmatrix} \end{pmatrix} \begin{cases} \end{cases} & \\ \sin \log \pi \infty ! | %
  \% \$ ° √ ½ é 是 \ \left( \right) \sum_{k=0}^{n} \int \lim_{x\to0} \overline{ \mathbb{R} \binom ' : . 1,234 3.14159265 e
  i \circ ^{\circ} \operatorname{ \cdot \dots A C or \foo \mathrm{ # ~ " \, \! \approx 10^{ 99999999999999999999 is answer
  \forall \| \lvert \prod_{k=1}^{9} \log_ ** != \setminus \ne ² ₃ \displaystyle`
  .split(/\s+/).concat(" ", "\n", "\u200b", "\ud800", "\0", "\u202e");

function text(seed: number, index: number): string {
  const key = keyOf(seed, "fuzz", index);
  const length = 1 + Math.floor(uniform(key, 0) * uniform(key, 1) * 40);
  return Array.from({ length }, (_, piece) => PIECES[integer(key, piece + 2, PIECES.length)]).join("");
}

Deno.test("100,000 random strings: a verdict for all, nothing thrown, nothing slow", () => {
  let slowest = 0, parsed = 0;
  for (let index = 0; index < 50_000; index++) {
    const a = text(1, index), b = text(2, index), start = performance.now();
    const { verdict, reason } = equivalent(a, b);
    slowest = Math.max(slowest, performance.now() - start);
    assert.ok(reason.startsWith(verdict), reason);
    assert.ok(!/internal error|parser failed/.test(reason), `${JSON.stringify([a, b])}: ${reason}`);
    if (verdict !== "unparsed") parsed++;
    statedAnswer(`${a} ${b}`);
  }
  assert.ok(slowest < 1000, `${slowest} ms`);
  // Strings that are all refused would test nothing.
  assert.ok(parsed > 5_000, `${parsed} were compared`);
});
