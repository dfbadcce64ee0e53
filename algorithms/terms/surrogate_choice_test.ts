import assert from "node:assert/strict";
import { opo } from "../opo.ts";
import { remax } from "../remax.ts";
import { chosenSurrogate } from "./surrogate_choice.ts";

const bounds = { epsilonLow: 0.2, epsilonHigh: 0.2, dualClip: null, delta: null };
const rest = { aggregation: "token_mean", maxLength: null, maskTruncated: false, rewardWeights: null } as const;

Deno.test("on policy the plain policy gradient and the clipped ratio have the same slope", () => {
  const token = { logProb: -1.5, oldLogProb: -1.5, ratio: 1, advantage: -0.7, response: 0, position: 0 };
  const [plain, clipped] = (["reinforce", "token_clip"] as const).map((surrogate) =>
    chosenSurrogate({ surrogate, ...bounds, ...rest })
  );
  assert.equal(plain(token).slope, clipped(token).slope);
  const moved = { ...token, oldLogProb: -0.5, ratio: Math.exp(-1) };
  assert.deepEqual([plain(moved).slope, clipped(moved).slope], [0.7, 0]);
});

Deno.test("bounds of a ratio that the loss does not have are refused", () => {
  for (const { create } of [opo, remax]) {
    assert.throws(() => create({ epsilonLow: 0.1 }), /"epsilonLow" is set, .* use surrogate "token_clip"/);
    create({ preset: "verl", epsilonLow: 0.1 });
  }
});
