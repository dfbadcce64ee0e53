/**
 * `podium cell` (internal): one process of `execution/processes.ts`. Runs the jobs on its standard input until that ends.
 *
 * @module
 */
import type { CellEvent, CellJob } from "../execution/executor.ts";
import { executeJob } from "../execution/in_process.ts";
import { lines } from "../execution/lines.ts";

/** Runs jobs until the input ends; with `times`, their records hold seconds. */
export async function cell({ times = false }: { times?: boolean }): Promise<void> {
  // Ctrl-C goes to all processes of the terminal; the parent decides and closes the input.
  Deno.addSignalListener("SIGINT", () => {});
  const stopping = new AbortController();
  const encoder = new TextEncoder();
  const onEvent = (event: CellEvent) => {
    const bytes = encoder.encode(JSON.stringify(event) + "\n");
    try {
      for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
    } catch {
      stopping.abort(); // The parent is gone.
    }
  };
  const clock = times ? () => performance.now() : undefined;
  // The clock starts with the process, and to start it is part of its first cell.
  let since = times ? 0 : undefined;
  const waiting: CellJob[] = [];
  let arrived = () => {};
  (async () => {
    for await (const line of lines(Deno.stdin.readable)) {
      waiting.push(JSON.parse(line));
      arrived();
    }
    stopping.abort();
    arrived();
  })();
  while (true) {
    const job = waiting.shift();
    if (job) {
      await executeJob(job, { signal: stopping.signal, clock, since, onEvent });
      since = undefined;
    } else if (stopping.signal.aborted) break;
    else await new Promise<void>((resolve) => arrived = resolve);
  }
}
