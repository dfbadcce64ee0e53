import { strict as assert } from "node:assert";
import type { Algorithm, Credited, Response } from "../../algorithms/algorithm.ts";
import type { Critic, StepOptions } from "../../policy/policy.ts";
import { rollOut } from "../rollout.ts";
import { type StepParts, trainStep } from "../step.ts";
import { critical, plain } from "../testing/algorithms.ts";
import { digitProblems, digitStep, digitTask } from "../testing/digit_task.ts";
import { openTableCritic } from "../testing/table_critic.ts";
import { trainingIndices } from "../problem_order.ts";
import { keyOf } from "../../policy/random.ts";

/** The algorithm, and the batches and minibatches it is given. */
function watched<State>(algorithm: Algorithm<State>) {
  const batches: Response[][] = [], minibatches: Credited[][] = [];
  const spied: Algorithm<State> = {
    ...algorithm,
    credit: (batch, state) => {
      batches.push([...batch]);
      return algorithm.credit(batch, state);
    },
    loss: (batch, state) => {
      minibatches.push([...batch]);
      return algorithm.loss(batch, state);
    },
  };
  return { batches, minibatches, algorithm: spied as Algorithm };
}

Deno.test("every response gets the reward of the greedy response to its prompt", async () => {
  const { batches, algorithm } = watched(plain({ greedy: true }));
  const parts = await digitStep(algorithm, {}, { rewards: ["accuracy", "brevity"] });
  const problems = trainingIndices(digitProblems, 1, 0, 6).map((index) => digitProblems.at(index));
  const greedy = await rollOut(parts.policy, digitTask, problems, {
    samples: 1,
    temperature: 0,
    maxTokens: 10,
    keys: problems.map((_, index) => keyOf(1, "any", index)),
  });
  const { record } = await trainStep(parts, 0, undefined);
  for (const { group, greedyRewards } of batches[0]) {
    const { grade, generation } = greedy[group];
    assert.deepEqual(greedyRewards, {
      accuracy: grade.rewards.accuracy,
      brevity: 1 - generation.tokens.length / 10,
    });
  }
  const tokens = greedy.reduce((sum, { generation }) => sum + generation.tokens.length, 0);
  const without = (await trainStep(await digitStep(plain()), 0, undefined)).record;
  assert.equal(record.cost.responses, without.cost.responses + 6);
  assert.equal(record.cost.tokensGenerated, without.cost.tokensGenerated + tokens);
  assert.equal(record.length, without.length, "lengths are those of the sampled responses");
  assert.equal(record.metrics.greedyAccuracy, greedy.filter(({ grade }) => grade.rewards.accuracy === 1).length / 6);
});

Deno.test("planning tokens are those of the task's strategic grams, and their share is recorded", async () => {
  const { batches, algorithm } = watched(plain({ planning: true }));
  const { record } = await trainStep(await digitStep(algorithm), 0, undefined);
  let planning = 0, tokens = 0;
  for (const response of batches[0]) {
    const marks = Array.from(response.planning!);
    assert.equal(marks.length, response.tokens.length);
    assert.equal(marks.at(-1), 0, "a stop token is no text");
    // The policy writes "#### d": the only word is the digits at the end.
    const text = Array.from(response.tokens, (token) => "0123456789# "[token] ?? "").join("");
    assert.equal(marks.some(Boolean), /(^|[# ])7([# ]|$)/.test(text), text);
    planning += marks.filter(Boolean).length;
    tokens += marks.length;
  }
  assert.ok(planning > 0);
  assert.equal(record.metrics.planningShare, planning / tokens);
  assert.equal(record.metrics.semanticEntropy, 0, "there is one gram");
});

Deno.test("a step ends at the token that holds its last character", async () => {
  const { batches, algorithm } = watched(plain({ steps: true }));
  await trainStep(await digitStep(algorithm), 0, undefined);
  for (const { tokens, steps } of batches[0]) {
    // The task ends a step behind every "#", token 10, and rewards it with its place.
    // A "#" that a stop token follows ends the response.
    const endOf = (index: number) => index === tokens.length - 2 && tokens[index + 1] === 12 ? index + 1 : index;
    const expected = Array.from(tokens).flatMap((token, i) => token === 10 ? [{ end: endOf(i), reward: i }] : []);
    assert.deepEqual(steps, expected);
  }
});

Deno.test("a step that ends with the text holds the stop token, and the last token of a response that was cut", async () => {
  const { batches, algorithm } = watched(plain({ steps: true }));
  const task = {
    ...digitTask,
    gradeSteps: (_: unknown, { length }: string) => length ? [{ end: length, reward: 1 }] : [],
  };
  await trainStep(await digitStep(algorithm, { task }, { maxTokens: 7, temperature: 2 }), 0, undefined);
  const stopped = batches[0].filter(({ tokens }) => tokens[tokens.length - 1] === 12);
  assert.ok(stopped.length > 0 && stopped.length < batches[0].length);
  for (const { tokens, steps } of batches[0]) {
    assert.deepEqual(steps, tokens[0] === 12 ? [] : [{ end: tokens.length - 1, reward: 1 }]);
  }
});

Deno.test("the extra facts of a batch do not keep its gradient from being foretold", async () => {
  const { batches, algorithm } = watched(plain({ greedy: true, planning: true, steps: true }));
  await trainStep(await digitStep(algorithm), 0, undefined);
  assert.equal(batches.length, 2, "once foretold, once for the record");
  const [{ logProbs: _sampled, oldLogProbs: _old, ...first }] = batches[0];
  const [{ logProbs: _scored, oldLogProbs: _too, ...second }] = batches[1];
  assert.deepEqual(first, second);
});

Deno.test("brevity is a reward channel of every task", async () => {
  const { batches, algorithm } = watched(plain());
  await trainStep(await digitStep(algorithm, {}, { rewards: ["brevity"] }), 0, undefined);
  for (const { rewards, tokens } of batches[0]) assert.deepEqual(rewards, { brevity: 1 - tokens.length / 10 });
});

/** A critic whose calls are noted. */
async function watchedCritic(): Promise<{ critic: Critic; steps: StepOptions[]; gradients: Float64Array[][] }> {
  const table = await openTableCritic(), steps: StepOptions[] = [], gradients: Float64Array[][] = [];
  const critic: Critic = {
    parameterCount: table.parameterCount,
    values: (samples) => table.values(samples),
    accumulate: (samples, derivatives) => {
      gradients.push(derivatives.map((row) => Float64Array.from(row)));
      return table.accumulate(samples, derivatives);
    },
    discardGradient: () => table.discardGradient(),
    step: (options) => {
      steps.push(options);
      return table.step(options);
    },
    digest: () => table.digest(),
    save: (directory) => table.save(directory),
    checkpoint: (file) => table.checkpoint(file),
    restore: (file) => table.restore(file),
    dispose: () => table.dispose(),
  };
  return { critic, steps, gradients };
}

Deno.test("a critic is scored before the first minibatch and again before each later one, and steps in each", async () => {
  const { batches, minibatches, algorithm } = watched(critical(5));
  const { critic, steps, gradients } = await watchedCritic();
  const parts: StepParts = await digitStep(algorithm, { critic }, { minibatches: 3, warmupSteps: 2 });
  await trainStep(parts, 0, undefined);
  const { record } = await trainStep(parts, 6, undefined);
  const [, batch] = batches, [, , , first, second, third] = minibatches;
  assert.equal(batches.length, 2, "nothing is foretold where there is a critic");
  assert.equal(minibatches.length, 6);
  assert.ok(batch.some(({ oldValues }) => oldValues!.some((value) => value !== 0)), "it learned in step 1");
  for (const { values, oldValues } of [...batch, ...first]) assert.deepEqual(values, oldValues);
  for (const { values, oldValues } of [...second, ...third]) assert.notDeepEqual(values, oldValues);
  assert.deepEqual(
    [...first, ...second, ...third].map(({ oldValues }) => oldValues),
    batch.map(({ oldValues }) => oldValues),
  );
  assert.deepEqual(first.map(({ returns }) => returns![0]), first.map(({ rewards }) => rewards.accuracy));
  assert.deepEqual(steps.map(({ learningRate }) => learningRate), [0.25, 0.25, 0.25, 0.5, 0.5, 0.5]);
  assert.equal(gradients.length, 6);
  assert.equal(record.criticNorms!.length, 3);
  assert.ok(record.criticNorms!.every((norm) => norm > 0));
});

Deno.test("a critic without the algorithm's value gradient is refused, and its numbers pass the gates", async () => {
  const critic = await openTableCritic();
  const silent = critical(1, { loss: (batch, state) => ({ ...plain().loss(batch, state), valueGradient: undefined }) });
  await assert.rejects(trainStep(await digitStep(silent, { critic }), 0, undefined), /gave no valueGradient/);
  const broken: Critic = Object.assign(Object.create(critic), {
    values: (samples: []) => Promise.resolve(samples.map(() => Float32Array.of(NaN))),
  });
  await assert.rejects(trainStep(await digitStep(critical(1), { critic: broken }), 0, undefined), {
    name: "GateFailure",
    message: /^the value of response 0 is NaN at token 0/,
  });
});

Deno.test("an algorithm that needs more minibatches gets them, and the record says so", async () => {
  const steps = async (needed: number, set: number) => {
    const parts = await digitStep(plain({ minibatches: needed }), {}, { minibatches: set });
    const { record } = await trainStep(parts, 0, undefined);
    assert.equal(record.gradientNorms.length, record.minibatches);
    return record.minibatches;
  };
  assert.deepEqual([await steps(4, 1), await steps(2, 3), await steps(1, 1)], [4, 3, 1]);
});

Deno.test("with a spread of temperatures the accuracy of each is recorded", async () => {
  const spread = { temperature: { from: 0.5, to: 1.5 }, groupSize: 3 };
  const { record } = await trainStep(await digitStep(plain(), {}, spread), 0, undefined);
  assert.deepEqual(record.accuracyByTemperature!.map(({ temperature }) => temperature), [0.5, 1, 1.5]);
  const mean = record.accuracyByTemperature!.reduce((sum, { accuracy }) => sum + accuracy, 0) / 3;
  assert.ok(Math.abs(mean - record.accuracy!) < 1e-12);
  // 0.7 + 0.6 / 6 is 0.7999999999999999: that is what was sampled with, but not what is recorded.
  const odd = { temperature: { from: 0.7, to: 1.3 }, groupSize: 7 };
  const rounded = (await trainStep(await digitStep(plain(), {}, odd), 0, undefined)).record.accuracyByTemperature!;
  assert.deepEqual(rounded.map(({ temperature }) => temperature), [0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3]);
  for (const temperature of [1, { from: 1, to: 1 }]) {
    const { record } = await trainStep(await digitStep(plain(), {}, { temperature }), 0, undefined);
    assert.equal(record.accuracyByTemperature, undefined);
  }
});

Deno.test("a gradient foretold for other responses than selection keeps in the end leaves no trace", async () => {
  // Keeps what the sampler's own log-probs of the first call pick, then something else of the same shape.
  const select = (keep: (call: number) => number) => {
    let calls = 0;
    return (batch: readonly Response[]) => {
      const kept = keep(calls++);
      return batch.map((_, index) => index % 3 === kept);
    };
  };
  const fickle = await digitStep(plain({}, { select: select((call) => call === 0 ? 0 : 1) }));
  const steady = await digitStep(plain({}, { select: select(() => 1) }));
  const nothing = await digitStep(plain({}, { select: select((call) => call === 0 ? 0 : 5) }));
  const records = [];
  for (const parts of [fickle, steady]) records.push((await trainStep(parts, 0, undefined)).record);
  assert.deepEqual(records[0], records[1]);
  assert.equal(await fickle.policy.digest(), await steady.policy.digest());
  assert.deepEqual((await trainStep(nothing, 0, undefined)).record.gradientNorms, [0]);
});
