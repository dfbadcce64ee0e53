import assert from "node:assert/strict";
import type { Response, Row } from "./algorithm.ts";
import { clipCov, grpo } from "./mod.ts";

/** 40 prompts of 4 responses of 10 tokens, log-probs spread over 4 nats, two of four right. */
const rollout: Response[] = Array.from({ length: 160 }, (_, i) => {
  const logProbs = Float64Array.from({ length: 10 }, (_, t) => -((i * 10 + t) * 0.37 % 4) - 0.01);
  return {
    group: Math.floor(i / 4),
    tokens: Array.from({ length: 10 }, (_, t) => (i * 7 + t * 3) % 50),
    rewards: { total: i % 2 },
    truncated: false,
    logProbs,
    oldLogProbs: logProbs,
  };
});
const share = 0.05;

function detached(options: object, batch = rollout, steps = 1): number[][] {
  const algorithm = clipCov.create({ share, ...options });
  let credit = algorithm.credit(batch);
  for (let step = 1; step < steps; step++) credit = algorithm.credit(batch, JSON.parse(JSON.stringify(credit.state)));
  const credited = batch.map((response, i) => ({ ...response, advantages: credit.advantages[i] }));
  return (algorithm.loss(credited, credit.state).trace.selected as Row[]).map((row) => [...row]);
}
const sum = (marks: number[][]) => marks.flat().reduce((total, mark) => total + mark, 0);

Deno.test("the share of tokens is detached, all of them in the band", () => {
  const algorithm = clipCov.create({ share });
  const { advantages, state } = algorithm.credit(rollout);
  const credited = rollout.map((response, i) => ({ ...response, advantages: advantages[i] }));
  const { gradient, metrics, trace } = algorithm.loss(credited, state);
  assert.equal(metrics.detachedFraction, share);
  assert.equal(metrics.clipFraction, 0);
  (trace.selected as Row[]).forEach((row, i) =>
    row.forEach((mark, t) => {
      const covariance = (trace.covariance as Row[])[i][t];
      if (mark) assert.ok(covariance > 1 && covariance < 5 && gradient[i][t] === 0);
      else assert.notEqual(gradient[i][t], 0);
    })
  );
});

Deno.test("the draw changes with the seed and from step to step, and comes again with the same", () => {
  const first = detached({});
  assert.deepEqual(detached({}), first);
  assert.deepEqual(detached({ seed: 0 }, rollout, 1), first);
  for (const other of [detached({ seed: 1 }), detached({}, rollout, 2)]) {
    assert.equal(sum(other), sum(first));
    assert.notDeepEqual(other, first);
  }
});

Deno.test("the draw does not depend on the order of the batch", () => {
  const turned = [...rollout.slice(71), ...rollout.slice(0, 71)].reverse();
  const marks = new Map(detached({}).map((row, i) => [rollout[i], row]));
  detached({}, turned).forEach((row, i) => assert.deepEqual(row, marks.get(turned[i])));
});

Deno.test("tokens are drawn evenly: those detached over many seeds are spread over the candidates", () => {
  const algorithm = clipCov.create({ share: 1 });
  const { advantages, state } = algorithm.credit(rollout);
  const credited = rollout.map((response, i) => ({ ...response, advantages: advantages[i] }));
  const candidates = sum((algorithm.loss(credited, state).trace.selected as Row[]).map((row) => [...row]));
  const times = new Map<string, number>();
  for (let seed = 0; seed < 100; seed++) {
    detached({ seed }).forEach((row, i) =>
      row.forEach((mark, t) => mark && times.set(`${i} ${t}`, (times.get(`${i} ${t}`) ?? 0) + 1))
    );
  }
  const expected = 100 * share * 1600 / candidates;
  assert.ok(times.size > 0.95 * candidates * (1 - Math.exp(-expected)));
  assert.ok([...times.values()].every((count) => count < expected + 6 * Math.sqrt(expected)));
});

Deno.test("without candidates it is GRPO with its clip, per token of the batch", () => {
  const logProbs = Float64Array.of(-1, -2);
  const batch = [0, 1, 2].map((i) => ({
    ...{ group: 0, tokens: [i, i], rewards: {}, truncated: false, logProbs },
    oldLogProbs: Float64Array.of(-1 - i, -2 + i),
    advantages: new Float64Array(2).fill(i - 1.5),
  }));
  const options = { epsilonLow: 0.2, epsilonHigh: 0.2, aggregation: "token_mean", beta: 0 } as const;
  const ours = clipCov.create({ ...options, covarianceLow: 100, covarianceHigh: 101 }).loss(batch);
  const theirs = grpo.create(options).loss(batch);
  assert.deepEqual([ours.loss, ours.gradient, ours.metrics.clipFraction], [
    theirs.loss,
    theirs.gradient,
    theirs.metrics.clipFraction,
  ]);
});

Deno.test("an empty band is refused", () => {
  assert.throws(
    () => clipCov.create({ covarianceLow: 5 }),
    /option "covarianceLow" is 5, .* use a smaller covarianceLow/,
  );
  assert.throws(() => clipCov.create({ seed: -1 }), /option "seed" is -1; use a whole number from 0 to 4294967295/);
});
