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
  instructions?: string | null;
  cores: number;
  deno: string;
  figures: Figure[];
}

/** One line per figure, and what it was measured on. */
export function perfMarkdown({ command, cpu, instructions, cores, deno, figures }: Measurement): string {
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
  const note = `Podium's fastest setting: ${own}. Measured by \`${command}\` on ${cores} cores of ${cpu}${
    instructions ? ` (${instructions})` : ""
  }, Deno ${deno}.`;
  return [markdownTable([title, ...lines], [2, 3, 4]), wrapped(note), ...besideEager(figures)].join("\n\n");
}

/** The figures beside transformers in eager mode, for readers who know that peer; nothing without such figures. */
function besideEager(figures: Figure[]): string[] {
  const against = figures.flatMap(({ shape, what, podium, peerEager }) =>
    peerEager === null ? [] : [{ shape, said: `${what} ${(podium / peerEager).toFixed(2)}` }]
  );
  const shapes = [...new Set(against.map(({ shape }) => shape))].map((shape) =>
    `${shape}: ${against.filter((one) => one.shape === shape).map(({ said }) => said).join(", ")}`
  );
  if (shapes.length === 0) return [];
  return [wrapped(
    `The hand-written PyTorch loop is a harder peer than a library: beside transformers in eager mode the ratios are, at ` +
      `${shapes.join("; at ")}.`,
  )];
}
