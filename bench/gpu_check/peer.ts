/**
 * PyTorch's figures in the same run, by `cuda_peer.py`, where `python3` has it.
 *
 * @module
 */
import { lines } from "../execution/lines.ts";
import { pythonHas } from "../perf/peers.ts";
import type { Shape } from "../perf/workload.ts";
import type { ProductShape } from "./products.ts";

/** What the peer does. */
export interface PeerJob {
  device: "cuda" | "cpu";
  repeats: number;
  /** Seconds after which a model's figure gets no further repeat. */
  budget: number;
  /** Seconds that each repeat of a product takes, about. */
  target: number;
  products: readonly ProductShape[];
  models: Readonly<Record<string, Shape>>;
}

/** A line of the peer's. */
export type PeerLine =
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

/** Runs the peer and hands each of its lines to `report`; returns why there is none, or null. */
export async function runPeer(job: PeerJob, report: (line: PeerLine) => Promise<void>): Promise<string | null> {
  for (const module of ["torch", "transformers"]) {
    if (!await pythonHas(module)) return `python3 has no ${module}`;
  }
  const args = [new URL("./cuda_peer.py", import.meta.url).pathname, JSON.stringify(job)];
  const child = new Deno.Command("python3", { args, stdin: "null", stdout: "piped", stderr: "inherit" }).spawn();
  for await (const line of lines(child.stdout)) await report(JSON.parse(line));
  const { code } = await child.status;
  return code === 0 ? null : `${job.device} peer ended with code ${code}; its message is above`;
}
