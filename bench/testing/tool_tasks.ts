/**
 * Tasks with a tool, for tests of responses in turns: one for the table policy, in microseconds, and a calculator for
 * the embedded base policy, which reads what it says.
 *
 * @module
 */
import type { Environment, Task } from "../../tasks/task.ts";
import { gsm8k } from "../../tasks/gsm8k.ts";
import { digitTask } from "./digit_task.ts";

/**
 * `##` asks, and the reply is the question followed by a 7, so that replies differ in length; the last digit of the
 * response is the answer.
 */
export const askTask: Task & { environment: Environment } = {
  ...digitTask,
  name: "ask",
  summary: "ask, then say seven",
  environment: {
    stops: ["##"],
    maxTurns: 2,
    reply: ({ question }) => Promise.resolve(`${question}7`),
  },
  grade: ({ gold }, response) => {
    const answer = /(\d)$/.exec(response)?.[1] ?? null;
    return { rewards: { accuracy: answer === gold ? 1 : 0 }, answer, reason: "" };
  },
};

/** Word problems with a calculator: it replies to every `=` with what stands before it. */
export const calculatorTask: Task & { environment: Environment } = {
  ...gsm8k,
  name: "calculator",
  environment: {
    stops: ["="],
    maxTurns: 6,
    reply: (_, response) => {
      const found = /(\d+)([-+*/])(\d+)=$/.exec(response);
      if (!found) return Promise.resolve("");
      const [left, right] = [Number(found[1]), Number(found[3])];
      const results = { "+": left + right, "-": left - right, "*": left * right, "/": Math.floor(left / right) };
      const result = results[found[2] as keyof typeof results];
      return Promise.resolve(Number.isFinite(result) ? String(result) : "");
    },
  },
};
