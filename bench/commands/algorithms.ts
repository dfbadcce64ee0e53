/**
 * `podium algorithms`: what there is to compare, and what one of them can be told.
 *
 * @module
 */
import { algorithms, findAlgorithm } from "../../algorithms/mod.ts";
import { align } from "../leaderboard/table.ts";

/** Lists all algorithms, or describes one. */
export function listAlgorithms(name: string | undefined, { json }: { json?: boolean }): number {
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
