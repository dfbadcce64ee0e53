/**
 * A measurement of `podium perf` as a Markdown table, for the README.
 *
 * @module
 */
import { markdownTable, wrapped } from "../markdown.ts";
import type { Figure } from "./perf.ts";

/** What `podium perf --json` prints. */
export interface Measurement {
  command: string;
  cpu: string;
  cores: number;
  deno: string;
  figures: Figure[];
}

/** One line per figure, and what it was measured on. */
export function perfMarkdown({ command, cpu, cores, deno, figures }: Measurement): string {
  const number = (value: number) => Math.round(value).toLocaleString("en");
  const lines = figures.map(({ shape, what, podium, peer, peerSetting, ratio }) => [
    shape,
    what === "step" ? "GRPO steps per hour" : `${what}, tokens/s`,
    number(podium),
    peer === null ? "" : number(peer),
    ratio === null ? "" : ratio.toFixed(2),
    peerSetting ?? "",
  ]);
  const title = ["shape", "what", "Podium", "peer", "ratio", "the peer's fastest way"];
  const own = [...new Set(figures.map(({ podiumSetting }) => podiumSetting))].join("; ");
  const note =
    `Podium's fastest setting: ${own}. Measured by \`${command}\` on ${cores} cores of ${cpu}, Deno ${deno}.`;
  return `${markdownTable([title, ...lines], [2, 3, 4])}\n\n${wrapped(note)}`;
}
