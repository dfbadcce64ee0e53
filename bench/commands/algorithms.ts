/**
 * `podium algorithms`: what there is to compare, and what one of them can be told.
 *
 * @module
 */
import {
  type AlgorithmModule,
  algorithms,
  contextAlgorithms,
  type ContextModule,
  type ContextNeeds,
  type Description,
  type Needs,
} from "../../algorithms/mod.ts";
import { checkGolden } from "../conformance/conformance.ts";
import { findModule, namesPrompt } from "../context/family.ts";
import { align } from "../leaderboard/table.ts";
import { markdownTable, wrapped, writeSection } from "../markdown.ts";

/** Options of `podium algorithms`. */
export interface AlgorithmsOptions {
  /** Print JSON. */
  json?: boolean;
  /** Markdown file whose section `algorithms` gets the index. */
  readme?: string;
}

/** Golden cases of one algorithm. */
export interface GoldenCount {
  /** Cases that it computes to 1e-9. */
  passed: number;
  /** Cases that ask for it. */
  cases: number;
}

/** What a listing says of an algorithm. */
export interface Listed extends Description {
  /** What it needs with its default options. */
  readonly needs: Needs | ContextNeeds;
  /** Its golden cases; `null` where the files are not there, as in the published package. */
  readonly golden: GoldenCount | null;
}

/** Golden cases by algorithm; `null` where the files are not there. */
export async function goldenCounts(): Promise<Readonly<Record<string, GoldenCount>> | null> {
  const counts: Record<string, GoldenCount> = {};
  for (const name of ["a.json", "b.json"]) {
    let text: string;
    try {
      text = await Deno.readTextFile(new URL(`../../fixtures/golden/${name}`, import.meta.url));
    } catch {
      return null;
    }
    for (const { by, status } of checkGolden(text).cases) {
      if (by === undefined) continue;
      const count = counts[by] ??= { passed: 0, cases: 0 };
      count.cases++;
      if (status === "passed") count.passed++;
    }
  }
  return counts;
}

/** Every algorithm there is: those that train weights, then those that learn a prompt. */
const everyModule = [...Object.values(algorithms), ...Object.values(contextAlgorithms)];

/** Everything a listing says, in the order of the registries. */
export async function listed(modules: readonly (AlgorithmModule | ContextModule)[] = everyModule): Promise<Listed[]> {
  const counts = await goldenCounts();
  return modules.map(({ description, create }) => ({
    ...description,
    needs: create().needs,
    golden: counts && (counts[description.name] ?? { passed: 0, cases: 0 }),
  }));
}

/** What an algorithm needs beyond one response per prompt and its reward, in a few words. */
export function needsInWords({ needs }: Pick<Listed, "needs">): string {
  if ("reflector" in needs) return needs.reflector ? "reflector" : "";
  const {
    groupSize,
    reference,
    refreshReferenceEvery,
    critic,
    planning,
    steps,
    channels,
    greedy,
    minibatches,
    refill,
  } = needs;
  return [
    groupSize > 1 && `groups of ${groupSize} or more`,
    reference && (refreshReferenceEvery ? `reference, new every ${refreshReferenceEvery} steps` : "reference"),
    critic && "critic",
    planning && "planning phrases",
    steps && "step rewards",
    channels?.length && `channels ${channels.join(", ")}`,
    greedy && "greedy rollout",
    minibatches && minibatches > 1 && `${minibatches} minibatches`,
    refill && `re-sampling, up to ${refill.rounds} rounds`,
  ].filter(Boolean).join("; ");
}

/** The command that runs an algorithm beside GRPO. */
export function commandOf({ name }: Pick<Description, "name">): string {
  return `deno task bench ${namesPrompt(name) ? "--suite context " : ""}--algorithms ${
    name === "grpo" ? name : `grpo,${name}`
  }`;
}

/** The paper as a link, where it has an address. */
function paperLink({ source, year }: Description["paper"]): string {
  const linked = source.replace(/^arXiv (\d{4}\.\d{4,5})/, (_, id) => `[${id}](https://arxiv.org/abs/${id})`);
  return `${linked} (${year})`;
}

/** The index of a README: every algorithm with its paper, what it changes, and the command that runs it. */
export function algorithmsMarkdown(rows: readonly Listed[]): string {
  return markdownTable([
    ["algorithm", "paper", "what it does", "needs", "golden cases", "run it"],
    ...rows.map((row) => [
      `[\`${row.name}\`](algorithms/${namesPrompt(row.name) ? "context/" : ""}${row.name}.ts) ${row.title}`,
      paperLink(row.paper),
      row.summary,
      needsInWords(row),
      row.golden ? `${row.golden.passed}` : "",
      `\`${commandOf(row)}\``,
    ]),
  ]);
}

const goldenInWords = ({ golden }: Listed) => golden ? `${golden.passed}/${golden.cases}` : "-";

/** Everything there is to say about one algorithm. */
function explained(row: Listed): string {
  const { title, paper, family, summary, options, presets = {} } = row;
  const optionLines = Object.entries(options).flatMap(([option, { default: standard, description, source }]) => [
    `  ${option} = ${JSON.stringify(standard)}`,
    ...wrapped(`${description} [${source}]`, 108).split("\n").map((line) => `      ${line}`),
  ]);
  return [
    `${title} (${row.name})`,
    `${paper.source} (${paper.year}); ${family}`,
    "",
    wrapped(summary, 116),
    "",
    `needs: ${needsInWords(row) || "nothing but rewards"}`,
    `golden cases passed: ${goldenInWords(row)}`,
    "",
    "Options (default; meaning and unit; where the default comes from)",
    ...optionLines,
    ...(Object.keys(presets).length > 0 ? ["", "Presets (what differs from the defaults)"] : []),
    ...Object.entries(presets).map(([preset, values]) => `  ${preset}: ${JSON.stringify(values)}`),
    "",
    "Run it",
    `  ${commandOf(row)}`,
  ].join("\n");
}

/** Lists all algorithms, or explains one. */
export async function listAlgorithms(name: string | undefined, { json, readme }: AlgorithmsOptions): Promise<number> {
  if (readme !== undefined) await writeSection(readme, "algorithms", algorithmsMarkdown(await listed()));
  const rows = await listed(name === undefined ? undefined : [findModule(name)]);
  if (json) {
    console.log(JSON.stringify(name === undefined ? rows : rows[0], null, 2));
    return 0;
  }
  if (name !== undefined) {
    console.log(explained(rows[0]));
    return 0;
  }
  console.log(align([
    ["name", "algorithm", "paper", "year", "family", "golden", "needs"],
    ...rows.map((row) => [
      row.name,
      row.title,
      row.paper.source,
      `${row.paper.year}`,
      row.family,
      goldenInWords(row),
      needsInWords(row),
    ]),
  ], [0, 1, 2, 4, 6]));
  return 0;
}
