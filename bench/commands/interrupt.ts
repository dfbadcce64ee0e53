/**
 * Ctrl-C: the first asks to stop, the second stops at once.
 *
 * @module
 */
import { exitCodes } from "../outcomes.ts";

/** Listens for Ctrl-C and termination until released; `announce` is called at the first. */
export function onInterrupt(announce: () => void): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const listen = () => {
    if (controller.signal.aborted) Deno.exit(exitCodes.interrupted);
    controller.abort();
    announce();
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const name of signals) Deno.addSignalListener(name, listen);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) Deno.removeSignalListener(name, listen);
    },
  };
}
