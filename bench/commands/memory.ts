/**
 * `podium memory`: the memory that a suite takes on a GPU, without one.
 *
 * @module
 */
import { type ModelConfig, parseConfig } from "../../policy/model/config.ts";
import { reasonOf } from "../../policy/reason.ts";
import { loadBenchmark } from "../benchmark.ts";
import { writeSection } from "../markdown.ts";
import { planSuiteMemory, type SuiteMemory } from "../memory/plan.ts";
import { memoryTable } from "../memory/table.ts";
import { expectAll } from "../one_gpu/expect.ts";
import { expectationsMarkdown } from "../one_gpu/markdown.ts";
import { exitCodes, Refusal } from "../outcomes.ts";
import { memoryOf } from "../memory/suite_memory.ts";
import { findTask } from "../splits.ts";
import { configOf } from "../policies.ts";
import { parseSuite, type Suite } from "../suite.ts";
import { overriddenBenchmark, type SuiteOverrides } from "./overrides.ts";

/** Options of `podium memory`. */
export interface MemoryCommandOptions extends Omit<SuiteOverrides, "policy"> {
  /** Embedded suite, or path of a suite file. */
  suite: string;
  /** Tokens of the longest prompt. Default: that of the suite's problems; without a tokenizer an assumed one. */
  promptTokens?: number;
  /** Print JSON instead of a table. */
  json?: boolean;
  /** Markdown file whose section on cards is written anew; nothing else is done then. */
  readme?: string;
}

/** Tokens of the longest prompt where there is no tokenizer: MATH's has 1,701 with the template of Qwen2.5. */
const assumed = ({ maxPositions }: ModelConfig) => Math.min(2048, Math.ceil(maxPositions / 2));

/** Whether only a configuration is given. */
const isBare = (policy: string) => policy.endsWith(".json");

/** The configuration of a policy, or of a bare `config.json`. */
async function readConfig(policy: string): Promise<ModelConfig> {
  if (!isBare(policy)) return await configOf(policy);
  let json: unknown;
  try {
    json = JSON.parse(await Deno.readTextFile(policy));
  } catch (error) {
    throw new Refusal(`${policy}: can't be read (${reasonOf(error)}); give a config.json, or the policy's directory.`);
  }
  return parseConfig(json, policy);
}

/** Runs the command; returns the exit code. `policy`: whose memory is planned; absent: that of the suite. */
export async function memory(policy: string | undefined, options: MemoryCommandOptions): Promise<number> {
  if (options.readme !== undefined) {
    await writeSection(options.readme, "cards", await expectationsMarkdown(await expectAll()));
    return exitCodes.ok;
  }
  const benchmark = overriddenBenchmark(await loadBenchmark(options.suite), options);
  const planned: { task: string; policy: string; memory: SuiteMemory }[] = [];
  for (const { policy: own, ...suite } of benchmark.tasks) {
    const source = policy ?? own, named: Suite = parseSuite({ ...suite, policy: source }, options.suite);
    const config = await readConfig(source);
    const memory = options.promptTokens === undefined && !isBare(source)
      ? await memoryOf(named, config)
      : await planSuiteMemory(named, findTask(suite.task), config, options.promptTokens ?? assumed(config));
    planned.push({ task: suite.task, policy: source, memory });
  }
  if (options.json) {
    console.log(JSON.stringify({ suite: benchmark.name, tasks: planned }, null, 2));
    return exitCodes.ok;
  }
  for (const { task, policy, memory } of planned) {
    console.log(`suite ${benchmark.name}, ${task}, policy ${policy}\n\n${memoryTable(memory)}\n`);
  }
  return exitCodes.ok;
}
