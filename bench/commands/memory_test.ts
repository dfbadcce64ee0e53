import { strict as assert } from "node:assert";
import { configToJson } from "../../policy/model/config.ts";
import { podium } from "../testing/command_line.ts";
import { inTemporary } from "../testing/temporary.ts";
import { TINY_QWEN, writeTinyQwen } from "../testing/tiny_qwen.ts";

/** Two algorithms of suite quick, whose problems come with Podium. */
const QUICK = ["--suite=quick", "--algorithms=grpo,ppo"];

Deno.test("memory plans a suite for a directory, and for a bare configuration, on a machine without a GPU", () =>
  inTemporary(async (directory) => {
    await writeTinyQwen(`${directory}/policy`);
    await Deno.writeTextFile(`${directory}/config.json`, JSON.stringify(configToJson(TINY_QWEN)));
    const whole = await podium("memory", `${directory}/policy`, ...QUICK);
    assert.equal(whole.code, 0, whole.err);
    assert.match(whole.out, /^suite quick, gsm8k, policy \S+\/policy\n\nppo\n +policy +critic +frozen 1 +shared\n/);
    assert.match(whole.out, /\ngrpo\n/);
    assert.match(
      whole.out,
      /prompts of up to \d+ tokens; no limit is known: WebGPU does not tell how much memory there is/,
    );
    const bare = (...more: string[]) => podium("memory", `${directory}/config.json`, ...QUICK, "--json", ...more);
    const plans = await Promise.all([bare(), bare("--prompt-tokens=100"), bare("--prompt-tokens=100", "--recompute")]);
    const totals = plans.map(({ out }) => {
      const { suite, tasks: [{ memory: { promptTokens, algorithms } }] } = JSON.parse(out);
      assert.equal(suite, "quick");
      return [promptTokens, ...algorithms.map(({ plan }: { plan: { total: number } }) => plan.total)];
    });
    assert.deepEqual(totals.map(([tokens]) => tokens), [1024, 100, 100]);
    assert.ok(totals[2][1] < totals[1][1] && totals[1][1] < totals[1][2]);
  }));

Deno.test("memory says in one sentence what can't be planned, or can't fit, and what helps", () =>
  inTemporary(async (directory) => {
    const path = `${directory}/config.json`;
    const missing = await podium("memory", path, ...QUICK);
    assert.deepEqual([missing.code, missing.out], [1, ""]);
    assert.match(
      missing.err,
      /^error: \S+config\.json: can't be read \(.+\); give a config\.json, or the policy's directory\.\n$/,
    );
    await Deno.writeTextFile(path, JSON.stringify({ ...configToJson(TINY_QWEN), model_type: "mamba" }));
    const other = await podium("memory", path, ...QUICK);
    assert.match(other.err, /^error: \S+config\.json: model_type "mamba" is not supported/);
    await Deno.writeTextFile(path, JSON.stringify(configToJson(TINY_QWEN)));
    const few = await podium("memory", path, ...QUICK, "--prompt-tokens=100", "--memory=0.0001");
    assert.deepEqual([few.code, few.out], [1, ""]);
    assert.match(
      few.err,
      /^error: grpo on gsm8k needs at least \d\.\d\d MB of the GPU's memory, and 0\.10 MB may be taken; /,
    );
    const wrong = await podium("memory", path, "--memory=much");
    assert.match(wrong.err, /Use gigabytes, such as 24 or 7\.5/);
  }));
