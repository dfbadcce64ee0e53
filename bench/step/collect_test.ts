import { strict as assert } from "node:assert";
import type { Response } from "../../algorithms/algorithm.ts";
import { trainStep } from "../step.ts";
import { inVariedGroup, plain, refilled, totalOf } from "../testing/algorithms.ts";
import { digitStep } from "../testing/digit_task.ts";
import { collect } from "./collect.ts";
import { Stopwatch } from "./parts.ts";

/** Two responses each to six problems of which one in ten is right: most groups are all wrong. */
const training = { groupSize: 2, promptsPerStep: 6, steps: 12 };
const watch = () => new Stopwatch();
const rewardsOf = (batch: readonly Response[]) => batch.map(totalOf);

Deno.test("groups that are dropped are replaced by those of the following rollout batches, in order", async () => {
  const parts = await digitStep(refilled(11), {}, training);
  const { last, batches, draws, selection } = await collect(parts, 1, undefined, watch());
  assert.ok(last > 1);
  assert.equal(batches.length, last);
  assert.deepEqual(draws.map(({ facts }) => facts.group), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  assert.ok(selection!.every(Boolean));
  const varied = batches.flatMap(({ draws }) => {
    const batch = draws.map(({ facts }) => facts as Response), kept = inVariedGroup(batch);
    return draws.filter((_, index) => kept[index]);
  });
  assert.ok(varied.length >= draws.length, "surplus groups are cut");
  assert.deepEqual(draws.map(({ rollout }) => rollout), varied.slice(0, draws.length).map(({ rollout }) => rollout));
});

Deno.test("a rollout batch is the same whichever step draws it, and whichever algorithm", async () => {
  const parts = await digitStep(refilled(3), {}, training);
  const { batches } = await collect(parts, 2, undefined, watch());
  for (const [index, { draws }] of batches.entries()) {
    const other = await collect(await digitStep(plain(), {}, training), 2 + index, undefined, watch());
    assert.deepEqual(draws.map(({ rollout }) => rollout), other.draws.map(({ rollout }) => rollout));
  }
});

Deno.test("a refill ends after its rounds, and with the rollout batches of the run", async () => {
  const parts = await digitStep(refilled(2, { select: (batch) => batch.map(() => false) }), {}, training);
  assert.equal((await collect(parts, 1, undefined, watch())).last, 3);
  assert.equal((await collect(parts, 11, undefined, watch())).last, 12);
  assert.equal((await collect(parts, 12, undefined, watch())).last, 12);
});

Deno.test("no rollout batch is drawn beyond the one that fills the step", async () => {
  const parts = await digitStep(refilled(5, { select: (batch) => batch.map(() => true) }), {}, training);
  assert.equal((await collect(parts, 1, undefined, watch())).last, 1);
});

Deno.test("selection is asked once per rollout batch, with the sampler's log-probs and the state", async () => {
  const seen: Response[][] = [], states: unknown[] = [];
  const select = (batch: readonly Response[], state?: number) => {
    seen.push([...batch]);
    states.push(state);
    return inVariedGroup(batch);
  };
  const parts = await digitStep(refilled(3, { select }), {}, { ...training, minibatches: 2 });
  const { record } = await trainStep(parts, 1, 5);
  assert.equal(seen.length, record.batches);
  assert.ok(states.every((state) => state === 5));
  for (const batch of seen) {
    assert.equal(batch.length, 12);
    assert.ok(
      batch.every(({ logProbs, oldLogProbs, tokens }) => logProbs === oldLogProbs && logProbs.length === tokens.length),
    );
  }
});

Deno.test("a group of which one response is kept stays, and learns from that response only", async () => {
  const learned: Response[][] = [], credited: Response[][] = [], base = plain();
  const algorithm = refilled(1, {
    select: (batch) => batch.map((_, index) => index % 2 === 0),
    credit: (batch, state) => {
      credited.push([...batch]);
      return base.credit(batch, state);
    },
    loss: (batch, state) => {
      learned.push([...batch]);
      return base.loss(batch, state);
    },
  });
  const { record } = await trainStep(await digitStep(algorithm, {}, training), 1, undefined);
  assert.deepEqual([record.step, record.batches, record.groups, record.selected], [1, 1, 6, 6]);
  assert.equal(credited.at(-1)!.length, 12);
  assert.equal(learned.at(-1)!.length, 6);
});

Deno.test("the record counts all that was sampled, and names the last rollout batch", async () => {
  const parts = await digitStep(refilled(2), {}, training);
  const collected = await collect(parts, 3, undefined, watch());
  const { record } = await trainStep(parts, 3, undefined);
  assert.equal(record.step, 2 + record.batches);
  assert.equal(record.batches, collected.batches.length);
  assert.equal(record.cost.responses, 12 * record.batches);
  const all = collected.batches.flatMap(({ draws }) => draws.map(({ facts }) => facts as Response));
  assert.equal(record.accuracy, rewardsOf(all).reduce((sum, reward) => sum + reward, 0) / all.length);
  assert.equal(record.rewards.accuracy, record.accuracy);
  assert.equal(record.groupsWithoutSignal, 1 - record.groups / (6 * record.batches));
  assert.ok(record.cost.tokensTrained < record.cost.tokensGenerated);
});

Deno.test("if no group is left nothing is updated, and that is no error", async () => {
  const parts = await digitStep(refilled(1, { select: (batch) => batch.map(() => false) }), {}, training);
  const before = await parts.policy.digest();
  const { record, state } = await trainStep(parts, 1, 4, { probeInterval: 1 });
  assert.equal(await parts.policy.digest(), before);
  assert.equal(state, 4);
  const { step, batches, groups, minibatches, loss, gradientNorms, entropy, selected, cost } = record;
  assert.deepEqual({ step, batches, groups, minibatches, loss, gradientNorms, entropy, selected }, {
    step: 2,
    batches: 2,
    groups: 0,
    minibatches: 0,
    loss: null,
    gradientNorms: [],
    entropy: null,
    selected: 0,
  });
  assert.equal(cost.tokensTrained, 0);
  assert.equal(cost.responses, 24);
});

Deno.test("fewer groups than minibatches give fewer minibatches", async () => {
  const one = (batch: readonly Response[]) => batch.map(({ group }) => group === 3);
  const { record } = await trainStep(
    await digitStep(refilled(1, { select: one }), {}, { ...training, minibatches: 4 }),
    1,
    undefined,
  );
  assert.deepEqual([record.groups, record.minibatches, record.gradientNorms.length], [2, 2, 2]);
});

Deno.test("a refilled step gives the same numbers whether its gradient is foretold or not", async () => {
  const once = await digitStep(refilled(3), {}, training);
  const { record } = await trainStep(once, 1, undefined);
  // A loss that is another at its first call is not what was foretold.
  let calls = 0;
  const base = refilled(3);
  const fickle = refilled(3, {
    loss: (batch, state) => {
      const loss = base.loss(batch, state);
      return calls++ ? loss : { ...loss, gradient: loss.gradient.map((row) => row.map((entry) => 2 * entry + 1)) };
    },
  });
  const other = await digitStep(fickle, {}, training);
  assert.deepEqual((await trainStep(other, 1, undefined)).record, record);
  assert.equal(await other.policy.digest(), await once.policy.digest());
});

Deno.test("a probe is due in the step that holds its rollout batch", async () => {
  const parts = await digitStep(refilled(2, { select: (batch) => batch.map(({ group }) => group < 2) }), {}, training);
  const probed = async (first: number) =>
    (await trainStep(parts, first, undefined, { probeInterval: 5 })).record.batchDifference !== null;
  const found: boolean[] = [];
  // Each step uses three batches: 1-3, 2-4, 4-6, 5-7, 6-8, 7-9.
  for (const first of [1, 2, 4, 5, 6, 7]) found.push(await probed(first));
  assert.deepEqual(found, [true, false, true, true, true, false]);
});
