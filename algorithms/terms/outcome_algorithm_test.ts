import assert from "node:assert/strict";
import { outcomeAlgorithm, refuseOutcome } from "./outcome_algorithm.ts";
import { reinforceSurrogate } from "./surrogates.ts";

const options = {
  epsilonLow: 0.2,
  epsilonHigh: 0.2,
  dualClip: null,
  delta: null,
  aggregation: "token_sum",
  maxLength: null,
  maskTruncated: false,
  rewardWeights: { accuracy: 2 },
} as const;

Deno.test("outcomeAlgorithm() hands weighted rewards and prompts to the rule and spreads what comes back", () => {
  const logProbs = Float64Array.of(-1, -1), oldLogProbs = Float64Array.of(-2, -1);
  const batch = [{ group: 5, tokens: [1, 2], rewards: { accuracy: 3 }, truncated: false, logProbs, oldLogProbs }];
  const rule = (rewards: readonly (number | null)[], groups: readonly number[]) => [rewards[0]! + groups[0]];
  const clipped = outcomeAlgorithm(options, rule), plain = outcomeAlgorithm(options, rule, reinforceSurrogate);
  const { advantages } = clipped.credit(batch);
  assert.deepEqual(advantages.map((row) => [...row]), [[11, 11]]);
  const credited = batch.map((response, i) => ({ ...response, advantages: advantages[i] }));
  assert.deepEqual([...clipped.loss(credited).gradient[0]], [0, -11]);
  assert.deepEqual([...plain.loss(credited).gradient[0]], [-11, -11]);
});

Deno.test("refuseOutcome() says what is wrong with bounds and aggregation", () => {
  assert.equal(refuseOutcome(options), undefined);
  assert.match(refuseOutcome({ ...options, delta: 1.1 })!, /below the ordinary clip/);
  assert.match(refuseOutcome({ ...options, maxLength: 8 })!, /"maxLength" is 8/);
});
