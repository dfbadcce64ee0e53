/**
 * A benchmark is what a suite file says: one suite per task, and how learning rates are chosen before. A file about one
 * task is the plain form; with `tasks` it holds several, and whatever a task does not set is taken from the file.
 *
 *     {
 *       "name": "standard",
 *       "tasks": [{ "task": "gsm8k", "policy": "embedded:base", "training": { "steps": 48 } }, …],
 *       "sweep": { "learningRates": [2e-4, 4e-4, 8e-4], "seeds": [101, 102], "offset": 1024 },
 *       "algorithms": […], "seeds": […], "training": {…}, "evaluation": {…}
 *     }
 *
 * @module
 */
import { unknown } from "./nearest.ts";
import { Refusal } from "./outcomes.ts";
import { validated } from "./schema.ts";
import { parseSuite, readSuiteFile, type Suite } from "./suite.ts";
import schema from "./suites/benchmark.schema.json" with { type: "json" };
import type { Sweep } from "./sweep.ts";

/** Suites that are run and ranked together. */
export interface Benchmark {
  /** Names the directory of the run. */
  name: string;
  /** One line for people. */
  summary?: string;
  /** One suite per task, with the same seeds. */
  tasks: Suite[];
  /** How learning rates are chosen before; absent: they are those of the suites. */
  sweep?: Sweep;
}

type Raw = { [name: string]: unknown };

/** What a file holds: beside this everything that a suite may. */
interface BenchmarkFile extends Raw {
  name: string;
  summary?: string;
  tasks?: Raw[];
  sweep?: Sweep;
}

/** What a task sets, over what the file sets for all. */
function merged(shared: Raw, own: Raw): Raw {
  const both = (name: string) =>
    shared[name] || own[name] ? { [name]: { ...shared[name] as Raw, ...own[name] as Raw } } : {};
  return { ...shared, ...own, ...both("training"), ...both("evaluation"), ...both("gates") };
}

/** Refuses a sweep that would choose on what is reported. */
function requireApart(sweep: Sweep, tasks: readonly Suite[], source: string): void {
  const { learningRates, byTask = {}, seeds, offset } = sweep;
  for (const rates of [learningRates, ...Object.values(byTask)]) {
    if (rates.some((rate, index) => index > 0 && rate <= rates[index - 1])) {
      throw new Refusal(`${source}: the sweep's learning rates must rise; sort ${rates.join(", ")}.`);
    }
  }
  const names = tasks.map(({ task }) => task), other = Object.keys(byTask).find((name) => !names.includes(name));
  if (other !== undefined) throw new Refusal(`${source}, /sweep/byTask: ${unknown("task", other, names)}`);
  for (const { seeds: reported, evaluation: { problems } } of tasks) {
    const shared = seeds.find((seed) => reported.includes(seed));
    if (shared !== undefined) {
      throw new Refusal(`${source}: seed ${shared} is in the sweep and in the comparison; choose on other seeds.`);
    }
    if (offset < problems) {
      throw new Refusal(
        `${source}: a sweep offset of ${offset} would choose on problems that are reported; use at least ${problems}.`,
      );
    }
  }
}

/** Checks a benchmark, fills in its defaults and refuses what contradicts itself. `source` is named in errors. */
export function parseBenchmark(value: unknown, source: string): Benchmark {
  const several = typeof value === "object" && value !== null && ("tasks" in value || "sweep" in value);
  if (!several) {
    const suite = parseSuite(value, source);
    return { name: suite.name, ...suite.summary !== undefined && { summary: suite.summary }, tasks: [suite] };
  }
  const { name, summary, tasks = [{}], sweep, $schema: _schema, ...shared } = validated<BenchmarkFile>(
    schema,
    structuredClone(value),
    source,
  );
  const suites = tasks.map((task, index) =>
    parseSuite(
      { name, ...summary !== undefined && { summary }, ...merged(shared, task) },
      `${source}, ${task.task ?? `task ${index + 1}`}`,
    )
  );
  const twice = suites.find(({ task }, index) => suites.findIndex((other) => other.task === task) !== index);
  if (twice) throw new Refusal(`${source}: task ${twice.task} is there twice; leave one out.`);
  const seeds = suites[0].seeds.join(","), other = suites.find((suite) => suite.seeds.join(",") !== seeds);
  if (other) throw new Refusal(`${source}: task ${other.task} has other seeds; a ranking over tasks needs the same.`);
  if (sweep) requireApart(sweep, suites, source);
  return { name, ...summary !== undefined && { summary }, tasks: suites, ...sweep && { sweep } };
}

/** Reads an embedded benchmark by name, or a file by path (a name that ends in `.json` or holds a slash). */
export async function loadBenchmark(name: string): Promise<Benchmark> {
  const { value, source } = await readSuiteFile(name);
  return parseBenchmark(value, source);
}
