/**
 * Which back end computes a policy.
 *
 * @module
 */
import type { Backend } from "../policy/mod.ts";

/** A back end, or `auto`: the machine's GPU if it has one, else the CPU. */
export type BackendChoice = Backend | "auto";

/** What can be chosen. */
export const backendChoices: readonly BackendChoice[] = ["auto", "cpu", "webgpu", "webgpu-software"];

/** The back end that a choice comes to on this machine. A GPU that a CPU plays is never chosen. */
export async function chosenBackend(choice: BackendChoice): Promise<Backend> {
  if (choice !== "auto") return choice;
  const { describeAdapter } = await import("../policy/webgpu/device.ts");
  const adapter = await describeAdapter();
  return adapter && !adapter.software ? "webgpu" : "cpu";
}

/** The back end of a record, by what its policy said of itself. Whether a CPU plays the GPU was decided when it was made. */
export function recordedBackend(backend: string): Backend {
  return backend.startsWith("webgpu/") ? "webgpu-software" : "cpu";
}
