/**
 * PyTorch's figures in the same run, by `cuda_peer.py`, where `python3` has it.
 *
 * @module
 */
import { lines } from "../execution/lines.ts";
import { pythonHas } from "../perf/peers.ts";
import type { Shape } from "../perf/workload.ts";
import type { ProductShape } from "./products.ts";
import type { PhaseFigure } from "./report.ts";
import type { TimeLimit } from "./time_limit.ts";

/** What the peer does. */
export interface PeerJob {
  device: "cuda" | "cpu";
  repeats: number;
  /** Seconds after which a model's figure gets no further repeat. */
  budget: number;
  /** Seconds that each repeat of a product takes, about. */
  target: number;
  /** The shape of GRPO steps: one rollout, scoring and update of each of its number formats are timed first. */
  training: Shape & { model: string };
  products: readonly ProductShape[];
  models: Readonly<Record<string, Shape>>;
}

/** A line of the peer's. */
export type PeerLine =
  | { kind: "phase" } & Pick<PhaseFigure, "phase" | "by" | "seconds" | "tokens" | "bytes">
  | { kind: "left out"; line: string }
  | { kind: "versions" } & Record<string, string>
  | ProductShape & { kind: "product"; by: string; seconds: number[] }
  | {
    kind: "work";
    model: string;
    what: "rollout" | "update" | "step";
    by: string;
    seconds: number[];
    memory: number | null;
  };

/** Runs the peer and hands each of its lines to `report`; returns why there is none, or it did not end, or null. */
export async function runPeer(
  job: PeerJob,
  limit: TimeLimit,
  report: (line: PeerLine) => Promise<void>,
): Promise<string | null> {
  for (const module of ["torch", "transformers"]) {
    if (!await pythonHas(module)) return `python3 has no ${module}`;
  }
  // It leaves out what it has no time for; what takes longer than expected is stopped. JSON has no Infinity.
  const left = limit.left(), seconds = left === Infinity ? 86400 : left;
  if (seconds < 20) return `only ${seconds.toFixed(0)} s are left`;
  const args = [new URL("./cuda_peer.py", import.meta.url).pathname, JSON.stringify({ ...job, seconds })];
  const child = new Deno.Command("python3", { args, stdin: "null", stdout: "piped", stderr: "inherit" }).spawn();
  const stop = setTimeout(() => child.kill(), 1000 * seconds);
  for await (const line of lines(child.stdout)) await report(JSON.parse(line));
  const { code, signal } = await child.status;
  clearTimeout(stop);
  if (signal) return "its time was over before its work";
  return code === 0 ? null : `${job.device} peer ended with code ${code}; its message is above`;
}
