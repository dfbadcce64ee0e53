import { strict as assert } from "node:assert";
import type { Algorithm, Credited, Response } from "../algorithms/algorithm.ts";
import { findAlgorithm } from "../algorithms/mod.ts";
import type { Policy } from "../policy/policy.ts";
import { learningRateAt, type StepParts, trainStep } from "./step.ts";
import { digitStep, digitSuite } from "./testing/digit_task.ts";
import { openTablePolicy } from "./testing/table_policy.ts";

const grpo = findAlgorithm("grpo").create({ beta: 0 });

const partsOf = ({ algorithm = grpo, ...change }: Partial<StepParts> = {}, training = {}) =>
  digitStep(algorithm, change, training);

/** An algorithm that notes what it is given. */
function spy(change: Partial<Algorithm> = {}) {
  const seen = { batches: [] as Response[][], minibatches: [] as Credited[][], states: [] as unknown[] };
  const algorithm: Algorithm = {
    ...grpo,
    name: "spy",
    credit: (batch, state) => {
      seen.batches.push([...batch]);
      seen.states.push(state);
      return { ...grpo.credit(batch), state: { steps: ((state as { steps: number } | undefined)?.steps ?? 0) + 1 } };
    },
    loss: (batch) => {
      seen.minibatches.push([...batch]);
      return grpo.loss(batch);
    },
    ...change,
  };
  return { seen, algorithm };
}

/** The policy with some methods replaced. */
function altered(policy: Policy, change: Partial<Policy>): Policy {
  return new Proxy(policy, {
    get: (target, name) => {
      const value = Reflect.get(change, name) ?? Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("a batch holds whole groups in order, with rewards by channel and the generation budget", async () => {
  const { seen, algorithm } = spy();
  await trainStep(await partsOf({ algorithm }, { rewards: ["brevity", "accuracy"] }), 0, undefined);
  const [batch] = seen.batches;
  assert.deepEqual(batch.map(({ group }) => group), Array.from({ length: 24 }, (_, i) => Math.floor(i / 4)));
  assert.deepEqual(Object.keys(batch[0].rewards), ["brevity", "accuracy"]);
  assert.equal(batch[0].budget, 10);
  assert.equal(batch[0].referenceLogProbs, undefined);
});

Deno.test("an unknown reward channel is refused with the nearest name", async () => {
  await assert.rejects(
    trainStep(await partsOf({}, { rewards: ["acuracy"] }), 0, undefined),
    /unknown reward channel "acuracy"; did you mean "accuracy"\?/,
  );
});

Deno.test("the ratio of the first minibatch is exactly 1, later ones see the updated policy", async () => {
  const { seen, algorithm } = spy();
  const { record } = await trainStep(await partsOf({ algorithm }, { minibatches: 3 }), 0, undefined);
  assert.equal(record.gradientNorms.length, 3);
  assert.deepEqual(seen.minibatches.map((batch) => [...new Set(batch.map(({ group }) => group))]), [
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  const [first, second] = seen.minibatches;
  for (const { logProbs, oldLogProbs } of first) assert.deepEqual(logProbs, oldLogProbs);
  assert.ok(second.some(({ logProbs, oldLogProbs }) => logProbs.some((value, i) => value !== oldLogProbs[i])));
});

Deno.test("minibatches of unequal size still hold every group once", async () => {
  const { seen, algorithm } = spy();
  await trainStep(await partsOf({ algorithm }, { minibatches: 4 }), 0, undefined);
  assert.deepEqual(seen.minibatches.flatMap((batch) => batch.map(({ group }) => group)).length, 24);
});

Deno.test("responses that selection drops count in credit but not in the loss", async () => {
  const { seen, algorithm } = spy({ select: (batch) => batch.map((_, index) => index % 2 === 0) });
  const { record } = await trainStep(await partsOf({ algorithm }), 0, undefined);
  assert.equal(seen.batches[0].length, 24);
  assert.equal(seen.minibatches[0].length, 12);
  assert.equal(record.selected, 12);
});

Deno.test("a step without anything to learn from still steps, with gradient 0", async () => {
  const { algorithm } = spy({ select: (batch) => batch.map(() => false) });
  const { record } = await trainStep(await partsOf({ algorithm }), 0, undefined);
  assert.deepEqual(record.gradientNorms, [0]);
  assert.equal(record.loss, 0);
  assert.equal(record.cost.tokensTrained, 0);
});

Deno.test("the algorithm gets back what it kept", async () => {
  const { seen, algorithm } = spy();
  const parts = await partsOf({ algorithm });
  const { state } = await trainStep(parts, 0, undefined);
  await trainStep(parts, 6, state);
  // Twice a step: a gradient is foretold before the scores are known.
  assert.deepEqual(seen.states, [undefined, undefined, { steps: 1 }, { steps: 1 }]);
});

Deno.test("a reference policy is scored where there is one", async () => {
  const { seen, algorithm } = spy();
  const parts = await partsOf({ algorithm, reference: await openTablePolicy() });
  const { state } = await trainStep(parts, 0, undefined);
  await trainStep(parts, 6, state);
  const [first, second] = seen.batches;
  assert.deepEqual(first[0].referenceLogProbs, first[0].oldLogProbs);
  assert.notDeepEqual(second[0].referenceLogProbs, second[0].oldLogProbs);
});

Deno.test("every algorithm sees the same problems and the same noise", async () => {
  const digests = await Promise.all(["reinforce", "rloo", "grpo", "dr_grpo"].map(async (name) => {
    const algorithm = findAlgorithm(name).create({ rloo: { rewardBeta: 0 }, grpo: { beta: 0 } }[name]);
    return (await trainStep(await partsOf({ algorithm }), 0, undefined)).record.digests.rollouts;
  }));
  assert.equal(new Set(digests).size, 1);
});

Deno.test("seed and step change the rollouts, temperature spreads within a group", async () => {
  const rollouts = async (seed: number, step: number, training = {}) =>
    (await trainStep(await partsOf({ seed }, training), (step - 1) * 6, undefined)).record.digests.rollouts;
  assert.notEqual(await rollouts(1, 1), await rollouts(2, 1));
  assert.notEqual(await rollouts(1, 1), await rollouts(1, 2));
  assert.notEqual(await rollouts(1, 1, { temperature: { from: 0.5, to: 1.5 } }), await rollouts(1, 1));
  assert.equal(await rollouts(1, 1, { temperature: { from: 1, to: 1 } }), await rollouts(1, 1));
});

Deno.test("log-probs are those of the temperature that a response was drawn with", async () => {
  const parts = await partsOf({}, { temperature: { from: 0.5, to: 1.5 } });
  const { record } = await trainStep(parts, 0, undefined);
  assert.equal(record.samplingDifference!.max, 0);
});

Deno.test("learning rate 0 leaves the weights alone", async () => {
  const parts = await partsOf({}, { learningRate: 0 });
  const before = await parts.policy.logProbs([{ prompt: [0], response: [1, 2, 3] }]);
  await trainStep(parts, 0, undefined);
  assert.deepEqual(await parts.policy.logProbs([{ prompt: [0], response: [1, 2, 3] }]), before);
});

Deno.test("the learning rate rises linearly over the warm-up steps", () => {
  const { training } = digitSuite((suite) => Object.assign(suite.training, { learningRate: 1, warmupSteps: 4 }));
  assert.deepEqual([1, 2, 4, 5].map((step) => learningRateAt(training, step)), [0.25, 0.5, 1, 1]);
});

Deno.test("a number that is not finite fails a gate, wherever it arises", async () => {
  const rejects = async (parts: StepParts, message: RegExp) =>
    await assert.rejects(trainStep(parts, 12, undefined), (error: Error) => {
      assert.equal(error.name, "GateFailure");
      assert.match(error.message, message);
      return true;
    });
  await rejects(
    await partsOf({ algorithm: { ...grpo, loss: (batch) => ({ ...grpo.loss(batch), loss: NaN }) } }),
    /^the loss is NaN/,
  );
  const policy = await openTablePolicy();
  await rejects(
    await partsOf({ policy: altered(policy, { step: () => Promise.resolve({ norm: Infinity }) }) }),
    /^the gradient norm is Infinity/,
  );
  const broken = altered(policy, {
    logProbs: async (samples, options) => {
      const scores = await policy.logProbs(samples, options);
      scores[2].logProbs[1] = NaN;
      return scores;
    },
  });
  await rejects(await partsOf({ policy: broken }), /^the log-prob of response 2 is NaN at token 1/);
});

Deno.test("a log-prob that depends on its batch fails a gate where it is probed", async () => {
  const policy = await openTablePolicy();
  const leaky = altered(policy, {
    logProbs: async (samples, options) => {
      const scores = await policy.logProbs(samples, options);
      for (const { logProbs } of scores) logProbs[0] += samples.length * 1e-6;
      return scores;
    },
  });
  await trainStep(await partsOf({ policy: leaky }), 0, undefined);
  await assert.rejects(trainStep(await partsOf({ policy: leaky }), 0, undefined, { probeInterval: 5 }), {
    gate: "batchDifference",
  });
});

Deno.test("a sampler that disagrees with the training kernels fails a gate", async () => {
  const policy = await openTablePolicy();
  const biased = altered(policy, {
    generate: async (requests, options) => {
      const generations = await policy.generate(requests, options);
      for (const { logProbs } of generations) logProbs[0] += 0.01;
      return generations;
    },
  });
  await assert.rejects(trainStep(await partsOf({ policy: biased }), 0, undefined), { gate: "samplingDifference" });
});
