/**
 * A report of `podium gpu-check` as lines and tables for the terminal.
 *
 * @module
 */
import { align } from "../leaderboard/table.ts";
import { median } from "../perf/workload.ts";
import type { Check, KernelFigure, PhaseFigure, ProductFigure, Report, TrainingFigure, WorkFigure } from "./report.ts";

/** How many checks passed, and those that did not. */
export function checkLine(title: string, checks: readonly Check[]): string {
  const failed = checks.filter(({ passed }) => !passed);
  const lines = failed.map(({ name, found, limit }) => `  failed: ${name}: ${found}, more than ${limit}`);
  return [`${title}: ${checks.length - failed.length} of ${checks.length} checks passed`, ...lines].join("\n");
}

/** One phase of training. */
export function phaseLine(
  { model }: TrainingFigure,
  { phase, by, run, step, seconds, tokens, bytes, card }: PhaseFigure,
): string {
  const where = by === "podium" ? `, run ${run}${step > 0 ? `, step ${step}` : ""}` : "";
  const rate = tokens === null ? "" : `, ${whole(tokens)} tokens, ${whole(tokens / seconds)} a second`;
  const memory = bytes === null ? "" : `, ${gibibytes(bytes)}`;
  const used = card === null ? "" : `, ${(card / 1024).toFixed(2)} GiB of the card in use`;
  return `${model}, ${phase}, ${by}${where}: ${seconds.toFixed(3)} s${rate}${memory}${used}`;
}

/** What the steps were about, and memory against its plan. */
export function trainingLine(figure: TrainingFigure): string {
  const { model, parameters, problems, prompts, group, prompt, response, planned, measured, recompute, phases, steps } =
    figure;
  if (phases.length === 0) return `${model}: no step was taken`;
  const memory = planned === null ? [] : [
    `buffers: ${gibibytes(planned)} planned, ${gibibytes(measured)} at most (${signed(measured / planned - 1)})${
      recompute ? ", values of layers computed twice" : ""
    }`,
  ];
  return [
    `${model} (${whole(parameters)} random weights): ${prompts} prompts of ${problems} × ${group} responses of ` +
    `${response} tokens; prompts have ${prompt.toFixed(1)} tokens; ${steps.length} steps, ` +
    `${steps.map((seconds) => seconds.toFixed(1)).join(", ")} s`,
    ...memory,
  ].join("\n");
}

/** One product. */
export function productLine(
  { what, form, by, geometry, taken, seconds, teraflops, peakShare }: ProductFigure,
): string {
  const share = peakShare === null ? "" : ` (${percent(peakShare)} of the float32 peak)`;
  const time = `${(median(seconds) * 1e6).toFixed(1)} µs`;
  const way = geometry ? `${by}, ${geometry}${taken ? " (taken)" : ""}` : by;
  return `product ${what} ${form}, ${way}: ${teraflops.toFixed(2)} TFLOP/s${share}, ${time}`;
}

/** One piece of work, with Podium's rate over a peer's. */
export function workLine(
  { model, what, by, seconds, tokensPerSecond, memory }: WorkFigure,
  all: readonly WorkFigure[],
) {
  const own = all.find((other) => other.by === "podium" && other.model === model && other.what === what);
  const ratio = own && by !== "podium" ? `; podium / this: ${(own.tokensPerSecond / tokensPerSecond).toFixed(2)}` : "";
  const used = memory === null ? "" : `, ${(memory / 1024).toFixed(1)} GiB`;
  const rate = Math.round(tokensPerSecond).toLocaleString("en");
  return `${model}, ${what}, ${by}: ${rate} tokens/s, ${median(seconds).toFixed(3)} s${used}${ratio}`;
}

/** The kernels that take most of each piece of work. */
export function kernelLines(kernels: readonly KernelFigure[]): string {
  if (kernels.length === 0) return "kernels: this adapter has no time stamps";
  const works = [...new Set(kernels.map(({ model, what }) => `${model}, ${what}`))];
  return works.map((work) => {
    const own = kernels.filter(({ model, what }) => `${model}, ${what}` === work);
    const total = own.reduce((sum, { seconds }) => sum + seconds, 0);
    const most = own.slice(0, 6).map(({ kernel, seconds }) => `${kernel} ${percent(seconds / total)}`);
    return `${work}, ${(total * 1e3).toFixed(1)} ms in kernels: ${most.join(", ")}`;
  }).join("\n");
}

/** The tables at the end: phases of training, products and work side by side. */
export function reportTable({ machine, training, products, work, checks, leftOut }: Report): string {
  const { adapter: { description }, nvidia, deno } = machine, failed = checks.filter(({ passed }) => !passed).length;
  const title = `${description}${nvidia ? `, driver ${nvidia.driver_version}` : ""}, Deno ${deno}; ` +
    `${checks.length - failed} of ${checks.length} checks passed`;
  const peers = [...new Set(products.filter(({ by }) => by !== "podium").map(({ by }) => by))];
  const shapes = products.filter(({ taken }) => taken).map((own) => [
    own.what,
    own.form,
    own.geometry!,
    own.teraflops.toFixed(2),
    own.peakShare === null ? "" : percent(own.peakShare),
    ...peers.map((peer) =>
      products.find(({ what, by }) => what === own.what && by === peer)?.teraflops.toFixed(2) ?? ""
    ),
  ]);
  const ways = [...new Set(work.map(({ by }) => by))];
  const rows = [...new Set(work.map(({ model, what }) => `${model}, ${what}`))].map((row) => [
    row,
    ...ways.map((way) => {
      const figure = work.find(({ model, what, by }) => by === way && `${model}, ${what}` === row);
      return figure ? Math.round(figure.tokensPerSecond).toLocaleString("en") : "";
    }),
  ]);
  const tables: [lines: string[][], left: number[]][] = [
    [phaseRows(training), [0]],
    [[["TFLOP/s", "form", "geometry", "podium", "of peak", ...peers], ...shapes], [0, 1, 2]],
    [[["tokens/s", ...ways], ...rows], [0]],
  ];
  return [
    title,
    trainingLine(training),
    ...tables.filter(([lines]) => lines.length > 1).map(([lines, left]) => align(lines, left)),
    ...leftOut.length > 0 ? [leftOut.join("\n")] : [],
  ].join("\n\n");
}

/** Seconds and tokens per second of each phase, by the middle step. */
function phaseRows({ phases }: TrainingFigure): string[][] {
  const ways = [...new Set(phases.map(({ by }) => by))];
  const cell = (phase: string, way: string) => {
    const found = phases.filter((figure) => figure.phase === phase && figure.by === way);
    if (found.length === 0) return ["", "", ""];
    const seconds = median(found.map(({ seconds }) => seconds)), { tokens } = found[0];
    const most = Math.max(...found.map(({ bytes }) => bytes ?? 0));
    return [
      seconds.toFixed(3),
      tokens === null ? "" : whole(median(found.map(({ tokens, seconds }) => tokens! / seconds))),
      most > 0 ? (most / 2 ** 30).toFixed(2) : "",
    ];
  };
  const names = [...new Set(phases.map(({ phase }) => phase))];
  return [
    ["phase", ...ways.flatMap((way) => [`${way}: s`, "tokens/s", "GiB"])],
    ...names.map((phase) => [phase, ...ways.flatMap((way) => cell(phase, way))]),
  ];
}

const whole = (value: number) => Math.round(value).toLocaleString("en");
const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
const signed = (share: number) => `${share < 0 ? "" : "+"}${(100 * share).toFixed(1)} %`;

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
