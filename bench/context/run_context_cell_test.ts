import { strict as assert } from "node:assert";
import { contextAlgorithms } from "../../algorithms/mod.ts";
import { metricsOf } from "../leaderboard/metrics.ts";
import { promptChanges } from "../report/prompts.ts";
import { readChain, readJournal } from "../records.ts";
import { type EvaluationLine, runCell, type StepLine, type TimingLine } from "../run_cell.ts";
import { adviceCell } from "../testing/advice_task.ts";
import { bytesOf, inTemporary } from "../testing/temporary.ts";

const tfgrpo = contextAlgorithms.training_free_grpo.create({ batchSize: 30, epochs: 2 });
const gepa = contextAlgorithms.gepa.create({ merge: true });
const kinds = [
  ["training_free_grpo", tfgrpo],
  ["gepa", gepa],
  ["mipro", contextAlgorithms.mipro.create({ candidates: 4 })],
  ["random_search", contextAlgorithms.random_search.create()],
  ["few_shot", contextAlgorithms.few_shot.create({ preset: "bootstrapped" })],
] as const;

for (const [name, algorithm] of kinds) {
  Deno.test(`${name}: a prompt is learned within the budget, on the same record as weights are`, () =>
    inTemporary(async (directory) => {
      const { cell, parts } = adviceCell(algorithm);
      const seen: string[] = [];
      const result = await runCell(cell, parts, {
        directory,
        onLine: (line) => seen.push(`${"average" in line ? "e" : "s"}${line.step}`),
      });
      const { steps, evaluations, hash } = await readChain<StepLine, EvaluationLine>(directory, cell);
      assert.deepEqual(evaluations.map(({ step }) => step), [0, 3, 6, 9, 12]);
      assert.equal(seen.length, steps.length + evaluations.length);
      assert.deepEqual([result.steps, result.hash], [12, hash]);
      const numbers = steps.map(({ step }) => step);
      assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
      // No prompt that is evaluated after step n has seen more than n steps' responses, nor fewer than there were lines for.
      let responses = 0;
      for (const line of steps) {
        responses += line.cost.responses;
        assert.ok(responses <= line.step * 40, `${responses} at step ${line.step}`);
        assert.ok(line.accuracy! >= 0 && line.accuracy! <= 1 && line.context !== undefined);
      }
      assert.ok(responses <= 480);
      assert.equal(steps.at(-1)!.weights, result.weights);
      const { context } = JSON.parse(await Deno.readTextFile(`${directory}/policy/context.json`));
      assert.deepEqual(context, steps.at(-1)!.context);
      assert.ok(await Deno.stat(`${directory}/replies.jsonl`).then(() => false, () => true), "replies.jsonl is left");
    }));
}

Deno.test("further steps are evaluated where the suite lists them, the last once", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = adviceCell(tfgrpo);
    Object.assign(cell.identity.evaluation, { interval: 8, also: [1, 12] });
    await runCell(cell, parts, { directory });
    const { evaluations } = await readChain<StepLine, EvaluationLine>(directory, cell);
    assert.deepEqual(evaluations.map(({ step }) => step), [0, 1, 8, 12]);
  }));

Deno.test("what it learns raises held-out accuracy, and every evaluation is of the prompt of its step", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = adviceCell(tfgrpo);
    await runCell(cell, parts, { directory });
    const { steps, evaluations } = await readChain<StepLine, EvaluationLine>(directory, cell);
    // 30 problems × 5 responses are 4 steps; two such batches are an epoch.
    assert.deepEqual(steps.map(({ step }) => step), [4, 8, 12]);
    const averages = evaluations.map(({ average }) => average);
    assert.equal(averages[1], averages[0]); // After step 3 nothing has been learned yet.
    assert.ok(averages[2] > averages[0] + 0.15, `${averages}`);
    assert.deepEqual(steps[0].cost.reflections! > 30, true);
  }));

Deno.test("labelled examples take no response: evaluations are the whole record", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = adviceCell(contextAlgorithms.few_shot.create());
    const at = (index: number) => ({ ...parts.train.at(index), meta: { solution: `first check ${index}` } });
    await runCell(cell, { ...parts, train: { ...parts.train, at } }, { directory });
    const { steps, evaluations } = await readChain<StepLine, EvaluationLine>(directory, cell);
    assert.deepEqual([steps.length, evaluations.map(({ step }) => step)], [0, [0, 3, 6, 9, 12]]);
    const { context } = JSON.parse(await Deno.readTextFile(`${directory}/policy/context.json`));
    assert.equal(context.demonstrations.length, 4);
  }));

Deno.test("experiences written directly take no response, and their request is in the cost columns and on the page", () =>
  inTemporary(async (directory) => {
    const direct = contextAlgorithms.training_free_grpo.create({ preset: "direct" });
    const { cell, parts } = adviceCell(direct), first = `${directory}/first`, second = `${directory}/second`;
    await runCell(cell, parts, { directory: first });
    const lines = await readChain<StepLine, EvaluationLine>(first, cell), { steps: [line, ...others] } = lines;
    assert.equal(others.length, 0);
    assert.deepEqual([line.step, line.prompts, line.accuracy, line.length, line.groupsWithoutSignal], [
      ...[1, 0],
      ...[null, null, null],
    ]);
    assert.deepEqual([line.cost.responses, line.cost.reflections], [0, 1]);
    const { cost, stability } = metricsOf({ ...lines, timing: [] });
    assert.deepEqual([cost.responses, cost.reflections], [0, 1]);
    assert.deepEqual([stability.roughness, stability.groupsWithoutSignal], [null, null]);
    const [change, ...later] = promptChanges(lines.steps, lines.evaluations);
    assert.deepEqual([change.added.length, later.length], [3, 0]);
    // Killed after it reflected, while the first prompt is evaluated, it goes on to the same bytes.
    const watched = { drawn: 0, calls: 1 }, again = adviceCell(direct, () => {}, watched);
    await assert.rejects(runCell(again.cell, again.parts, { directory: second }), /killed/);
    watched.calls = Infinity;
    await runCell(again.cell, again.parts, { directory: second });
    assert.deepEqual(await bytesOf(second), await bytesOf(first));
  }));

Deno.test("two runs write the same bytes", () =>
  inTemporary(async (directory) => {
    const results = [];
    for (const name of ["a", "b"]) {
      const { cell, parts } = adviceCell(gepa);
      results.push(await runCell(cell, parts, { directory: `${directory}/${name}` }));
    }
    assert.deepEqual(results[0], results[1]);
    assert.deepEqual(await bytesOf(`${directory}/a`), await bytesOf(`${directory}/b`));
  }));

for (const [name, algorithm] of kinds) {
  Deno.test(`${name}: killed anywhere and resumed it ends with the same bytes, and samples no response for training twice`, () =>
    inTemporary(async (directory) => {
      const whole = { drawn: 0, calls: Infinity }, { cell, parts } = adviceCell(algorithm, () => {}, whole);
      await runCell(cell, parts, { directory: `${directory}/whole` });
      const watched = { drawn: 0, calls: 0 }, again = adviceCell(algorithm, () => {}, watched);
      const interrupted = { directory: `${directory}/parts` };
      let lives = 0;
      // An evaluation takes two calls; one that is cut off is done again, whatever was sampled before is not.
      for (let allowed = 3;; allowed = 2 + lives % 4) {
        watched.calls = allowed;
        lives++;
        const died = await runCell(again.cell, again.parts, interrupted).then(() => false, (error) => {
          assert.equal(error.message, "killed");
          return true;
        });
        if (!died) break;
        assert.ok(lives < 500);
      }
      assert.ok(lives > 2);
      assert.deepEqual(await bytesOf(interrupted.directory), await bytesOf(`${directory}/whole`));
      const { steps } = await readChain<StepLine, EvaluationLine>(`${directory}/whole`, cell);
      const training = steps.reduce((sum, { cost }) => sum + cost.responses, 0);
      // 30 problems with one greedy and four sampled responses.
      assert.equal((watched.drawn - training) % 30, 0);
      assert.ok(watched.drawn >= whole.drawn);
    }));
}

Deno.test("asked to stop it stops behind a line, and continues", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = adviceCell(gepa), controller = new AbortController();
    const onLine = (line: StepLine | EvaluationLine) => void ("average" in line || line.step < 4 || controller.abort());
    await assert.rejects(runCell(cell, parts, { directory, signal: controller.signal, onLine }), {
      name: "Interruption",
    });
    let resumed = 0;
    await runCell(cell, parts, { directory, onResume: (step) => resumed = step });
    assert.ok(resumed >= 4);
  }));

Deno.test("with a clock it says where the seconds went, those before the first evaluation too", () =>
  inTemporary(async (directory) => {
    const watched = { drawn: 0, calls: Infinity }, { cell, parts } = adviceCell(tfgrpo, () => {}, watched);
    // By this clock a response takes a second, and nothing else any time.
    await runCell(cell, parts, { directory, clock: () => 1000 * watched.drawn });
    const timing = await readJournal<TimingLine>(`${directory}/timing.jsonl`);
    const { steps } = await readChain<StepLine, EvaluationLine>(directory, cell);
    assert.deepEqual(timing.map(({ step }) => step), [0, 4, 8, 12]);
    for (const [index, { rollout, total }] of timing.slice(1).entries()) {
      assert.deepEqual([rollout, total], [steps[index].cost.responses, steps[index].cost.responses]);
    }
    const evaluated = timing.reduce((sum, { evaluate }) => sum + evaluate!, 0);
    assert.equal(evaluated, watched.drawn - steps.reduce((sum, { cost }) => sum + cost.responses, 0));
  }));
