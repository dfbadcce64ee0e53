import { strict as assert } from "node:assert";
import { contextAlgorithms } from "../../algorithms/mod.ts";
import { type Incoming, withServer } from "../../policy/endpoint/scripted_server_for_tests.ts";
import { withPolicyServer } from "../../policy/serve/server_for_tests.ts";
import type { ProblemResponses } from "../evaluate.ts";
import { openParts, planSuite } from "../parts.ts";
import { metricsOf } from "../leaderboard/metrics.ts";
import { readChain, readJournal } from "../records.ts";
import { type EvaluationLine, runCell, type StepLine } from "../run_cell.ts";
import { parseSuite } from "../suite.ts";
import context from "../suites/context.json" with { type: "json" };
import { adviceCell } from "../testing/advice_task.ts";
import { bytesOf, inTemporary } from "../testing/temporary.ts";
import { verifyCell } from "../verify.ts";
import { openEndpointPolicy } from "./endpoint_policy.ts";

/** A model that checks where it is told to, or for every third seed, and is right where it checks. */
function reply({ body }: Incoming): Response {
  const [{ content }] = body.messages as { content: string }[], checks = /check the sum/.test(content);
  const right = checks || Number(body.seed) % 3 === 0, number = Number(/(\d+)$/.exec(content)![1]);
  return Response.json({
    choices: [{
      message: { role: "assistant", content: `${right ? "check " : ""}${right ? number : number + 1}` },
      finish_reason: "stop",
    }],
    usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
  });
}

const algorithm = contextAlgorithms.training_free_grpo.create({ batchSize: 30, epochs: 2 });

/** The cell of that model at an address. */
function modelCell(baseUrl: string) {
  const { cell, parts } = adviceCell(algorithm), source = `endpoint:${baseUrl}#pupil`;
  return {
    cell,
    parts: {
      ...parts,
      openPolicy: async ({ recording }: { recording?: { directory: string; replay?: boolean } } = {}) => ({
        ...await openEndpointPolicy(source, { recording }),
        digest: () => Promise.resolve("advice"),
      }),
    },
  };
}

Deno.test("a prompt is learned for a model behind an endpoint; nothing is paid for twice, a replay asks nobody", () =>
  inTemporary(async (directory) => {
    const first = `${directory}/first`, second = `${directory}/second`;
    let failing = true, served = modelCell("http://localhost:1/v1");
    await withServer(
      (one) => failing && one.attempt > 700 ? new Response(null, { status: 401 }) : reply(one),
      async ({ baseUrl, incoming }) => {
        served = modelCell(baseUrl);
        await assert.rejects(runCell(served.cell, served.parts, { directory: first }), { name: "EndpointError" });
        const answered = incoming.slice(0, 700).map(({ body }) => JSON.stringify(body));
        failing = false;
        await runCell(served.cell, served.parts, { directory: first });
        const again = incoming.slice(700).map(({ body }) => JSON.stringify(body));
        assert.equal(again.filter((body) => answered.includes(body)).length, 0);
      },
    );
    const { steps, evaluations } = await readChain<StepLine, EvaluationLine>(first, served.cell);
    assert.deepEqual(steps.at(-1)!.context!.experiences.map(({ text }) => text), ["check the sum."]);
    assert.ok(evaluations.at(-1)!.average > evaluations[0].average + 0.5);
    const { length, cost } = steps[0];
    assert.deepEqual([length, cost.tokensGenerated], [4, 4 * cost.responses], "lengths are what the server counts");
    const { cost: priced } = metricsOf({ steps, evaluations, timing: [], policyPrices: { input: 2, output: 10 } });
    const responses = steps.reduce((sum, line) => sum + line.cost.responses, 0);
    assert.deepEqual([priced.responses, priced.tokensRead], [responses, 9 * responses]);
    assert.equal(priced.policyMoney, (2 * 9 + 10 * 4) * responses / 1e6);
    assert.equal(priced.money, priced.policyMoney, "the embedded rules cost nothing");
    // Before and after one change of the prompt: 30 problems with one greedy and four sampled responses.
    assert.equal(priced.evaluationMoney, (2 * 9 + 10 * 4) * 2 * 150 / 1e6);
    // The server is gone.
    await runCell(served.cell, served.parts, { directory: second, replay: first });
    const { "answers.jsonl": recorded, ...whole } = await bytesOf(first);
    assert.ok(recorded.length > 0);
    assert.deepEqual(await bytesOf(second), whole);
  }));

const suiteOf = (policy: string, ...names: string[]) => {
  const suite = parseSuite(context, "context");
  Object.assign(suite, { policy, algorithms: names.map((name) => ({ name, options: {}, training: {} })), seeds: [1] });
  Object.assign(suite.evaluation, { problems: 4, samples: 2 });
  return suite;
};

Deno.test("behind podium serve a policy answers as it does here, and verify needs no server", () =>
  inTemporary(async (directory) => {
    const cellOf = async (policy: string) => (await planSuite(suiteOf(policy, "few_shot"))).cells[0].cell;
    const here = await cellOf("embedded:base");
    await runCell(here, await openParts(here), { directory: `${directory}/here` });
    const greedy = async (name: string) => {
      const lines = await readJournal<ProblemResponses>(`${directory}/${name}/responses/step-000000.jsonl`);
      assert.equal(lines.length, 4);
      return lines.map((one) => one.greedy);
    };
    await withPolicyServer(async ({ url }) => {
      const there = await cellOf(`endpoint:${url}#base`);
      assert.notEqual(there.id, here.id);
      await runCell(there, await openParts(there), { directory: `${directory}/there` });
    });
    assert.deepEqual(await greedy("there"), await greedy("here"));
    assert.equal((await verifyCell(`${directory}/there`)).same, true);
  }));

Deno.test("what a policy behind an endpoint can't do is refused in one sentence, before anything is asked", async () => {
  const source = "endpoint:http://127.0.0.1:9/v1#m";
  await assert.rejects(planSuite(suiteOf(source, "gepa", "grpo")), {
    name: "Refusal",
    message: /^policy endpoint:\S+: is behind an endpoint, and grpo trains weights; choose --algorithms .*gepa.*\.$/,
  });
  await assert.rejects(planSuite({ ...suiteOf(source, "gepa"), lora: { rank: 1, alpha: 1 } }), /lora and rollout/);
  await assert.rejects(planSuite({ ...suiteOf(source, "gepa"), task: "web_search" }), /web_search has tools/);
  await assert.rejects(planSuite(suiteOf("endpoint:nowhere", "gepa")), {
    name: "Refusal",
    message: /^policy endpoint:nowhere: no address and model of an endpoint; give endpoint:URL#MODEL, as /,
  });
  await assert.rejects(planSuite({ ...suiteOf("embedded:base", "gepa"), policyPrices: { input: 1, output: 2 } }), {
    name: "Refusal",
    message: "policy embedded:base: is not behind an endpoint, so prices for it can't be used; leave that out.",
  });
  const policy = await openEndpointPolicy(source);
  await assert.rejects(policy.logProbs([]), { name: "EndpointError", message: /can only be asked/ });
});
