/**
 * From the names in a suite to cells, and from a cell to the parts that run it.
 *
 * @module
 */
import { loraOf } from "../policy/adapters.ts";
import { promptText } from "../policy/chat_template.ts";
import type { Policy } from "../policy/policy.ts";
import type { Problems, Task } from "../tasks/task.ts";
import { recordedBackend } from "./backend.ts";
import { canonical, sha256 } from "./canonical.ts";
import { type Cell, cellFormat, cellOf, type CellSources } from "./cell.ts";
import { channelsOf } from "./channels.ts";
import { isEndpoint } from "./context/endpoint_policy.ts";
import { changesPrompt, configure } from "./context/family.ts";
import { contextIdentity, requireLearnable } from "./context/setting.ts";
import { type RecordedLeakage, suiteLeakage } from "./leakage.ts";
import { requireFrozen, requireUnpaid } from "./frozen.ts";
import { unknown } from "./nearest.ts";
import { requireServed } from "./needs.ts";
import { Refusal } from "./outcomes.ts";
import { cellMemoryOf, runsOf, type SuiteMemory } from "./memory/plan.ts";
import { memoryOf } from "./memory/suite_memory.ts";
import { backendFor, configOf, isDescribed, openCriticSource, openSource, pinnedPolicy } from "./policies.ts";
import { rehearse } from "./rehearsal.ts";
import type { CellParts } from "./run_cell.ts";
import { findTask, splitsOf } from "./splits.ts";
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
  if (!isEndpoint(suite.policy)) requireUnpaid(suite);
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
            ...suite.policyPrices && { policyPrices: suite.policyPrices },
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
