import assert from "node:assert/strict";
import { accuracy, models, respond, setting } from "./_synthetic_test.ts";
import type { Context, ReflectionRequest } from "./algorithm.ts";
import { learnContext, ruleBasedReflection, runStep, trainingFreeGrpo, type TrainingFreeGrpoOptions } from "./mod.ts";
import { mean } from "../terms/statistics.ts";

const small = { epochs: 2, batchSize: 20, groupSize: 5 };

async function learn(options: TrainingFreeGrpoOptions, seed: number): Promise<Context> {
  const algorithm = trainingFreeGrpo.create({ ...small, ...options });
  return (await learnContext(algorithm, setting(60, 600, seed), models(seed))).context;
}

const seeds = Array.from({ length: 12 }, (_, i) => i + 1);

Deno.test("it learns what helps from groups with winners and losers", async () => {
  const before = accuracy(setting(1, 1, 1).initial);
  for (const seed of seeds) {
    const { experiences } = await learn({}, seed);
    const texts = experiences.map(({ text }) => text);
    assert.ok(texts.includes("work step by step.") && texts.includes("check the sum."), `${seed}: ${texts}`);
  }
  assert.ok(accuracy(await learn({}, 1)) > before + 0.25);
});

Deno.test("without groups, and without ground truth, it learns less", async () => {
  const score = async (options: TrainingFreeGrpoOptions) =>
    mean(await Promise.all(seeds.map(async (seed) => accuracy(await learn(options, seed), seed))));
  const whole = await score({});
  assert.ok(await score({ preset: "no_group", groupSize: 1, batchSize: 100 }) < whole - 0.1);
  assert.ok(await score({ preset: "no_ground_truth" }) < whole);
});

Deno.test("an epoch is a shuffle of all problems in batches, and every group has noise of its own", async () => {
  const algorithm = trainingFreeGrpo.create({ epochs: 2, batchSize: 4, groupSize: 2 }), here = setting(10, 100, 3);
  const asked: string[] = [], sizes: number[] = [];
  const { rollOut, reflect } = models();
  await learnContext(algorithm, here, {
    reflect,
    rollOut: (requests, reply) => {
      asked.push(...requests.map(({ problem, draw }) => `${problem}.${draw}`));
      sizes.push(requests.length);
      return rollOut(requests, reply);
    },
  });
  assert.deepEqual(sizes, [8, 8, 4, 8, 8, 4]);
  assert.equal(new Set(asked).size, 40);
  const order = (half: string[]) => half.map((one) => parseInt(one));
  assert.notDeepEqual(order(asked.slice(0, 20)), order(asked.slice(20)));
  // A budget that ends within a batch: whole groups only.
  const { state } = await learnContext(algorithm, { ...here, budget: 13 }, models());
  assert.equal(state.spent.responses, 12);
});

/** Runs one step and returns what the reflector was asked. */
async function requestsOf(options: TrainingFreeGrpoOptions): Promise<ReflectionRequest[]> {
  const algorithm = trainingFreeGrpo.create({ ...small, ...options }), here = setting(20, 100, 1);
  const asked: ReflectionRequest[] = [];
  await runStep(algorithm, algorithm.start(here), here, {
    ...models(),
    reflect: (requests, reply) => {
      asked.push(...requests);
      requests.forEach((request, i) => reply(i, ruleBasedReflection(request)));
      return Promise.resolve();
    },
  });
  return asked;
}

Deno.test("only groups with winners and losers are summarised and compared, and one consolidation ends the step", async () => {
  const asked = await requestsOf({});
  const critiques = asked.filter((request) => request.kind === "critique");
  assert.ok(critiques.length > 0 && critiques.length < 20);
  for (const { attempts } of critiques) assert.equal(new Set(attempts.map(({ score }) => score)).size, 2);
  assert.equal(asked.filter(({ kind }) => kind === "summarize").length, 5 * critiques.length);
  assert.deepEqual(asked.filter(({ kind }) => kind === "consolidate"), asked.slice(-1));
});

Deno.test("without ground truth no reward, gold answer or grader's word reaches the reflector", async () => {
  const asked = await requestsOf({ preset: "no_ground_truth" });
  assert.equal(asked.filter(({ kind }) => kind === "critique").length, 20);
  assert.doesNotMatch(JSON.stringify(asked), /"score"|"gold"|"feedback"/);
});

Deno.test("a consolidation that fails leaves the library, unless additions came first", async () => {
  const run = async (addFirst: boolean) => {
    const algorithm = trainingFreeGrpo.create({ ...small, summarize: false, addFirst }), here = setting(20, 100, 1);
    const { state } = await runStep(algorithm, algorithm.start(here), here, {
      ...models(),
      reflect: (requests, reply) => {
        requests.forEach((request, i) =>
          reply(i, request.kind === "consolidate" ? { failure: "no", calls: 3 } : ruleBasedReflection(request))
        );
        return Promise.resolve();
      },
    });
    return { entries: state.library.entries.length, failures: state.spent.failures };
  };
  assert.deepEqual(await run(false), { entries: 0, failures: 1 });
  const added = await run(true);
  assert.ok(added.entries > 0 && added.failures === 1);
});

Deno.test("a response whose summary fails is left out of its group", async () => {
  const algorithm = trainingFreeGrpo.create({ ...small, batchSize: 1 });
  const attempts: number[] = [];
  const here = setting(1, 5, 1);
  await runStep(algorithm, algorithm.start(here), here, {
    rollOut: (requests, reply) => {
      requests.forEach((request, i) => reply(i, { ...respond(request), score: i % 2 }));
      return Promise.resolve();
    },
    reflect: (requests, reply) => {
      requests.forEach((request, i) => {
        if (request.kind === "critique") attempts.push(request.attempts.length);
        reply(i, request.kind === "summarize" && i === 0 ? { failure: "no", calls: 3 } : ruleBasedReflection(request));
      });
      return Promise.resolve();
    },
  });
  assert.deepEqual(attempts, [4]);
});

Deno.test("options that contradict each other are refused", () => {
  assert.throws(() => trainingFreeGrpo.create({ groupSize: 1 }), /"groupSize" is 1, .* use learnFrom "all"/);
  assert.throws(
    () => trainingFreeGrpo.create({ groundTruth: false }),
    /"groundTruth" is false, .* use learnFrom "all"/,
  );
  assert.throws(() => trainingFreeGrpo.create({ maxWords: 0 }), /"maxWords" is 0; use a whole number of at least 1/);
});
