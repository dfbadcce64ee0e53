import assert from "node:assert/strict";
import fc from "fast-check";
import { batch, evaluate } from "./_batches_test.ts";
import { gmpo } from "./gmpo.ts";
import { grpo } from "./grpo.ts";
import { gspo } from "./gspo.ts";
import { luspo } from "./luspo.ts";
import { chosenLength } from "./terms/batch.ts";

const open = { epsilonLow: 100, epsilonHigh: 100 };

function closeRows(actual: readonly Float64Array[], expected: readonly Float64Array[]) {
  actual.forEach((row, i) =>
    row.forEach((value, t) => assert.ok(Math.abs(value - expected[i][t]) <= 1e-12, `${value} is not ${expected[i][t]}`))
  );
}

Deno.test("on policy gspo has the gradient of grpo without KL", () => {
  fc.assert(
    fc.property(batch, (responses) => {
      const onPolicy = responses.map((response) => ({ ...response, oldLogProbs: response.logProbs }));
      const own = evaluate(gspo.create(), onPolicy), other = evaluate(grpo.create({ beta: 0 }), onPolicy);
      closeRows(own.gradient, other.gradient);
    }),
    { numRuns: 50, seed: 13 },
  );
});

Deno.test("TRL's default loss type counts a response once per token", () => {
  fc.assert(
    fc.property(batch, (responses) => {
      const paper = evaluate(gspo.create({ preset: "trl", ...open }), responses);
      const pitfall = evaluate(gspo.create({ preset: "trl_dapo", ...open }), responses);
      const tokens = responses.reduce((sum, response) => sum + chosenLength(response), 0);
      const scaled = paper.gradient.map((row, i) =>
        row.map((value) => tokens === 0 ? value : value * responses.length * chosenLength(responses[i]) / tokens)
      );
      closeRows(pitfall.gradient, scaled);
    }),
    { numRuns: 50, seed: 14 },
  );
});

Deno.test("luspo is gspo times the length of each response", () => {
  fc.assert(
    fc.property(batch, (responses) => {
      const clip = { epsilonLow: 0.1, epsilonHigh: 0.15 };
      const { gradient, loss, metrics } = evaluate(luspo.create(clip), responses);
      const other = evaluate(gspo.create(clip), responses);
      const lengths = responses.map(chosenLength);
      closeRows(gradient, other.gradient.map((row, i) => row.map((value) => value * lengths[i])));
      const losses = other.trace.tokenLoss as Float64Array[];
      const expected = losses.reduce((sum, row) => sum + row.reduce((total, value) => total + value, 0), 0);
      assert.ok(Math.abs(loss - expected / responses.length) <= 1e-12);
      assert.deepEqual(metrics, other.metrics);
    }),
    { numRuns: 50, seed: 15 },
  );
});

Deno.test("gmpo is gspo without a clip as long as no token is clipped", () => {
  fc.assert(
    fc.property(batch, (responses) => {
      const own = evaluate(gmpo.create({ logClipLow: 1, logClipHigh: 1 }), responses);
      const other = evaluate(gspo.create(open), responses);
      assert.ok(Math.abs(own.loss - other.loss) <= 1e-12);
      closeRows(own.gradient, other.gradient);
      assert.equal(own.metrics.clipFraction, 0);
    }),
    { numRuns: 50, seed: 16 },
  );
});
