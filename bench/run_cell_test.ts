import { strict as assert } from "node:assert";
import { type Algorithm, findAlgorithm } from "../algorithms/mod.ts";
import { openSource } from "./policies.ts";
import { type Checkpoint, readJournal } from "./records.ts";
import { metricsOf } from "./leaderboard/metrics.ts";
import { type EvaluationLine, runCell, type RunCellOptions, type StepLine, type TimingLine } from "./run_cell.ts";
import { digitCell, digitSuite } from "./testing/digit_task.ts";
import { bytesOf, inTemporary } from "./testing/temporary.ts";

const grpo = findAlgorithm("grpo").create({ beta: 0 });

Deno.test("GRPO teaches the table policy its digit, and the record says so", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await digitCell(grpo, digitSuite((suite) => suite.training.steps = 40));
    const result = await runCell(cell, parts, { directory });
    const evaluations = await readJournal<EvaluationLine>(`${directory}/evaluations.jsonl`);
    const steps = await readJournal<StepLine>(`${directory}/steps.jsonl`);
    assert.deepEqual(evaluations.map(({ step }) => step), [0, 5, 10, 15, 20, 25, 30, 35, 40]);
    assert.ok(evaluations[0].average < 0.4, `${evaluations[0].average}`);
    assert.ok(evaluations.at(-1)!.average > 0.8, `${evaluations.at(-1)!.average}`);
    assert.equal(steps.length, 40);
    assert.equal(result.hash, evaluations.at(-1)!.hash);
    assert.equal(result.weights, steps.at(-1)!.weights);
  }));

Deno.test("two runs write the same bytes, and a finished cell is not run again", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await digitCell(grpo);
    const results = [];
    for (const name of ["a", "b"]) results.push(await runCell(cell, parts, { directory: `${directory}/${name}` }));
    assert.deepEqual(results[0], results[1]);
    assert.deepEqual(await bytesOf(`${directory}/a`), await bytesOf(`${directory}/b`));
    const onLine = () => assert.fail("the cell ran again");
    assert.deepEqual(await runCell(cell, parts, { directory: `${directory}/a`, onLine }), results[0]);
  }));

Deno.test("another seed or another option gives another cell and another chain", () =>
  inTemporary(async (directory) => {
    const cells = [
      await digitCell(grpo),
      await digitCell(grpo, digitSuite(), 2),
      await digitCell(
        findAlgorithm("grpo").create({ beta: 0, epsilonLow: 0.1 }),
      ),
    ];
    const hashes = [];
    for (const { cell, parts } of cells) {
      hashes.push((await runCell(cell, parts, { directory: `${directory}/${cell.id}` })).hash);
    }
    assert.equal(new Set(cells.map(({ cell }) => cell.id)).size, 3);
    assert.equal(new Set(hashes).size, 3);
  }));

/** Runs until a step, then stops in the given way. */
async function stoppedAt(step: number, options: RunCellOptions, how: "asked" | "thrown", interval = 1) {
  const { cell, parts } = await digitCell(grpo, digitSuite((suite) => suite.training.checkpointInterval = interval));
  const controller = new AbortController();
  const onLine: RunCellOptions["onLine"] = (line) => {
    if ("average" in line || line.step !== step) return;
    if (how === "thrown") throw new Error("killed");
    controller.abort();
  };
  await assert.rejects(
    runCell(cell, parts, { ...options, signal: controller.signal, onLine }),
    how === "asked" ? { name: "Interruption" } : /killed/,
  );
  return { cell, parts };
}

for (const how of ["asked", "thrown"] as const) {
  for (const interval of [1, 5]) {
    Deno.test(`a run that was stopped (${how}, checkpoint every ${interval}) and resumed ends with the same bytes`, () =>
      inTemporary(async (directory) => {
        const whole = await digitCell(grpo, digitSuite((suite) => suite.training.checkpointInterval = interval));
        await runCell(whole.cell, whole.parts, { directory: `${directory}/whole` });
        const options = { directory: `${directory}/parts` };
        for (const step of [1, 7, 12]) await stoppedAt(step, options, how, interval).catch(() => {});
        let resumed: number | undefined;
        await runCell(whole.cell, whole.parts, { ...options, onResume: (step) => resumed = step });
        assert.ok(resumed !== undefined || how === "asked");
        assert.deepEqual(await bytesOf(options.directory), await bytesOf(`${directory}/whole`));
      }));
  }
}

Deno.test("further steps are evaluated where the suite lists them, and the others score as they did", () =>
  inTemporary(async (directory) => {
    const plain = await digitCell(grpo, digitSuite((suite) => suite.evaluation.interval = 6));
    const listed = await digitCell(
      grpo,
      digitSuite((suite) => Object.assign(suite.evaluation, { interval: 6, also: [3, 12] })),
    );
    await runCell(plain.cell, plain.parts, { directory: `${directory}/plain` });
    await runCell(listed.cell, listed.parts, { directory: `${directory}/listed` });
    const scores = async (name: string) =>
      (await readJournal<EvaluationLine>(`${directory}/${name}/evaluations.jsonl`)).map((
        { step, average },
      ) => [step, average]);
    const own = await scores("listed");
    assert.deepEqual(own.map(([step]) => step), [0, 3, 6, 12]);
    assert.deepEqual(own.filter(([step]) => step !== 3), await scores("plain"));
  }));

Deno.test("the embedded base policy, stopped and resumed, ends with the same bytes", () =>
  inTemporary(async (directory) => {
    const suite = digitSuite((suite) => {
      Object.assign(suite.training, { steps: 5, promptsPerStep: 2, learningRate: 1e-3 });
      Object.assign(suite.evaluation, { interval: 5, problems: 2, samples: 2 });
    });
    const { cell, parts } = await digitCell(grpo, suite);
    const openPolicy = () => openSource("embedded:base");
    const policy = await openPolicy();
    cell.identity.policy.digest = await policy.digest();
    await policy.dispose();
    const real = { ...parts, openPolicy };
    const onLine = (line: object) => {
      if ("loss" in line && (line as StepLine).step === 2) throw new Error("killed");
    };
    await assert.rejects(runCell(cell, real, { directory: `${directory}/parts`, onLine }), /killed/);
    await runCell(cell, real, { directory: `${directory}/parts` });
    await runCell(cell, real, { directory: `${directory}/whole` });
    assert.deepEqual(await bytesOf(`${directory}/parts`), await bytesOf(`${directory}/whole`));
  }));

Deno.test("a line that a kill cut short, and lines behind the checkpoint, are done again", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await stoppedAt(7, { directory: `${directory}/parts` }, "thrown");
    await Deno.writeTextFile(`${directory}/parts/steps.jsonl`, '{"step":8,"loss":0.1', { append: true });
    await Deno.writeTextFile(`${directory}/parts/checkpoints.jsonl`, '{"step":7,"prompts":4', { append: true });
    const { policy } = (await readJournal<Checkpoint>(`${directory}/parts/checkpoints.jsonl`)).at(-1)!;
    const next = policy.replace(/[12](?=\.)/, (number: string) => `${3 - Number(number)}`);
    assert.ok((await Deno.stat(`${directory}/parts/${next}`)).isFile);
    await Deno.writeTextFile(`${directory}/parts/${next}`, "half of a state");
    await runCell(cell, parts, { directory: `${directory}/parts` });
    await runCell(cell, parts, { directory: `${directory}/whole` });
    assert.deepEqual(await bytesOf(`${directory}/parts`), await bytesOf(`${directory}/whole`));
  }));

Deno.test("a checkpoint as earlier versions wrote it does not count: the cell runs from its start, to the same bytes", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await stoppedAt(7, { directory: `${directory}/old` }, "asked");
    await Deno.remove(`${directory}/old/checkpoints.jsonl`);
    await Deno.writeTextFile(`${directory}/old/checkpoint.json`, '{"step":7,"policy":"checkpoint/step-000007"}');
    await Deno.mkdir(`${directory}/old/checkpoint/step-000007`);
    await runCell(cell, parts, { directory: `${directory}/old`, onResume: () => assert.fail("it went on") });
    await Deno.remove(`${directory}/old/checkpoint.json`);
    await runCell(cell, parts, { directory: `${directory}/whole` });
    assert.deepEqual(await bytesOf(`${directory}/old`), await bytesOf(`${directory}/whole`));
  }));

Deno.test("weights that are not those of the checkpoint, and a shortened journal, are refused", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await stoppedAt(7, { directory }, "asked");
    const { policy } = (await readJournal<Checkpoint>(`${directory}/checkpoints.jsonl`)).at(-1)!;
    const table = `${directory}/${policy}`;
    const bytes = await Deno.readFile(table);
    bytes[0] ^= 1;
    await Deno.writeFile(table, bytes);
    await assert.rejects(runCell(cell, parts, { directory }), /the weights are not those of the record; delete/);
    const steps = await Deno.readTextFile(`${directory}/steps.jsonl`);
    await Deno.writeTextFile(`${directory}/steps.jsonl`, steps.replace('"step":3', '"step":4'));
    await assert.rejects(
      runCell(cell, parts, { directory }),
      /steps\.jsonl, line 3: it, or a line before it, is not as/,
    );
    await Deno.truncate(`${directory}/steps.jsonl`, 10);
    await assert.rejects(runCell(cell, parts, { directory }), /steps\.jsonl: shorter than at its checkpoint/);
  }));

Deno.test("a gate that fails is noted, and running again meets it at the same step", () =>
  inTemporary(async (directory) => {
    // Counts steps in its state, not calls: an algorithm is pure, and a step may ask it more than once.
    const algorithm: Algorithm<number> = {
      ...grpo,
      credit: (batch, step = 0) => ({ ...grpo.credit(batch), state: step + 1 }),
      loss: (batch, step = 0) => ({ ...grpo.loss(batch), loss: step > 4 ? NaN : 0 }),
    };
    const { cell, parts } = await digitCell(algorithm);
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(runCell(cell, parts, { directory }), { name: "GateFailure", step: 5 });
      const { id, step, gate } = JSON.parse(await Deno.readTextFile(`${directory}/failure.json`));
      assert.deepEqual({ id, step, gate }, { id: cell.id, step: 5, gate: "finite" });
    }
    assert.equal((await readJournal(`${directory}/steps.jsonl`)).length, 4);
  }));

Deno.test("what an algorithm needs is served or refused before anything runs", () =>
  inTemporary(async (directory) => {
    const refused = await digitCell({ ...grpo, needs: { groupSize: 16 } });
    await assert.rejects(
      runCell(refused.cell, refused.parts, { directory }),
      /grpo needs at least 16 responses per prompt, not 4; raise groupSize/,
    );
    await assert.rejects(Deno.stat(`${directory}/steps.jsonl`));
    const { cell, parts } = await digitCell(findAlgorithm("grpo").create({ beta: 0.1 }));
    await runCell(cell, parts, { directory });
  }));

Deno.test("a cell is run by one process at a time", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await digitCell(grpo);
    let inner: Promise<unknown> | undefined;
    await runCell(cell, parts, {
      directory,
      onLine: () => inner ??= runCell(cell, parts, { directory }).catch((error) => error),
    });
    // The second waits for the lock, then finds the cell finished.
    assert.equal((await inner as { id: string }).id, cell.id);
  }));

Deno.test("with a clock all that passes is told: the lines add up to the time from taking the cell up to its end", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await digitCell(grpo, digitSuite((suite) => suite.training.checkpointInterval = 3));
    let now = 500;
    await runCell(cell, parts, { directory, clock: () => now += 1, since: 100 });
    const lines = await readJournal<TimingLine>(`${directory}/timing.jsonl`);
    const told = lines.reduce(
      (sum, { total = 0, evaluate = 0, other = 0, finish = 0 }) => sum + total + evaluate + other + finish,
      0,
    );
    assert.ok(Math.abs(told - (now - 100) / 1000) < 1e-9, `${told} of ${(now - 100) / 1000}`);
    assert.ok(lines[0].other! >= 0.4, "what passed before the cell was run");
    assert.ok(lines.at(-1)!.finish! > 0);
    assert.ok(lines.every(({ evaluate = 0, evaluatePolicy = 0 }) => evaluatePolicy <= evaluate));
    assert.ok(lines[0].evaluatePolicy! > 0);
    const { cost } = metricsOf({ steps: [], evaluations: [], timing: lines });
    const policy = lines.reduce(
      (sum, { rollout = 0, score = 0, update = 0, evaluatePolicy = 0 }) =>
        sum + rollout + score + update + evaluatePolicy,
      0,
    );
    assert.ok(Math.abs(cost.cellOverhead! - (1 - policy / told)) < 1e-9);
  }));

Deno.test("the seconds of a checkpoint are told once", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await digitCell(grpo, digitSuite((suite) => suite.training.checkpointInterval = 3));
    await runCell(cell, parts, { directory, clock: ((now) => () => now++)(0) });
    const lines = await readJournal<TimingLine>(`${directory}/timing.jsonl`);
    const recorded = lines.filter(({ record }) => record !== undefined).map(({ step, record }) => [step, record!]);
    const longer = recorded.filter(([, record]) => record > recorded[0][1]).map(([step]) => step);
    assert.ok(longer.length > 0 && longer.every((step) => step % 3 === 1), `${longer}`);
  }));

Deno.test("a record that is older than the split of evaluations has no share of the whole cell", () => {
  const timing: TimingLine[] = [{ step: 0, evaluate: 1 }, { step: 1, rollout: 1, update: 1, grade: 0.5, total: 3 }];
  const { cost } = metricsOf({ steps: [], evaluations: [], timing });
  assert.equal(cost.cellOverhead, null);
  assert.ok(Math.abs(cost.overhead! - 1 / 3) < 1e-12);
});
