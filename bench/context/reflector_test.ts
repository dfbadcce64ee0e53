import { strict as assert } from "node:assert";
import { contextAlgorithms } from "../../algorithms/mod.ts";
import { type Incoming, withServer } from "../../policy/endpoint/scripted_server_for_tests.ts";
import { metricsOf } from "../leaderboard/metrics.ts";
import { readChain } from "../records.ts";
import { type EvaluationLine, runCell, type StepLine } from "../run_cell.ts";
import { adviceCell } from "../testing/advice_task.ts";
import { bytesOf, inTemporary } from "../testing/temporary.ts";

const algorithm = contextAlgorithms.training_free_grpo.create({ batchSize: 30, epochs: 2 });

/** A model that advises to check, and whose every fifth reply is cut off. */
function reply({ attempt, body }: Incoming): Response {
  const [{ content: asked }] = body.messages as { content: string }[];
  const operations = '```json\n[{"operation": "ADD", "content": "check the sum."}]\n```';
  const text = asked.startsWith("Retell") ? "It did this and that." : operations;
  return Response.json({
    choices: [{
      message: { role: "assistant", content: attempt % 5 === 0 ? text.slice(0, 20) : text },
      finish_reason: "stop",
    }],
    usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 },
  });
}

Deno.test("a model reflects: its replies are paid for once, counted, and given again without it", () =>
  inTemporary(async (directory) => {
    const watched = { drawn: 0, calls: Infinity }, { cell, parts } = adviceCell(algorithm, () => {}, watched);
    const first = `${directory}/first`, second = `${directory}/second`, third = `${directory}/third`;
    let source = { url: "", model: "teacher" };
    await withServer(reply, async ({ baseUrl, incoming }) => {
      source = { url: baseUrl, model: "teacher" };
      const given = { ...parts, reflector: source };
      // Killed while it evaluates, after it has reflected; then it goes on.
      watched.calls = 2;
      await assert.rejects(runCell(cell, given, { directory: first }), /killed/);
      const before = incoming.length;
      assert.ok(before > 0);
      watched.calls = Infinity;
      await runCell(cell, given, { directory: first });
      const asked = incoming.map(({ body }) => JSON.stringify([body.messages, body.seed]));
      assert.equal(new Set(asked).size, asked.length);

      const { steps } = await readChain<StepLine, EvaluationLine>(first, cell);
      const sum = (of: (line: StepLine) => number) => steps.reduce((all, line) => all + of(line), 0);
      const calls = sum(({ cost }) => cost.reflectorCalls!);
      assert.ok(calls > sum(({ cost }) => cost.reflections!), "some replies were malformed and asked for again");
      assert.equal(sum(({ cost }) => cost.reflectorTokens!), 13 * calls);
      assert.deepEqual(sum(({ cost }) => cost.reflectorTokensRead!), 10 * calls);
      const lines = { steps, evaluations: [], timing: [] };
      const priced = metricsOf({ ...lines, reflectorPrices: { input: 2, output: 10 } }).cost;
      assert.equal(priced.reflectorMoney, (20 + 30) * calls / 1e6);
      assert.equal(priced.money, priced.reflectorMoney, "the policy is computed here");
      assert.ok(!("reflectorMoney" in metricsOf(lines).cost) && !("money" in metricsOf(lines).cost));
      const unsaid = steps.map((line) => ({ ...line, cost: { ...line.cost, reflectorTokensRead: null } }));
      const unknown = metricsOf({ ...lines, steps: unsaid, reflectorPrices: { input: 2, output: 10 } }).cost;
      assert.equal(unknown.reflectorMoney, null);
      assert.deepEqual(steps.at(-1)!.context!.experiences.map(({ text }) => text).slice(0, 1), ["check the sum."]);
      await runCell(cell, given, { directory: second, replay: first });
      assert.equal(incoming.length, asked.length, "a replay asked the model");
    });
    // The server is gone.
    await runCell(cell, { ...parts, reflector: source }, { directory: third, replay: first });
    const { "reflections.jsonl": _, ...whole } = await bytesOf(first);
    assert.deepEqual(await bytesOf(second), whole);
    assert.deepEqual(await bytesOf(third), whole);
  }));

Deno.test("a replay that lacks an answer stops with one sentence", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = adviceCell(algorithm);
    const source = { url: "http://127.0.0.1:9/v1", model: "teacher" };
    await assert.rejects(
      runCell(cell, { ...parts, reflector: source }, { directory, replay: directory }),
      { name: "EndpointError" },
    );
  }));
