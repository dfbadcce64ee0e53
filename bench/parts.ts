/**
 * From the names in a suite to cells, and from a cell to the parts that run it.
 *
 * @module
 */
import { loraOf } from "../policy/adapters.ts";
import { promptText, promptTokens } from "../policy/chat_template.ts";
import type { ModelConfig } from "../policy/model/config.ts";
import type { Policy, Tokenizer } from "../policy/policy.ts";
import { contextAlgorithms } from "../algorithms/mod.ts";
import { tasks } from "../tasks/mod.ts";
import type { Problems, Task } from "../tasks/task.ts";
import { recordedBackend } from "./backend.ts";
import { canonical, sha256 } from "./canonical.ts";
import { type Cell, cellFormat, cellOf, type CellSources } from "./cell.ts";
import { channelsOf } from "./channels.ts";
import { isEndpoint } from "./context/endpoint_policy.ts";
import { changesPrompt, configure } from "./context/family.ts";
import { contextIdentity, requireLearnable } from "./context/setting.ts";
import { decontaminated, type RecordedLeakage, suiteLeakage } from "./leakage.ts";
import { unknown } from "./nearest.ts";
import { requireServed } from "./needs.ts";
import { isOnnx } from "./onnx_source.ts";
import { Refusal } from "./outcomes.ts";
import { cellMemoryOf, planSuiteMemory, runsOf, type SuiteMemory } from "./memory/plan.ts";
import {
  backendFor,
  configOf,
  isDescribed,
  openCriticSource,
  openSource,
  pinnedPolicy,
  tokenizerOf,
} from "./policies.ts";
import { rehearse } from "./rehearsal.ts";
import type { CellParts } from "./run_cell.ts";
import type { Suite } from "./suite.ts";

/** A cell and its place in the leaderboard. */
export interface PlannedCell {
  /** Row of the leaderboard. */
  label: string;
  /** What runs. */
  cell: Cell;
}

/** What all cells of a suite share, for the leaderboard. */
export interface Plan {
  /** Algorithms in the order of the suite, seeds within each. */
  cells: PlannedCell[];
  /** Data of the suite. */
  data: Record<"train" | "test", { source: string; digest: string; problems: number | null }> & {
    /** Hash of the first prompts as text and as tokens. */
    prompts: string;
    /** How a question becomes a prompt, the policy's chat template included, and the hash of that. */
    template: { text: string; digest: string };
    /** What training and evaluation problems share. */
    leakage: RecordedLeakage;
  };
  /** The policy before training. */
  policy: { source: string; digest: string; parameters: number; backend: string };
  /** The memory of a GPU; absent on the CPU. */
  memory?: SuiteMemory;
}

/** The task called `name`. */
export function findTask(name: string): Task {
  if (Object.hasOwn(tasks, name)) return tasks[name];
  throw new Refusal(unknown("task", name, Object.keys(tasks)));
}

/** Problems of a split, refused if there are none. */
async function problemsOf(task: Task, split: "train" | "test", source?: string): Promise<Problems> {
  const problems = await task.problems({ split, ...source !== undefined && { source } });
  if (problems.length === 0) throw new Refusal(`${source ?? task.name}: holds no problems; give a file with some.`);
  return problems;
}

/** Hash of how problems become tokens: the templates and the tokenizer, on the first problems. */
function promptDigest(task: Task, problems: Problems, { tokenizer }: Policy): string {
  const count = Math.min(64, problems.length);
  const prompts = Array.from(
    { length: count },
    (_, index) => promptText(tokenizer, task.prompt(problems.at(index)), task.environment?.tools),
  );
  return sha256(canonical(prompts.map((prompt) => [prompt, tokenizer.encode(prompt)])));
}

/** The prompt of a problem whose question is `{question}`: what stands around every question. */
function promptTemplate(task: Task, problems: Problems, { tokenizer }: Policy): { text: string; digest: string } {
  const text = promptText(
    tokenizer,
    task.prompt({ ...problems.at(0), question: "{question}" }),
    task.environment?.tools,
  );
  return { text, digest: sha256(text) };
}

/** A source as a cell keeps it: a data set of the hub by its commit, so that every run of the cell reads the same. */
function pinned(
  split: "train" | "test",
  source: string | undefined,
  problems: Problems,
): Pick<CellSources, "train" | "test"> {
  if (source === undefined) return {};
  return { [split]: source.startsWith("hub:") ? problems.source : source };
}

/** Both lists of problems; of the training problems those that may be trained on. */
async function splitsOf(
  task: Task,
  { train: trainSource, test: testSource, decontaminate }: Suite["data"],
): Promise<{ all: Problems; train: Problems; test: Problems }> {
  const [all, test] = await Promise.all([problemsOf(task, "train", trainSource), problemsOf(task, "test", testSource)]);
  return { all, train: decontaminate ? await decontaminated(all, test) : all, test };
}

/** Refuses what a policy that is never trained can't do; `algorithms` are those that train weights. */
function requireFrozen({ policy, lora, rolloutWeights }: Suite, task: Task, algorithms: readonly string[]): void {
  const asked = isEndpoint(policy), [trained] = algorithms;
  if (!asked && !isOnnx(policy)) return;
  const other = trained !== undefined
    ? `${trained} trains weights; choose --algorithms that learn a prompt (${
      Object.keys(contextAlgorithms).join(", ")
    })${asked ? "" : ", or a policy with model.safetensors"}`
    : asked && task.environment
    ? `task ${task.name} has tools, which need its tokens; choose another task`
    : lora || rolloutWeights
    ? "lora and rolloutWeights are about weights; leave them out"
    : undefined;
  if (other === undefined) return;
  throw new Refusal(
    `policy ${policy}: ${asked ? "is behind an endpoint" : "is frozen, as ONNX files are"}, and ${other}.`,
  );
}

/** Problems of a generator, which are alike and have no end, among which the longest prompt is looked for. */
const generated = 128;

/** Tokens of the longest prompt: of the problems whose prompts have the most characters. Others of a generator may be longer by a quarter. */
function longestPrompt(task: Task, lists: readonly Problems[], tokenizer: Tokenizer): number {
  const prompts = lists.flatMap((list) => {
    const endless = list.length === Infinity, length = endless ? generated : list.length;
    return Array.from({ length }, (_, index) => ({ text: task.prompt(list.at(index)), endless }));
  });
  const longest = prompts.toSorted((a, b) => b.text.length - a.text.length).slice(0, 64);
  return Math.max(...longest.map(({ text, endless }) => {
    const { length } = promptTokens(tokenizer, text, task.environment?.tools);
    return endless ? Math.ceil(1.25 * length) : length;
  }));
}

/** The memory that a GPU needs for a suite whose policy has this shape; its problems are read unless they are given. */
export async function memoryOf(
  suite: Suite,
  config: ModelConfig,
  lists?: Pick<Awaited<ReturnType<typeof splitsOf>>, "train" | "test">,
): Promise<SuiteMemory> {
  const task = findTask(suite.task), { train, test } = lists ?? await splitsOf(task, suite.data);
  const promptTokens = longestPrompt(task, [train, test], await tokenizerOf(suite.policy));
  return await planSuiteMemory(suite, task, config, promptTokens);
}

/** Opens everything a suite names once, refuses what can't work, and lists its cells. */
export async function planSuite(suite: Suite): Promise<Plan> {
  const task = findTask(suite.task);
  const algorithms = suite.algorithms.map((entry) => {
    const algorithm = configure(entry);
    const training = { ...suite.training, ...entry.training };
    if (!changesPrompt(algorithm)) {
      requireServed(algorithm, training, task);
      rehearse(algorithm, training);
    }
    return { entry, algorithm, training };
  });
  requireFrozen(
    suite,
    task,
    algorithms.filter((one) => !changesPrompt(one.algorithm)).map(({ entry }) => entry.name),
  );
  const { all, train, test } = await splitsOf(task, suite.data);
  const { offset = 0 } = suite.evaluation;
  if (test.length <= offset) {
    throw new Refusal(
      `${test.source}: holds ${test.length} problems, and evaluation.offset leaves out ${offset}; lower it or give ` +
        "more problems.",
    );
  }
  for (const { algorithm, training } of algorithms) {
    if (changesPrompt(algorithm)) requireLearnable(algorithm, training, train.length);
  }
  const leakage = { ...suiteLeakage(all, test, suite), dropped: train === all ? 0 : all.length - train.length };
  const channels = channelsOf(task, (await task.grade(train.at(0), "")).rewards);
  const named = [suite, ...suite.algorithms].flatMap(({ training: { rewards = [], rewardConditions = {} } }) => [
    ...rewards,
    ...Object.entries(rewardConditions).flatMap(([name, { on }]) => [name, on]),
  ]);
  const other = named.find((name) => !channels.includes(name));
  if (other !== undefined) throw new Refusal(unknown("reward channel", other, channels));
  const lora = suite.lora && { ...loraOf(suite.lora), seed: suite.lora.seed ?? 0 };
  const { rolloutWeights } = suite, chosen = await backendFor(suite.policy, suite.backend);
  // Before the weights are read, or fetched: what can't fit is refused at once.
  const memory = chosen === "cpu" || !isDescribed(suite.policy)
    ? undefined
    : await memoryOf(suite, await configOf(suite.policy), { train, test });
  const source = await pinnedPolicy(suite.policy);
  const policy = await openSource(source, { backend: chosen, lora, rolloutWeights, frozen: true });
  try {
    const digest = await policy.digest();
    const prompts = promptDigest(task, train, policy);
    const { backend, parameterCount } = policy;
    const described = ({ source, digest, length }: Problems) => ({
      source,
      digest,
      problems: Number.isFinite(length) ? length : null,
    });
    const cells = algorithms.flatMap(({ entry, algorithm, training }, index) =>
      suite.seeds.map((seed): PlannedCell => ({
        label: entry.label ?? entry.name,
        cell: cellOf(
          {
            format: cellFormat,
            algorithm: { name: algorithm.name, options: algorithm.options },
            task: { name: task.name, train: train.digest, test: test.digest, prompts },
            policy: {
              digest,
              backend,
              ...lora && { lora },
              ...rolloutWeights === "f16" && { rolloutWeights },
              ...memory && runsOf(memory.algorithms[index].plan),
            },
            seed,
            training,
            evaluation: suite.evaluation,
            gates: suite.gates,
            ...changesPrompt(algorithm) && { context: contextIdentity(train.length, suite.reflector) },
          },
          {
            policy: source,
            ...pinned("train", suite.data.train, train),
            ...pinned("test", suite.data.test, test),
            ...suite.data.decontaminate && { decontaminate: true },
            ...suite.reflector && changesPrompt(algorithm) && { reflector: suite.reflector },
            ...suite.recompute && { recompute: true },
            ...memory && { memory: cellMemoryOf(memory.algorithms[index].plan) },
            ...suite.policyKey !== undefined && { policyKey: suite.policyKey },
            algorithm: {
              name: entry.name,
              ...entry.preset !== undefined && { preset: entry.preset },
              options: entry.options,
            },
          },
        ),
      }))
    );
    return {
      cells,
      data: {
        train: described(train),
        test: described(test),
        prompts,
        template: promptTemplate(task, train, policy),
        leakage,
      },
      policy: { source, digest, parameters: parameterCount, backend },
      ...memory && { memory },
    };
  } finally {
    await policy.dispose();
  }
}

/** Opens the parts of a cell from its sources, and refuses sources that are no longer what the cell names. */
export async function openParts({ identity, sources }: Cell): Promise<CellParts> {
  if (identity.format !== cellFormat) {
    throw new Refusal(
      `the cell was recorded in format ${identity.format}, and this version of Podium runs format ${cellFormat}; ` +
        "run the suite again.",
    );
  }
  const task = findTask(identity.task.name);
  const algorithm = configure(sources.algorithm);
  if (canonical(algorithm.options) !== canonical(identity.algorithm.options)) {
    throw new Refusal(`${algorithm.name}: its options have other defaults now than when the cell was recorded.`);
  }
  const { train, test } = await splitsOf(task, sources);
  for (const [split, problems] of [["train", train], ["test", test]] as const) {
    if (problems.digest !== identity.task[split]) {
      throw new Refusal(`${problems.source}: the ${split} problems are not those the cell was recorded with.`);
    }
  }
  const { lora, rolloutWeights, runs, backend: recorded } = identity.policy,
    { recompute, memory } = sources,
    backend = recordedBackend(recorded),
    computing = { backend, recompute, sizes: { ...runs, ...memory?.sizes }, room: memory?.room };
  return {
    algorithm,
    ...sources.reflector && { reflector: sources.reflector },
    task,
    train,
    test,
    openPolicy: ({ frozen = false, recording } = {}) =>
      openSource(sources.policy, {
        ...computing,
        frozen,
        endpoint: { keyFrom: sources.policyKey, recording },
        ...frozen ? {} : { lora, rolloutWeights },
      }),
    openCritic: () => openCriticSource(sources.policy, computing),
  };
}
