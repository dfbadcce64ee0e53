/**
 * Memory plans for people.
 *
 * @module
 */
import { MEMORY_PARTS, type MemoryPlan, sumOf } from "../../policy/webgpu/memory_plan.ts";
import type { AlgorithmMemory, SuiteMemory } from "./plan.ts";

/** What the parts of a plan are called. */
const NAMES: Record<typeof MEMORY_PARTS[number], string> = {
  weights: "weights",
  gradient: "gradient",
  moments: "AdamW's moments",
  training: "training: activations of a run",
  scoring: "scoring: activations of a run",
  keysAndValues: "rollouts: keys and values",
  sampling: "rollouts: activations and logits",
  rolloutWeights: "rollouts: weights in float16",
  tables: "position tables",
  copies: "copies to the host",
};

/** Bytes as `24.21 GB`, or as megabytes where they are fewer. */
export function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

/** A plan, part by part. */
function planLines({ networks, total, sizes, room }: MemoryPlan): string[] {
  const names = Object.keys(networks).filter((name) => sumOf(networks[name]) > 0);
  const parts = MEMORY_PARTS.filter((part) => names.some((name) => networks[name][part] > 0));
  const rows = [
    ["", ...names],
    ...parts.map((part) => [NAMES[part], ...names.map((name) => networks[name][part])]),
    ["together", ...names.map((name) => sumOf(networks[name]))],
  ].map((row) => row.map((cell) => typeof cell === "string" ? cell : cell === 0 ? "-" : gigabytes(cell)));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])).join("  ")
      .trimEnd()
  );
  const train = room.train!, decode = room.decode!;
  return [
    ...lines,
    `in all ${gigabytes(total)}; a run of training has up to ${train.tokens} tokens, ${train.scored} of them scored; ` +
    `up to ${Math.min(sizes.sequences, decode.sequences)} responses are drawn together, over ` +
    `${Math.min(sizes.cacheRows, decode.rows)} tokens of keys and values`,
  ];
}

/** The algorithms by plan: those with the same one stand together. */
function byPlan(algorithms: readonly AlgorithmMemory[]): { labels: string[]; plan: AlgorithmMemory["plan"] }[] {
  const groups = new Map<string, { labels: string[]; plan: AlgorithmMemory["plan"] }>();
  for (const { label, plan } of algorithms) {
    const key = JSON.stringify(plan), group = groups.get(key);
    if (group) group.labels.push(label);
    else groups.set(key, { labels: [label], plan });
  }
  return [...groups.values()].sort((a, b) => b.plan.total - a.plan.total);
}

/** All plans of a suite, the largest first. */
export function memoryTable({ algorithms, limit, promptTokens }: SuiteMemory): string {
  const blocks = byPlan(algorithms).map(({ labels, plan }) =>
    `${labels.join(", ")}\n  ${planLines(plan).join("\n  ")}`
  );
  const end = limit === undefined
    ? "no limit is known: WebGPU does not tell how much memory there is; give it with --memory"
    : `of ${gigabytes(limit)} that may be taken`;
  return `${blocks.join("\n\n")}\n\nprompts of up to ${promptTokens} tokens; ${end}`;
}

/** The plans in a line or two, for the head of a run. */
export function memoryLines(memory: SuiteMemory): string[] {
  const { algorithms, limit } = memory, [largest] = byPlan(algorithms), { plan, labels } = largest;
  const reduced = algorithms.filter(({ plan: { reduced } }) => Object.keys(reduced).length > 0).length;
  return [
    `GPU memory: up to ${gigabytes(plan.total)} (${labels[0]}` +
    `${labels.length > 1 ? ` and ${labels.length - 1} more` : ""})` +
    (limit === undefined
      ? "; no limit is known, give it with --memory"
      : ` of ${gigabytes(limit)}${
        reduced > 0 ? `; less is computed at once for ${reduced} of ${algorithms.length} algorithms` : ""
      }`),
    ...planLines(plan).map((line) => `  ${line}`),
  ];
}
