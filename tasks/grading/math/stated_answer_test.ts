import { strict as assert } from "node:assert";
import { statedAnswer } from "./stated_answer.ts";

Deno.test("an answer is read from how it is stated", () => {
  const cases: [response: string, text: string | null, from: string | undefined][] = [
    ["4+5", "4+5", "whole response"],
    ["(C)", "(C)", "whole response"],
    ["We add both. The answer is $12$.", "12", "answer is"],
    ["We add both. The final answer is 12 because 5 and 7 are left.", "12", "answer is"],
    ["Final answer: the area of $ABC$ is 30.", "30", "answer is"],
    ["The first answer is 3. No, the answer is 5.", "5", "answer is"],
    ["It can't be A or B, so I think it's D", "D", "choice"],
    ["The size of the angle is then clear: [35].", "35", "emphasis"],
    ["With $n = 3$ we find in the end \\(x = 7\\).", "x = 7", "last formula"],
    ["With $n = 3$ there are 8 of them in the end", "8", "last number"],
    ["The answer is 5.<|im_start|>user The answer is 6.", "5", "answer is"],
    ["I do not know it at all", null, undefined],
    ["", null, undefined],
  ];
  for (const [response, text, from] of cases) {
    const found = statedAnswer(response);
    assert.deepEqual([found?.text ?? null, found?.from], [text, from], response);
  }
});

Deno.test("a long response takes no longer than a short one", () => {
  for (const piece of ["$", "\\(", "\\[", "answer is ", "**", "[", "1,", "$$x"]) statedAnswer(piece.repeat(100_000));
});
