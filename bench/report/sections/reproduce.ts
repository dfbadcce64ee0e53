/**
 * The environment, and the commands that repeat a run.
 *
 * @module
 */
import { parseBenchmark } from "../../benchmark.ts";
import { canonical } from "../../canonical.ts";
import { counted } from "../../leaderboard/format.ts";
import type { Leaderboard, MachineShare } from "../../leaderboard/shape.ts";
import { loadBenchmark } from "../../benchmark.ts";
import { suiteNames } from "../../suite.ts";
import type { Environment } from "../../environment.ts";
import { type Content, element, type Markup } from "../html.ts";
import { numberAt, plain } from "../numbers.ts";
import { boardsOf, type ReportRun } from "../run.ts";
import { command, section } from "../view.ts";

/** How many cells were repeated, and at which levels. */
export function verifiedCells({ boards }: Leaderboard): { cells: number; verified: number; levels: string } {
  const seeds = boards.flatMap(({ rows }) => rows.flatMap(({ seeds }) => seeds));
  const levels = seeds.flatMap(({ verified }) => verified ?? []);
  const counts = ["L0", "L1", "L2"].map((level) => ({ level, count: levels.filter((own) => own === level).length }));
  return {
    cells: seeds.length,
    verified: levels.length,
    levels: counts.filter(({ count }) => count > 0).map(({ level, count }) => `${count} at ${level}`).join(", "),
  };
}

/** The command that runs cells again: recorded ones, or where only the leaderboard is at hand those that it names. */
export const verifyCommand = ({ directory, source }: ReportRun): string =>
  directory === null ? `deno task verify --reference ${source}` : `deno task verify ${directory}`;

/** The embedded suite that a benchmark is, or null if it is one of its own. */
export async function embeddedSuite(suite: Leaderboard["suite"]): Promise<string | null> {
  const plain = (value: unknown) =>
    canonical(JSON.parse(JSON.stringify(value, (key, inner) => key === "$schema" ? undefined : inner)));
  for (const name of suiteNames) {
    if (plain(await loadBenchmark(name)) === plain(parseBenchmark(suite, "the suite"))) return name;
  }
  return null;
}

const levels =
  element`<dl class="facts"><dt>L0</dt><dd>same machine, same build: two runs give the same hash chain over rollouts, rewards, losses and weights</dd><dt>L1</dt><dd>another machine with the same kind of processor: the same bits</dd><dt>L2</dt><dd>anything else: the same data and noise; numbers within the intervals</dd></dl>`;

type Fact = readonly [name: string, value: Content];

/** A machine and its programs. */
const factsOf = ({ podium, deno, v8, os, arch, cpu, instructions, cores }: Environment): Fact[] => [
  ["processor", `${cpu ?? "unknown"}${instructions ? ` (${instructions})` : ""}, ${counted(cores, "core")}`],
  ["system", `${os}, ${arch}`],
  ["Podium", podium],
  ["Deno, V8", `${deno}, ${v8}`],
];

const factList = (facts: readonly Fact[]): Markup =>
  element`<dl class="facts">${facts.map(([name, value]) => element`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

/** One machine of several. */
const machineFacts = ({ environment, cells }: MachineShare, index: number): Markup =>
  factList([
    ["cells", numberAt(cells, `/environment/machines/${index}/cells`, plain)],
    ...factsOf(environment),
  ]);

/** Section: how to repeat the run. `embedded` is the name of its suite, if it is an embedded one. */
export function reproduceSection(run: ReportRun, embedded: string | null, index: number): Markup {
  const { leaderboard } = run, { environment, suite } = leaderboard, out = `runs/${suite.name}`;
  const { machines = [] } = environment;
  return section(
    "reproduce",
    "How to repeat it",
    null,
    element`<h3>Commands</h3><ol class="steps"><li>${
      embedded === null
        ? element`Download the suite as it was run, with every default filled in, and run it: ${
          command(`deno task bench --suite ./${suite.name}.suite.json --out ${out}`)
        }`
        : element`Run the suite: ${command(`deno task bench --suite ${embedded} --out ${out}`)}`
    }</li><li>Run every cell again and compare its hash chain, step by step: ${
      command(
        `deno task verify ${out} --cells all`,
      )
    }</li><li>Make this page: ${
      command(`deno task report ${out}`)
    }</li></ol><p class="buttons"><button type="button" data-download="leaderboard-${index}" data-name="leaderboard.json">download leaderboard.json</button><button type="button" data-download="leaderboard-${index}" data-part="suite" data-name="${suite.name}.suite.json">download the suite</button></p><h3>Environment</h3>${
      machines.length > 1
        ? element`<p>${
          counted(machines.length, "machine")
        } computed the cells, each its own; seconds are of all of them.</p>${machines.map(machineFacts)}`
        : factList(factsOf(environment))
    }${
      factList([["back end", environment.backend]])
    }<h3>Levels of reproducibility</h3>${levels}<h3>Data and policy</h3>${
      boardsOf(leaderboard).map(({ board: { task, data, policy } }) =>
        element`<h4>${task}</h4><dl class="facts"><dt>training problems</dt><dd>${data.train.source} <code>${data.train.digest}</code></dd><dt>held-out problems</dt><dd>${data.test.source} <code>${data.test.digest}</code></dd><dt>prompts</dt><dd><code>${data.prompts}</code></dd><dt>policy</dt><dd>${policy.source}, ${
          policy.parameters.toLocaleString("en-US")
        } parameters <code>${policy.digest}</code></dd><dt>prompt template</dt><dd><pre>${data.template.text}</pre></dd></dl>`
      )
    }<h3>Settings of every task</h3>${
      suite.tasks.map(({ task, training, evaluation, gates }) =>
        element`<details><summary>${task}</summary><pre>${
          JSON.stringify({ training, evaluation, gates }, null, 2)
        }</pre></details>`
      )
    }`,
  );
}
