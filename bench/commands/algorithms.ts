/**
 * `podium algorithms`: what there is to compare, and what one of them can be told.
 *
 * @module
 */
import { algorithms, type Description, findAlgorithm } from "../../algorithms/mod.ts";
import { align } from "../leaderboard/table.ts";
import { markdownTable, writeSection } from "../markdown.ts";

/** Options of `podium algorithms`. */
export interface AlgorithmsOptions {
  /** Print JSON. */
  json?: boolean;
  /** Markdown file whose section `algorithms` gets the index. */
  readme?: string;
}

/** The index of a README: every algorithm with its paper and what it changes. */
export function algorithmsMarkdown(descriptions: readonly Description[]): string {
  const rows = descriptions.map(({ name, title, paper: { source, year }, summary }) => {
    const [, id] = /^arXiv (\d{4}\.\d{4,5})$/.exec(source) ?? [];
    return [
      `\`${name}\``,
      title,
      id ? `[${id}](https://arxiv.org/abs/${id}) (${year})` : `${source} (${year})`,
      summary,
    ];
  });
  return markdownTable([["name", "algorithm", "paper", "what it does"], ...rows]);
}

/** Lists all algorithms, or describes one. */
export async function listAlgorithms(name: string | undefined, { json, readme }: AlgorithmsOptions): Promise<number> {
  if (readme !== undefined) {
    const all = Object.values(algorithms).map(({ description }) => description);
    await writeSection(readme, "algorithms", algorithmsMarkdown(all));
  }
  const described = name === undefined
    ? Object.values(algorithms).map(({ description }) => description)
    : [findAlgorithm(name).description];
  if (json) {
    console.log(JSON.stringify(name === undefined ? described : described[0], null, 2));
    return 0;
  }
  if (name === undefined) {
    const rows = described.map(({ name, title, paper }) => [name, title, `${paper.source} (${paper.year})`]);
    console.log(align([["name", "algorithm", "paper"], ...rows]));
    return 0;
  }
  const [{ title, paper, summary, options, presets = {} }] = described;
  console.log(`${title}\n${paper.source} (${paper.year})\n\n${summary}\n\nOptions (default; meaning; source)`);
  for (const [option, { default: standard, description, source }] of Object.entries(options)) {
    console.log(`  ${option} = ${JSON.stringify(standard)}: ${description} [${source}]`);
  }
  for (const [preset, values] of Object.entries(presets)) console.log(`Preset ${preset}: ${JSON.stringify(values)}`);
  return 0;
}
