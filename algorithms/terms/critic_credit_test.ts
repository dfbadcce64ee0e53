import assert from "node:assert/strict";
import { criticCredit } from "./critic_credit.ts";
import { criticOptions } from "./critic_options.ts";

const row = (...values: number[]) => Float64Array.from(values);
const defaults = Object.fromEntries(Object.entries(criticOptions).map(([name, spec]) => [name, spec.default]));
const options = (changes: object) => ({ ...defaults, lambda: 1, ...changes }) as Parameters<typeof criticCredit>[3];
const response = (group: number, ...oldValues: number[]) => ({
  group,
  tokens: oldValues,
  rewards: {},
  truncated: false,
  logProbs: new Float64Array(oldValues.length),
  oldLogProbs: new Float64Array(oldValues.length),
  oldValues: Float64Array.from(oldValues),
});

Deno.test("criticCredit() keeps responses without reward out of advantages, returns and whitening", () => {
  const batch = [response(0, 0.5, 0), response(1, 9, 9), response(2, 0, 0.5)];
  const tokenRewards = [row(0, 1), row(0, 0), row(0, 0)];
  const plain = criticCredit(batch, [1, null, 0], tokenRewards, options({ whiten: false }));
  assert.deepEqual(plain.advantages, [row(0.5, 1), row(0, 0), row(0, -0.5)]);
  assert.deepEqual(plain.returns, [row(1, 1), row(0, 0), row(0, 0)]);
  assert.equal(plain.metrics.groupsWithoutSignal, 1 / 3);
  const whitened = criticCredit(batch, [1, null, 0], tokenRewards, options({}));
  const others = criticCredit([batch[0], batch[2]], [1, 0], [tokenRewards[0], tokenRewards[2]], options({}));
  assert.deepEqual(whitened.advantages, [others.advantages[0], row(0, 0), others.advantages[1]]);
  assert.deepEqual(whitened.trace!.gae, plain.advantages);
});

Deno.test("criticCredit() of a perfect critic is 0, whitened too", () => {
  const { advantages, returns } = criticCredit(
    [response(0, 1, 1)],
    [1],
    [row(0, 1)],
    options({ whitenRewards: false }),
  );
  assert.deepEqual([advantages, returns], [[row(0, 0)], [row(1, 1)]]);
});

Deno.test("criticCredit() needs an old value for each token", () => {
  const { oldValues: _, ...without } = response(0, 1, 2);
  assert.throws(() => criticCredit([without], [1], [row(0, 1)], options({})), { name: "TypeError" });
});
