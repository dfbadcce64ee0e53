/**
 * The expectations as a section of `bench/one_gpu/README.md`.
 *
 * @module
 */
import { markdownTable, wrapped } from "../markdown.ts";
import { ALGORITHMS, comparison, type Expectation, TAKEN } from "./expect.ts";
import { ASSUMED } from "./time.ts";

/** One line per card, and what was assumed. */
export async function expectationsMarkdown(expectations: readonly Expectation[]): Promise<string> {
  const { seeds, training: { steps }, evaluation: { problems, samples, interval } } = await comparison();
  const cells = ALGORITHMS.length * seeds.length, percent = (share: number) => `${Math.round(100 * share)} %`;
  const hours = (seconds: number) => (seconds / 3600).toFixed(1);
  const lines = expectations.map(({ card, memory, flags, bytes, rows, sequences, training, evaluation }) => [
    `${card.memory} GB (${card.name})`,
    `\`${[`--memory ${memory}`, flags].filter(Boolean).join(" ")}\``,
    (bytes / 1e9).toFixed(1),
    `${rows}`,
    `${sequences}`,
    (training / cells / steps).toFixed(1),
    hours((training + evaluation) / cells),
    hours(training + evaluation),
  ]);
  const title = [
    "card",
    "options",
    "memory, GB",
    "rows of a run",
    "drawn together",
    "step, s",
    "cell, h",
    `all ${cells} cells, h`,
  ];
  const notes = [
    `All figures are computed; none was measured yet. **Memory** is the plan that \`podium memory\` prints and a run ` +
    `keeps to, the largest of the ${ALGORITHMS.length} algorithms (${ALGORITHMS.join(", ")}), where ` +
    `${percent(TAKEN)} of a card's memory may be taken; of the options that fit those ` +
    "are named that take the least time, adapters only where nothing else fits.",
    `**Time** is arithmetic: operations over ${percent(ASSUMED.runs)} of the card's float32 peak in scoring and ` +
    `training, ${percent(ASSUMED.decoding)} in sampling; bytes over ${percent(ASSUMED.bandwidth)} of its bandwidth; ` +
    `${1000 * ASSUMED.wait} ms of waiting for each 16 tokens; prompts of ${ASSUMED.prompt} and responses of ` +
    `${ASSUMED.response} tokens on average. Peak and bandwidth are the makers': ` +
    expectations.map(({ card: { name, teraflops, bandwidth } }) => `${name} ${teraflops} TFLOP/s, ${bandwidth} GB/s`)
      .join("; ") +
    ".",
    `A cell is one algorithm under one seed: ${steps} steps and an evaluation every ${interval}, of ${problems} problems ` +
    `with ${1 + samples} responses each.`,
  ];
  return [markdownTable([title, ...lines], [2, 3, 4, 5, 6, 7]), ...notes.map((note) => wrapped(note))].join("\n\n");
}
