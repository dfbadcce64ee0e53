/**
 * The fixture models against what PyTorch computed for them in float64: log-probs, entropies, gradients, and two steps
 * of AdamW.
 *
 * @module
 */
import { type ExpectedModel, loadExpected, MODELS } from "../../fixtures/models/expected.ts";
import { readDirectory } from "../../policy/directory.ts";
import { distance } from "../../policy/ops/inputs.ts";
import type { Gpu } from "../../policy/webgpu/device.ts";
import { createEngine } from "../../policy/webgpu/engine.ts";
import { createOptimizer } from "../../policy/webgpu/optimizer.ts";
import { accumulate, score } from "../../policy/webgpu/training.ts";
import { atMost, type Check } from "./report.ts";

/** Checks the first few fixture models; null where they are not there: the published package has none. */
export async function checkModels(gpu: Gpu, count: number): Promise<Check[] | null> {
  const checks: Check[] = [];
  for (const name of MODELS.slice(0, count)) {
    const expected = await loadExpected(name).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    });
    if (!expected) return null;
    checks.push(...await checkModel(gpu, name, expected));
  }
  return checks;
}

async function checkModel(gpu: Gpu, name: string, { directory, samples, cases, steps }: ExpectedModel) {
  const { config, weights } = await readDirectory(directory), engine = createEngine(gpu, config, weights);
  const checks: Check[] = [];
  for (const { temperature, logProbs, entropy, derivatives, gradient } of cases) {
    const at = `${name} at temperature ${temperature}`;
    const scores = await score(engine, samples, { temperature });
    const worst = (errors: number[]) => Math.max(...errors);
    checks.push(
      atMost(`log-probs of ${at}`, worst(scores.map((found, i) => distance(found.logProbs, logProbs[i]))), 1e-5),
      atMost(`entropies of ${at}`, worst(scores.map((found, i) => distance(found.entropy, entropy[i]))), 1e-5),
    );
    if (!gradient) continue;
    engine.parameters.clear("gradient");
    await accumulate(engine, samples, derivatives!, { temperature });
    checks.push(atMost(`gradient of ${at}`, distance(await engine.parameters.read("gradient"), gradient), 1e-5));
  }
  engine.parameters.clear("gradient");
  const optimizer = createOptimizer(engine);
  for (const [n, { derivatives, temperature, options, norm, weights }] of steps.entries()) {
    await accumulate(engine, samples, derivatives, { temperature });
    checks.push(
      atMost(`gradient norm of ${name}, step ${n + 1}`, Math.abs(await optimizer.step(options) / norm - 1), 1e-5),
    );
    // Where a gradient is tiny, AdamW's step depends on its sign alone: a weight may then be a whole step off.
    const found = await engine.parameters.read("weights");
    const far = found.filter((weight, i) => !(Math.abs(weight - weights[i]) <= 0.01 * options.learningRate)).length;
    checks.push(atMost(`share of weights of ${name} that are off after step ${n + 1}`, far / weights.length, 0.001));
  }
  optimizer.dispose();
  engine.dispose();
  return checks;
}
