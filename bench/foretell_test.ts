import assert from "node:assert/strict";
import { type Algorithm, findAlgorithm } from "../algorithms/mod.ts";
import { openPolicy } from "../policy/mod.ts";
import { gsm8k } from "../tasks/gsm8k.ts";
import { trainStep } from "./step.ts";
import type { Training } from "./suite.ts";

const training: Training = {
  steps: 2,
  promptsPerStep: 4,
  groupSize: 4,
  minibatches: 1,
  learningRate: 4e-4,
  warmupSteps: 0,
  maxNorm: 1,
  betas: [0.9, 0.99],
  weightDecay: 0,
  temperature: { from: 0.8, to: 1.2 },
  topP: 1,
  maxTokens: 48,
  rewards: ["accuracy"],
  checkpointInterval: 1,
};

/** Two steps on the base policy: everything that is recorded, and the weights. */
async function train(algorithm: Algorithm) {
  const policy = await openPolicy(new URL("../fixtures/base", import.meta.url).pathname);
  const problems = await gsm8k.problems({ split: "train", seed: 3 });
  const gates = { batchDifference: 0, samplingDifference: 1e-3, ratio: 0 };
  const parts = { policy, task: gsm8k, problems, algorithm, training, gates, seed: 5 };
  const records = [];
  for (const used of [0, 4]) records.push((await trainStep(parts, used, undefined)).record);
  const digest = await policy.digest();
  await policy.dispose();
  return { records, digest };
}

const grpo = () => findAlgorithm("grpo").create({ beta: 0 });

/** Foretells wrongly: the first derivative it gives in a step is not the second. */
function fickle(algorithm: Algorithm): Algorithm {
  let calls = 0;
  return {
    ...algorithm,
    loss(batch, state) {
      const loss = algorithm.loss(batch, state);
      return calls++ > 0 ? loss : { ...loss, gradient: loss.gradient.map((row) => row.map((entry) => 2 * entry + 1)) };
    },
  };
}

Deno.test("a gradient that was foretold wrongly leaves no trace", async () => {
  assert.deepEqual(await train(fickle(grpo())), await train(grpo()));
});

Deno.test("the loss of a foretold step is computed from the training kernels' log-probs", async () => {
  const seen: number[] = [], algorithm = grpo();
  const watched: Algorithm = {
    ...algorithm,
    loss(batch, state) {
      seen.push(batch[0].logProbs[0]);
      return algorithm.loss(batch, state);
    },
  };
  const { records: [{ samplingDifference }] } = await train(watched);
  assert.equal(seen.length, 4, "twice a step: foretold and for the record");
  assert.ok(samplingDifference!.max > 0 && samplingDifference!.max < 1e-3);
});

Deno.test("an algorithm that looks at the log-probs themselves gets the gradient of the exact ones", async () => {
  const base = grpo(), given: Float64Array[][] = [];
  const squared: Algorithm = {
    ...base,
    loss(batch, state) {
      const loss = base.loss(batch, state);
      const gradient = loss.gradient.map((row, i) => row.map((entry, t) => entry * batch[i].logProbs[t] ** 2));
      given.push(gradient);
      return { ...loss, gradient };
    },
  };
  const { records } = await train(squared);
  assert.equal(given.length, 3, "foretold once, found wrong, not tried again");
  assert.notDeepEqual(given[0], given[1]);
  assert.ok(records.every(({ gradientNorms }) => gradientNorms[0] > 0));
});
