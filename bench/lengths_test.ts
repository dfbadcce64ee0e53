import { strict as assert } from "node:assert";
import { lengthsOf, noLengths } from "./lengths.ts";
import type { Rollout } from "./rollout.ts";

/** A response of so many tokens of the policy, and so many of a tool. */
function rollout(group: number, length: number, right: boolean, { tool = 0, truncated = false } = {}): Rollout {
  const tokens = new Array<number>(length + tool).fill(1);
  return {
    group,
    problem: { id: "", question: "", gold: "" },
    prompt: [1],
    temperature: 1,
    generation: {
      tokens,
      logProbs: new Float32Array(tokens.length),
      truncated,
      ...tool && { mask: Uint8Array.from(tokens, (_, index) => index < length ? 1 : 0) },
    },
    text: "",
    grade: { rewards: { accuracy: right ? 1 : 0 }, answer: null, reason: "" },
  };
}

Deno.test("lengths of all, of right and of wrong responses; tokens of tools do not count", () => {
  const rollouts = [
    rollout(0, 10, true, { tool: 90 }),
    rollout(0, 20, true),
    rollout(0, 30, false, { truncated: true }),
    rollout(1, 40, true),
  ];
  const lengths = lengthsOf(rollouts, 50, [1, 2, 3, 4]);
  assert.deepEqual([lengths.mean, lengths.p50], [25, 25]);
  assert.deepEqual([lengths.right.mean, lengths.right.p50, lengths.wrong.p90], [70 / 3, 20, 30]);
  assert.equal(lengths.truncated, 0.25);
  assert.equal(lengths.ofBudget, 0.5);
  // Beyond the shortest right response of the same problem: 0 and 10 in the first, 0 in the second.
  assert.equal(lengths.excess, 10 / 3);
  assert.equal(lengths.planning, 0.1);
});

Deno.test("without right responses there is no excess, without phrases no planning, without responses nothing", () => {
  const { excess, planning, right, wrong } = lengthsOf([rollout(0, 10, false)], 20);
  assert.deepEqual([excess, planning, right.mean, wrong.mean], [null, null, null, 10]);
  for (const value of Object.values(noLengths)) {
    assert.ok(value === null || Object.values(value).every((entry) => entry === null));
  }
});
