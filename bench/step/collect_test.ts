import { strict as assert } from "node:assert";
import type { Response } from "../../algorithms/algorithm.ts";
import type { Rollout } from "../rollout.ts";
import { trainStep } from "../step.ts";
import type { Training } from "../suite.ts";
import { inVariedGroup, plain, refilled, totalOf } from "../testing/algorithms.ts";
import { digitStep } from "../testing/digit_task.ts";
import { collect } from "./collect.ts";
import { type RolloutBatch, stepOf } from "./draw.ts";
import { Stopwatch } from "./parts.ts";

/** Two responses each to six problems of which one in ten is right: most groups are all wrong. */
const training = { groupSize: 2, promptsPerStep: 6, steps: 12 };
const budget = 12 * 6;
const watch = () => new Stopwatch();
const rewardsOf = (batch: readonly Response[]) => batch.map(totalOf);
/** Prompts of each draw. */
const sizesOf = (batches: readonly RolloutBatch[]) => batches.map(({ draws }) => draws.length / 2);
/** All of a response but its place in the draw. */
const withoutPlace = ({ group: _, ...rollout }: Rollout) => rollout;

Deno.test("groups that are dropped are replaced: only as many are drawn as are missing", async () => {
  const parts = await digitStep(refilled(40), {}, training);
  const { step, prompts, batches, draws, selection } = await collect(parts, 0, undefined, watch());
  assert.ok(prompts > 6);
  assert.equal(step, Math.ceil(prompts / 6));
  assert.deepEqual(draws.map(({ facts }) => facts.group), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  assert.ok(selection!.every(Boolean));
  let missing = 6;
  const varied = batches.flatMap(({ draws }) => {
    assert.equal(draws.length, 2 * missing);
    const batch = draws.map(({ facts }) => facts as Response), kept = inVariedGroup(batch);
    missing -= kept.filter(Boolean).length / 2;
    return draws.filter((_, index) => kept[index]);
  });
  assert.equal(missing, 0);
  assert.deepEqual(
    draws.map(({ rollout }) => rollout),
    varied.map(({ rollout }) => rollout),
    "all that was kept, in order",
  );
});

/** The cursor of a whole run without updates, step by step. */
async function walk(rounds: number, change: Partial<Training> = {}, needs = {}) {
  const algorithm = refilled(rounds), steps = [], sampled: Rollout[] = [], greedy: Rollout[] = [];
  const parts = await digitStep({ ...algorithm, needs: { ...algorithm.needs, ...needs } }, {}, {
    ...training,
    ...change,
  });
  let used = 0;
  for (let step = 0; step < 12;) {
    const collected = await collect(parts, used, undefined, watch());
    assert.ok(collected.step > step, "steps rise strictly");
    steps.push(step = collected.step);
    used += collected.prompts;
    assert.equal(step, stepOf(used, parts.training));
    sampled.push(...collected.batches.flatMap(({ draws }) => draws.map(({ rollout }) => rollout)));
    greedy.push(...collected.batches.flatMap(({ greedy }) => greedy));
  }
  return { steps, used, sampled, greedy };
}

Deno.test("a run's steps end with its budget of prompts, which no step exceeds", async () => {
  for (const rounds of [0, 1, 3, 40]) {
    const { steps, used } = await walk(rounds);
    assert.ok(steps.length < 12 || rounds === 0);
    assert.equal(steps.at(-1), 12);
    assert.ok(used <= budget && used > budget - 6, `${used}`);
  }
});

Deno.test("a refilled run takes consecutive prompts of the order, with the noise that any algorithm has there", async () => {
  for (const change of [{}, { temperature: { from: 0.8, to: 1.2 } }, { topP: 0.9 }]) {
    const { used, sampled, greedy } = await walk(2, change, { greedy: true });
    const parts = await digitStep(plain({ greedy: true }), {}, { ...training, ...change });
    const others: Rollout[] = [], greedyOthers: Rollout[] = [];
    for (let first = 0; first < budget; first += 6) {
      const { batches: [batch] } = await collect(parts, first, undefined, watch());
      others.push(...batch.draws.map(({ rollout }) => rollout));
      greedyOthers.push(...batch.greedy);
    }
    assert.equal(sampled.length, 2 * used);
    assert.deepEqual(sampled.map(withoutPlace), others.slice(0, 2 * used).map(withoutPlace));
    assert.deepEqual(greedy.map(withoutPlace), greedyOthers.slice(0, used).map(withoutPlace));
  }
});

Deno.test("a refill ends after its rounds, and with the prompts of the run", async () => {
  const parts = await digitStep(refilled(2, { select: (batch) => batch.map(() => false) }), {}, training);
  const from = async (used: number) => {
    const { step, prompts, batches } = await collect(parts, used, undefined, watch());
    return { step, prompts, sizes: sizesOf(batches) };
  };
  assert.deepEqual(await from(0), { step: 3, prompts: 18, sizes: [6, 6, 6] });
  assert.deepEqual(await from(40), { step: 10, prompts: 18, sizes: [6, 6, 6] });
  assert.deepEqual(await from(60), { step: 12, prompts: 12, sizes: [6, 6] });
  assert.deepEqual(await from(63), { step: 12, prompts: 9, sizes: [6, 3] });
  assert.deepEqual(await from(66), { step: 12, prompts: 6, sizes: [6] });
});

Deno.test("no prompt is drawn beyond those that fill the step", async () => {
  const parts = await digitStep(refilled(5, { select: (batch) => batch.map(() => true) }), {}, training);
  for (const [used, step] of [[0, 1], [4, 2], [6, 2], [66, 12]]) {
    const collected = await collect(parts, used, undefined, watch());
    assert.deepEqual([collected.step, collected.prompts, sizesOf(collected.batches)], [step, 6, [6]]);
  }
});

Deno.test("selection is asked once per draw, with the sampler's log-probs and the state", async () => {
  const seen: Response[][] = [], states: unknown[] = [];
  const select = (batch: readonly Response[], state?: number) => {
    seen.push([...batch]);
    states.push(state);
    return inVariedGroup(batch);
  };
  const parts = await digitStep(refilled(3, { select }), {}, { ...training, minibatches: 2 });
  const { batches } = await collect(parts, 0, 5, watch());
  seen.length = states.length = 0;
  const { record } = await trainStep(parts, 0, 5);
  assert.ok(batches.length > 1);
  assert.deepEqual(seen.map((batch) => batch.length), batches.map(({ draws }) => draws.length));
  assert.equal(seen.flat().length, 2 * record.prompts);
  assert.ok(states.every((state) => state === 5));
  for (const batch of seen) {
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
  const { record } = await trainStep(await digitStep(algorithm, {}, training), 0, undefined);
  assert.deepEqual([record.step, record.prompts, record.groups, record.selected], [1, 6, 6, 6]);
  assert.equal(credited.at(-1)!.length, 12);
  assert.equal(learned.at(-1)!.length, 6);
});

Deno.test("the record counts all that was sampled, and names the step in which it ends", async () => {
  const parts = await digitStep(refilled(2), {}, training);
  const collected = await collect(parts, 15, undefined, watch());
  const { record } = await trainStep(parts, 15, undefined);
  assert.equal(record.step, Math.ceil((15 + record.prompts) / 6));
  assert.equal(record.prompts, collected.prompts);
  assert.equal(record.prompts, sizesOf(collected.batches).reduce((sum, size) => sum + size));
  assert.ok(collected.batches.length > 1);
  assert.equal(record.cost.responses, 2 * record.prompts);
  const all = collected.batches.flatMap(({ draws }) => draws.map(({ facts }) => facts as Response));
  assert.equal(record.accuracy, rewardsOf(all).reduce((sum, reward) => sum + reward, 0) / all.length);
  assert.equal(record.rewards.accuracy, record.accuracy);
  assert.equal(record.groupsWithoutSignal, 1 - record.groups / record.prompts);
  assert.ok(record.cost.tokensTrained < record.cost.tokensGenerated);
});

Deno.test("if no group is left nothing is updated, and that is no error", async () => {
  const parts = await digitStep(refilled(1, { select: (batch) => batch.map(() => false) }), {}, training);
  const before = await parts.policy.digest();
  const { record, state } = await trainStep(parts, 0, 4, { probeInterval: 1 });
  assert.equal(await parts.policy.digest(), before);
  assert.equal(state, 4);
  const { step, prompts, groups, minibatches, loss, gradientNorms, entropy, selected, cost } = record;
  assert.deepEqual({ step, prompts, groups, minibatches, loss, gradientNorms, entropy, selected }, {
    step: 2,
    prompts: 12,
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
    0,
    undefined,
  );
  assert.deepEqual([record.prompts, record.groups], [11, 2]);
  assert.deepEqual([record.minibatches, record.gradientNorms.length], [2, 2]);
});

Deno.test("a refilled step gives the same numbers whether its gradient is foretold or not", async () => {
  const once = await digitStep(refilled(3), {}, training);
  const { record } = await trainStep(once, 8, undefined);
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
  assert.deepEqual((await trainStep(other, 8, undefined)).record, record);
  assert.equal(await other.policy.digest(), await once.policy.digest());
});

Deno.test("a probe is due in the step that reaches its number, and only there", async () => {
  const parts = await digitStep(refilled(2, { select: (batch) => batch.map(({ group }) => group < 2) }), {}, training);
  const found: [step: number, probed: boolean][] = [];
  // Each step uses the prompts of two; from 20 on it is 5-6, 7-8, 9-10, 11-12. Probes are due in 1, 6, 11.
  for (const used of [0, 12, 20, 32, 44, 56]) {
    const { record } = await trainStep(parts, used, undefined, { probeInterval: 5 });
    assert.equal(record.prompts, 12);
    found.push([record.step, record.batchDifference !== null]);
  }
  assert.deepEqual(found, [[2, true], [4, false], [6, true], [8, false], [10, false], [12, true]]);
});
