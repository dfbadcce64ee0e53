import assert from "node:assert/strict";
import { gfpo, type GfpoOptions, type Response, type Row } from "./mod.ts";

/** Responses with the given rewards, of lengths 1, 2, 3 and so on. */
const groupOf = (group: number, rewards: number[]): Response[] =>
  rewards.map((total, i) => {
    const logProbs = new Float64Array(i + 1).fill(-1 - 0.1 * i);
    return { group, tokens: logProbs, rewards: { total }, truncated: false, logProbs, oldLogProbs: logProbs };
  });

const retained = (
  options: GfpoOptions,
  batch: Response[],
  state?: unknown,
) => [...gfpo.create(options).credit(batch, state).trace!.retained as Row];

/** A group of 16 whose mean reward is the given one. */
const sixteen = (group: number, mean: number) =>
  groupOf(group, Array.from({ length: 16 }, (_, i) => mean + i % 2 - 0.5));

Deno.test("gfpo keeps half of a group unless told how many", () => {
  const batch = groupOf(0, [0, 1, 0, 1, 0, 1]);
  assert.deepEqual(retained({}, batch), [1, 1, 1, 0, 0, 0]);
  assert.deepEqual(retained({ keep: 4 }, batch), [1, 1, 1, 1, 0, 0]);
  assert.deepEqual(retained({ keep: 9 }, batch), [1, 1, 1, 1, 1, 1]);
  assert.deepEqual(retained({ metric: "token_efficiency", keep: 2 }, batch), [0, 1, 0, 1, 0, 0]);
  assert.deepEqual([{}, { keep: 8 }].map((options) => gfpo.create(options).needs.groupSize), [3, 9]);
});

Deno.test("gfpo: a response without a reward is never retained and does not count as a member", () => {
  const batch = groupOf(0, [0, 1, 0, 1, 0]);
  batch[0].rewards = { total: null };
  assert.deepEqual(retained({}, batch), [0, 1, 1, 0, 0]);
});

Deno.test("gfpo: rejected responses have weight and KL, unless the normaliser leaves them out", () => {
  const batch = groupOf(0, [0, 1, 1, 0]).map((response) => ({
    ...response,
    referenceLogProbs: response.logProbs.map((value) => value - 0.5),
  }));
  const weights = (options: GfpoOptions) => {
    const algorithm = gfpo.create({ ...options, beta: 0.1 });
    const { advantages } = algorithm.credit(batch);
    const { trace, gradient } = algorithm.loss(
      batch.map((response, i) => ({ ...response, advantages: advantages[i] })),
    );
    return [(trace.tokenWeight as Row[]).map((row) => row[0]), gradient[3][0] !== 0];
  };
  assert.deepEqual(weights({}), [[0.1, 0.1, 0.1, 0.1], true]);
  assert.deepEqual(weights({ normaliser: "retained" }), [[1 / 3, 1 / 3, 0, 0], false]);
  const aggregation = "seq_mean_token_mean";
  assert.deepEqual(weights({ normaliser: "retained", aggregation }), [[1 / 2, 1 / 4, 0, 0], false]);
});

Deno.test("gfpo: adaptive difficulty retains 8, 8, 6 or 4 of 16 by the quartiles seen so far", () => {
  const algorithm = gfpo.create({ preset: "adaptive", warmUpGroups: 4 });
  let state: unknown;
  const kept: number[] = [];
  for (const mean of [0.62, 0.1, 0.47, 0.3, 0.74, 0.21, 0.83, 0.38, 0.05, 0.97, 0.55, 0.66]) {
    const credit = algorithm.credit(sixteen(0, mean), state);
    // Resumed from a checkpoint at every step.
    state = JSON.parse(JSON.stringify(credit.state));
    kept.push(credit.metrics.retainedPerGroup);
  }
  assert.deepEqual(kept, [8, 8, 8, 8, 4, 8, 4, 8, 8, 4, 6, 6]);
});

Deno.test("gfpo: the loss filters as credit did, given the state that credit returned", () => {
  const algorithm = gfpo.create({ preset: "adaptive", normaliser: "retained", warmUpGroups: 0, beta: 0 });
  const batch = [0.1, 0.9, 0.5, 0.3].flatMap((mean, group) => sixteen(group, mean));
  const { advantages, state, trace } = algorithm.credit(batch);
  const credited = batch.map((response, i) => ({ ...response, advantages: advantages[i] }));
  const kept = [...trace!.retained as Row].map((flag, i) => flag ? i : -1).filter((i) => i >= 0);
  assert.deepEqual([0, 1, 2, 3].map((group) => kept.filter((i) => batch[i].group === group).length), [8, 4, 6, 8]);
  // A minibatch is some of the groups.
  for (const minibatch of [credited, credited.slice(16, 48)]) {
    const { trace } = algorithm.loss(minibatch, state);
    const weighted = minibatch.filter((_, i) => (trace.tokenWeight as Row[])[i][0] > 0);
    assert.deepEqual(weighted, minibatch.filter((response) => kept.includes(credited.indexOf(response))));
  }
  const alone = gfpo.create({ preset: "adaptive" });
  assert.deepEqual(alone.credit(batch).metrics.retainedShare, 0.5);
  assert.equal(gfpo.create().credit(batch).state, undefined);
});

Deno.test("gfpo: with 0/1 rewards, token efficiency keeps right answers and has nothing to compare", () => {
  const { advantages, metrics } = gfpo.create({ preset: "token_efficiency" }).credit(groupOf(0, [1, 0, 1, 0]));
  assert.ok(advantages.every((row) => row.every((value) => value === 0)));
  assert.equal(metrics.groupsWithoutSignal, 1);
});

Deno.test("gfpo refuses options that contradict each other", () => {
  const refused: [GfpoOptions, RegExp][] = [
    [{ keep: 1.5 }, /option "keep" is 1.5; use a whole number of at least 1, or null/],
    [{ preset: "adaptive", keep: 8 }, /option "keep" is 8, but keepByDifficulty .* set one of them to null/],
    [{ warmUpGroups: 3 }, /option "warmUpGroups" is set, but keepByDifficulty is null; .* preset "adaptive"/],
    [{ keepByDifficulty: { easy: 1 } as never }, /option "keepByDifficulty" is \{"easy":1\}; use shares of the group/],
  ];
  for (const [options, message] of refused) assert.throws(() => gfpo.create(options), message);
});
