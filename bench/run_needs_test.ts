import { strict as assert } from "node:assert";
import type { Algorithm } from "../algorithms/algorithm.ts";
import { gsm8k } from "../tasks/gsm8k.ts";
import { openCriticSource, openSource } from "./policies.ts";
import { type Checkpoint, readJournal } from "./records.ts";
import { type EvaluationLine, runCell, type StepLine } from "./run_cell.ts";
import type { Suite } from "./suite.ts";
import { critical, leashed, plain, refilled } from "./testing/algorithms.ts";
import { digitCell, digitSuite } from "./testing/digit_task.ts";
import { bytesOf, inTemporary } from "./testing/temporary.ts";

const lines = async (directory: string) => ({
  steps: await readJournal<StepLine>(`${directory}/steps.jsonl`),
  evaluations: await readJournal<EvaluationLine>(`${directory}/evaluations.jsonl`),
});

/** A suite whose groups of two are often without signal. */
const sparse = (change: (suite: Suite) => void = () => {}) =>
  digitSuite((suite) => {
    suite.training.groupSize = 2;
    change(suite);
  });

Deno.test("a refilled run stays within the budget of all others, and is evaluated at the same steps", () =>
  inTemporary(async (directory) => {
    const algorithms = [plain(), refilled(1), refilled(3), refilled(40)];
    const [plainly, ...others] = await Promise.all(algorithms.map(async (algorithm, index) => {
      const { cell, parts } = await digitCell(algorithm, sparse());
      await runCell(cell, parts, { directory: `${directory}/${index}` });
      return await lines(`${directory}/${index}`);
    }));
    assert.deepEqual(
      plainly.steps.map(({ step, prompts }) => [step, prompts]),
      Array.from({ length: 12 }, (_, i) => [i + 1, 6]),
    );
    for (const { steps, evaluations } of others) {
      assert.ok(steps.length < 12);
      let prompts = 0, before = 0;
      for (const line of steps) {
        prompts += line.prompts;
        assert.equal(line.cost.responses, 2 * line.prompts);
        assert.equal(line.step, Math.ceil(prompts / 6));
        assert.ok(line.step > before);
        before = line.step;
      }
      assert.equal(before, 12);
      assert.ok(prompts <= 12 * 6 && prompts > 11 * 6, `${prompts}`);
      assert.deepEqual(evaluations.map(({ step }) => step), [0, 5, 10, 12]);
      assert.deepEqual(evaluations.map(({ step }) => step), plainly.evaluations.map(({ step }) => step));
    }
  }));

Deno.test("killed after every update, with the cursor in the middle of a step, the bytes are the same", () =>
  inTemporary(async (directory) => {
    const suite = sparse((suite) => suite.training.checkpointInterval = 1);
    const { cell, parts } = await digitCell(refilled(40) as Algorithm, suite);
    const whole = await runCell(cell, parts, { directory: `${directory}/whole` });
    const { steps } = await lines(`${directory}/whole`);
    const cursors: number[] = [];
    // The line of the second update is written, its checkpoint is not: every process makes one step count.
    for (const _ of steps.slice(1)) {
      let seen = 0;
      const onLine = (line: StepLine | EvaluationLine) => {
        if (!("average" in line) && ++seen === 2) throw new Error("killed");
      };
      await assert.rejects(runCell(cell, parts, { directory: `${directory}/parts`, onLine }), /killed/);
      cursors.push((await readJournal<Checkpoint>(`${directory}/parts/checkpoints.jsonl`)).at(-1)!.prompts);
    }
    let used = 0;
    assert.deepEqual(cursors, steps.slice(0, -1).map(({ prompts }) => used += prompts));
    assert.ok(cursors.some((prompts) => prompts % 6 !== 0), `${cursors}`);
    assert.deepEqual(await runCell(cell, parts, { directory: `${directory}/parts` }), whole);
    assert.deepEqual(await bytesOf(`${directory}/parts`), await bytesOf(`${directory}/whole`));
  }));

Deno.test("an evaluation that falls within a step is that of the policy before its update", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await digitCell(refilled(3), sparse((suite) => suite.evaluation.interval = 1));
    await runCell(cell, parts, { directory });
    const { steps, evaluations } = await lines(directory);
    assert.deepEqual(evaluations.map(({ step }) => step), Array.from({ length: 13 }, (_, step) => step));
    const ends = new Set([0, ...steps.map(({ step }) => step)]);
    assert.ok(ends.size < 13);
    for (const [step, { hash: _hash, step: _step, ...evaluation }] of evaluations.entries()) {
      if (ends.has(step)) continue;
      const { hash: _other, step: _before, ...before } = evaluations[step - 1];
      assert.deepEqual(evaluation, before);
    }
  }));

/** A spread of temperatures and two minibatches beside each need: kinds of state must not get in each other's way. */
const kinds: Record<string, () => Algorithm> = {
  refill: () => refilled(3) as Algorithm,
  critic: () => critical(2) as Algorithm,
  "a refreshed reference": () => leashed(3) as Algorithm,
  "all of them": () => {
    const { needs, credit } = critical(2), { select, needs: { refill } } = refilled(2);
    const reference = { reference: true, refreshReferenceEvery: 4, greedy: true, planning: true, steps: true };
    return plain({ ...needs, ...reference, refill, minibatches: 2 }, { credit, select }) as Algorithm;
  },
};

for (const [kind, algorithm] of Object.entries(kinds)) {
  for (const interval of [1, 2, 5]) {
    Deno.test(`${kind}: killed, asked to stop and resumed, checkpoints every ${interval}, the bytes are the same`, () =>
      inTemporary(async (directory) => {
        const suite = sparse((suite) => {
          suite.training.checkpointInterval = interval;
          suite.training.temperature = { from: 0.8, to: 1.2 };
        });
        const { cell, parts } = await digitCell(algorithm(), suite);
        const whole = await runCell(cell, parts, { directory: `${directory}/whole` });
        for (const [index, kill] of [true, false, true, true].entries()) {
          const controller = new AbortController();
          let seen = 0;
          const onLine = (line: StepLine | EvaluationLine) => {
            if ("average" in line || ++seen < 2 + index % 2) return;
            if (kill) throw new Error("killed");
            controller.abort();
          };
          const options = { directory: `${directory}/parts`, signal: controller.signal, onLine };
          await runCell(cell, parts, options).catch((error) => assert.match(error.message, /killed|stopped after/));
        }
        assert.deepEqual(await runCell(cell, parts, { directory: `${directory}/parts` }), whole);
        assert.deepEqual(await bytesOf(`${directory}/parts`), await bytesOf(`${directory}/whole`));
      }));
  }
}

Deno.test("a reference is refreshed every so many steps, and its digest is in the chain", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await digitCell(leashed(3) as Algorithm);
    await runCell(cell, parts, { directory });
    const { steps } = await lines(directory);
    assert.deepEqual(steps.filter(({ reference }) => reference).map(({ step }) => step), [3, 6, 9]);
    assert.equal(new Set(steps.map(({ reference }) => reference)).size, 4);
    const never = await digitCell(plain({ reference: true }) as Algorithm);
    await runCell(never.cell, never.parts, { directory: `${directory}/never` });
    assert.ok((await lines(`${directory}/never`)).steps.every(({ reference }) => reference === undefined));
  }));

Deno.test("after a refresh the reference gives the log-probs of the policy it was taken from", () =>
  inTemporary(async (directory) => {
    const same: boolean[] = [], base = leashed(3);
    const algorithm: Algorithm = {
      ...base as Algorithm,
      credit: (batch, state) => {
        same.push(
          batch.every(({ oldLogProbs, referenceLogProbs }) =>
            oldLogProbs.every((value, t) => value === referenceLogProbs![t])
          ),
        );
        return base.credit(batch, state as number);
      },
    };
    const { cell, parts } = await digitCell(algorithm);
    await runCell(cell, parts, { directory });
    assert.deepEqual(same.map((equal, index) => equal ? index + 1 : 0).filter(Boolean), [1, 4, 7, 10]);
  }));

/** Runs until after step 7, then stops with a checkpoint. */
async function stopped(algorithm: Algorithm, directory: string) {
  const { cell, parts } = await digitCell(algorithm);
  const controller = new AbortController();
  const onLine = (line: StepLine | EvaluationLine) => {
    if (!("average" in line) && line.step === 7) controller.abort();
  };
  await assert.rejects(runCell(cell, parts, { directory, signal: controller.signal, onLine }), {
    name: "Interruption",
  });
  const checkpoint = (await readJournal<Checkpoint>(`${directory}/checkpoints.jsonl`)).at(-1)!;
  return { cell, parts, checkpoint };
}

async function flip(path: string) {
  const bytes = await Deno.readFile(path);
  bytes[0] ^= 1;
  await Deno.writeFile(path, bytes);
}

Deno.test("checkpoints are written to two files in turn, and refuse weights that were changed", () =>
  inTemporary(async (directory) => {
    const reference = await stopped(leashed(3) as Algorithm, `${directory}/a`);
    // Refreshed after steps 3 and 6, a checkpoint after every step: each into the file that the one before does not name.
    assert.equal(reference.checkpoint.reference!.file, "checkpoint/reference-2.safetensors");
    assert.equal(reference.checkpoint.policy, "checkpoint/policy-1.safetensors");
    const kept = [...Deno.readDirSync(`${directory}/a/checkpoint`)].map(({ name }) => name).sort();
    assert.deepEqual(kept, ["policy-1", "policy-2", "reference-1", "reference-2"].map((name) => `${name}.safetensors`));
    await flip(`${directory}/a/checkpoint/reference-2.safetensors`);
    await assert.rejects(
      runCell(reference.cell, reference.parts, { directory: `${directory}/a` }),
      /checkpoint\/reference-2.safetensors: the weights are not those of the record; delete/,
    );
    const critic = await stopped(critical(2) as Algorithm, `${directory}/b`);
    assert.equal(critic.checkpoint.critic, "checkpoint/critic-1.safetensors");
    await flip(`${directory}/b/checkpoint/critic-1.safetensors`);
    await assert.rejects(
      runCell(critic.cell, critic.parts, { directory: `${directory}/b` }),
      /the weights are not those of the record; delete/,
    );
  }));

Deno.test("the digest of a cell without a critic is that of its policy; a critic is part of it", () =>
  inTemporary(async (directory) => {
    for (const [name, algorithm] of [["policy", plain()], ["critic", critical(2)]] as const) {
      const { cell, parts } = await digitCell(algorithm as Algorithm);
      let digest = "", opened = 0;
      const openPolicy = async () => {
        const policy = await parts.openPolicy(), first = opened++ === 0; // the next is the one to measure against
        policy.dispose = async () => void (digest = first ? await policy.digest() : digest);
        return policy;
      };
      const { weights } = await runCell(cell, { ...parts, openPolicy }, { directory: `${directory}/${name}` });
      assert.equal(weights === digest, name === "policy");
    }
  }));

Deno.test("the base policy with a critic and a refreshed reference, killed and resumed, ends with the same bytes", () =>
  inTemporary(async (directory) => {
    const suite = digitSuite((suite) => {
      Object.assign(suite.training, {
        steps: 5,
        promptsPerStep: 2,
        learningRate: 1e-3,
        minibatches: 2,
        rewards: ["brevity"],
        maxTokens: 48,
      });
      Object.assign(suite.evaluation, { interval: 5, problems: 2, samples: 2 });
    });
    const base = critical(2);
    const algorithm = { ...base, needs: { ...base.needs, reference: true, refreshReferenceEvery: 2 } } as Algorithm;
    const { cell, parts } = await digitCell(algorithm, suite);
    const real = {
      ...parts,
      task: gsm8k,
      train: await gsm8k.problems({ split: "train" }),
      test: await gsm8k.problems({ split: "test" }),
      openPolicy: () => openSource("embedded:base"),
      openCritic: () => openCriticSource("embedded:base"),
    };
    const policy = await real.openPolicy();
    cell.identity.policy.digest = await policy.digest();
    await policy.dispose();
    const onLine = (line: StepLine | EvaluationLine) => {
      if (!("average" in line) && line.step === 4) throw new Error("killed");
    };
    await assert.rejects(runCell(cell, real, { directory: `${directory}/parts`, onLine }), /killed/);
    // A file for each network, before and after, and not a directory with all that a policy is after every step.
    const kept = [...Deno.readDirSync(`${directory}/parts/checkpoint`)].map(({ name }) => name).sort();
    const names = ["critic", "policy", "reference"].flatMap((name) => [`${name}-1`, `${name}-2`]);
    assert.deepEqual(kept, names.map((name) => `${name}.safetensors`));
    await runCell(cell, real, { directory: `${directory}/parts` });
    await runCell(cell, real, { directory: `${directory}/whole` });
    assert.deepEqual(await bytesOf(`${directory}/parts`), await bytesOf(`${directory}/whole`));
    const { steps } = await lines(`${directory}/whole`);
    assert.ok(steps.every(({ criticNorms }) => criticNorms!.length === 2 && criticNorms!.every((norm) => norm > 0)));
  }));

Deno.test("planning phrases of the settings change what is trained, not what evaluations report", () =>
  inTemporary(async (directory) => {
    const run = async (name: string, strategicGrams?: string[]) => {
      const suite = digitSuite((suite) => strategicGrams && Object.assign(suite.training, { strategicGrams }));
      const { cell, parts } = await digitCell(plain({ planning: true }), suite);
      await runCell(cell, parts, { directory: `${directory}/${name}` });
      return { id: cell.id, ...await lines(`${directory}/${name}`) };
    };
    const own = await run("own"), same = await run("same", ["7"]), other = await run("other", ["3", "4"]);
    const shares = ({ steps }: typeof own) => steps.map(({ metrics }) => metrics.planningShare);
    assert.deepEqual(shares(same), shares(own));
    assert.notDeepEqual(shares(other), shares(own));
    assert.notEqual(same.id, own.id, "phrases that are named are part of the cell");
    assert.equal(other.evaluations[0].length.planning, own.evaluations[0].length.planning);
  }));
