/**
 * Options of the command line that change a suite.
 *
 * @module
 */
import { tasks } from "../../tasks/mod.ts";
import { type Benchmark, parseBenchmark } from "../benchmark.ts";
import type { LoraOptions } from "../../policy/mod.ts";
import type { BackendChoice } from "../backend.ts";
import type { ReflectorSource } from "../context/reflector.ts";
import { Refusal } from "../outcomes.ts";
import { basePolicyOf, isEmbedded } from "../policies.ts";
import { knownEntry, parseSuite, type Suite, type SuiteAlgorithm } from "../suite.ts";

/** What the command line may change in a suite. */
export interface SuiteOverrides {
  /** Registry name of the task. */
  task?: string;
  /** Training problems, in the task's own terms. */
  data?: string;
  /** Held-out problems, in the task's own terms. */
  evalData?: string;
  /** Drop training problems that share text with the held-out ones. */
  decontaminate?: boolean;
  /** Names or labels of the suite's algorithms, of those of suite `all`, or names of others. */
  algorithms?: string[];
  /** Training steps. */
  steps?: number;
  /** Seeds. */
  seeds?: number[];
  /** A directory, or `embedded:NAME`. */
  policy?: string;
  /** Environment variable with the key of a policy behind an endpoint. */
  policyKey?: string;
  /** What computes the policy. */
  backend?: BackendChoice;
  /** Address of the endpoint whose model reflects. */
  reflector?: string;
  /** Name of that model. */
  reflectorModel?: string;
  /** Environment variable with its key. */
  reflectorKey?: string;
  /** What a million of its tokens cost. */
  reflectorPrices?: ReflectorSource["prices"];
  /** Train adapters in place of the weights. */
  lora?: LoraOptions;
  /** Train with less memory on the GPU. */
  recompute?: boolean;
  /** Gigabytes of a GPU's memory that may be taken. */
  memory?: number;
  /** Any property: `training.learningRate=1e-3`. */
  set?: string[];
}

/** Sets the property at a dotted path; values are JSON, or else plain text. */
function assign(suite: Suite, assignment: string): void {
  const at = assignment.indexOf("=");
  if (at < 1) throw new Refusal(`--set ${assignment}: not of the form training.learningRate=1e-3.`);
  const path = assignment.slice(0, at).split("."), text = assignment.slice(at + 1);
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // Plain text needs no quotes.
  }
  let place = suite as unknown as { [name: string]: unknown };
  for (const name of path.slice(0, -1)) {
    const next = place[name];
    if (typeof next !== "object" || next === null) {
      throw new Refusal(`--set ${assignment}: the suite has no "${name}" to set something in.`);
    }
    place = next as typeof place;
  }
  place[path[path.length - 1]] = value;
}

/** The suite with the command line's changes, checked again. */
export function overridden(suite: Suite, overrides: SuiteOverrides): Suite {
  const changed = structuredClone(suite);
  const { task, data, evalData, decontaminate, algorithms, steps, seeds, policy, backend, lora, recompute, set = [] } =
    overrides;
  if (task !== undefined && task !== changed.task) {
    changed.task = task;
    changed.data = {};
    const base = basePolicyOf(task);
    // The suite's policy may be a model of the user's own; one that comes with Podium has learned another task.
    if (base === undefined && policy === undefined && Object.hasOwn(tasks, task) && isEmbedded(changed.policy)) {
      throw new Refusal(`task ${task}: no policy that comes with Podium has learned it; give one with --policy.`);
    }
    changed.policy = base ?? changed.policy;
  }
  if (data !== undefined) changed.data.train = data;
  if (evalData !== undefined) changed.data.test = evalData;
  if (decontaminate !== undefined) changed.data.decontaminate = decontaminate;
  if (algorithms !== undefined) {
    changed.algorithms = algorithms.map((name): SuiteAlgorithm =>
      suite.algorithms.find((entry) => entry.label === name) ??
        suite.algorithms.find((entry) => entry.name === name) ?? knownEntry(name) ?? { name, options: {}, training: {} }
    );
  }
  if (steps !== undefined) changed.training.steps = steps;
  if (seeds !== undefined) changed.seeds = seeds;
  const { reflector: url, reflectorModel: model, reflectorKey: keyFrom, reflectorPrices: prices } = overrides;
  const own = { ...url && { url }, ...model && { model }, ...keyFrom && { keyFrom }, ...prices && { prices } };
  if (Object.keys(own).length > 0) {
    const given = { ...changed.reflector, ...own };
    if (!given.url || !given.model) {
      throw new Refusal(
        `--reflector and --reflector-model belong together; give ${given.url ? "the model" : "the address"} too.`,
      );
    }
    changed.reflector = { ...given, url: given.url, model: given.model };
  }
  if (policy !== undefined) changed.policy = policy;
  if (overrides.policyKey !== undefined) changed.policyKey = overrides.policyKey;
  if (backend !== undefined) changed.backend = backend;
  if (lora !== undefined) changed.lora = lora;
  if (recompute !== undefined) changed.recompute = recompute;
  if (overrides.memory !== undefined) changed.memory = overrides.memory;
  for (const assignment of set) assign(changed, assignment);
  return parseSuite(changed, "the command line");
}

/**
 * The benchmark with the command line's changes, checked again. `task` chooses one of several; what can be meant for one
 * task alone is refused with several.
 */
export function overriddenBenchmark(benchmark: Benchmark, overrides: SuiteOverrides): Benchmark {
  const { task, data, evalData, policy } = overrides;
  const named = benchmark.tasks.filter((suite) => suite.task === task);
  const tasks = named.length > 0 ? named : task === undefined ? benchmark.tasks : benchmark.tasks.slice(0, 1);
  // A checkpoint that learned no task is trained on all of them.
  const onePolicy = tasks.every((suite) => suite.policy === tasks[0].policy);
  const single = Object.entries({ "--data": data, "--eval-data": evalData, ...!onePolicy && { "--policy": policy } })
    .find(([, value]) => value !== undefined);
  if (tasks.length > 1 && single) {
    throw new Refusal(
      `${single[0]} is about one task, and suite ${benchmark.name} has ${tasks.length}; choose one with --task.`,
    );
  }
  const chosen = tasks.map(({ task }) => task), { sweep } = benchmark;
  // What the sweep says of tasks that are not chosen is nobody's concern.
  const byTask = sweep?.byTask && Object.entries(sweep.byTask).filter(([name]) => chosen.includes(name));
  return parseBenchmark(
    {
      ...benchmark,
      ...byTask && { sweep: { ...sweep, byTask: Object.fromEntries(byTask) } },
      tasks: tasks.map((suite) => overridden(suite, overrides)),
    },
    "the command line",
  );
}
