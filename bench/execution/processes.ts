/**
 * Cells side by side, one operating-system process per core: engine threads of one process would wait for each other.
 *
 * A process reads jobs as JSON lines on its standard input and writes events as JSON lines on its standard output. It
 * stops after the step under way when its input ends, which is also what happens if this process dies.
 *
 * @module
 */
import type { Cell } from "../cell.ts";
import { endpointsOf } from "../context/endpoints.ts";
import type { CellEvent, CellJob, Executor } from "./executor.ts";
import { lines } from "./lines.ts";

const variables =
  "NO_COLOR,PODIUM_DEBUG,PODIUM_CACHE,XDG_CACHE_HOME,HOME,LOCALAPPDATA,HF_TOKEN,HF_ENDPOINT,HF_HUB_OFFLINE,HF_HOME," +
  "HF_HUB_CACHE,HUGGINGFACE_HUB_CACHE,USERPROFILE,SEARCH_API_KEY";
const hosts = "huggingface.co,*.huggingface.co,*.hf.co,google.serper.dev,localhost,127.0.0.1";

/**
 * Permissions of a process: those of the program, without what a cell has no use for; to ask the endpoints of its cells
 * and read their keys, and on the whole network where the program may use all of it.
 */
export async function permissionsFor(cells: readonly Pick<Cell, "sources">[]): Promise<string[]> {
  const endpoints = endpointsOf(cells), { state } = await Deno.permissions.query({ name: "net" });
  const keys = endpoints.flatMap(({ keyFrom }) => keyFrom ?? []);
  const asked = endpoints.map(({ baseUrl }) => new URL(baseUrl).host);
  const list = (known: string, more: readonly string[]) => [...new Set([known, ...more])].join(",");
  return [
    "--allow-read",
    "--allow-write",
    "--allow-ffi",
    "--allow-sys=cpus",
    "--allow-run=lscpu",
    `--allow-env=${list(variables, keys)}`,
    state === "granted" ? "--allow-net" : `--allow-net=${list(hosts, asked)}`,
  ];
}

const program = import.meta.resolve("../cli.ts");

/** True if this process may start others. */
export async function canStartProcesses(): Promise<boolean> {
  const { state } = await Deno.permissions.query({ name: "run", command: "deno" });
  return state === "granted";
}

/** Runs jobs on `count` processes. */
export function processes(count: number): Executor {
  return async (jobs, { signal, clock, onEvent }) => {
    const waiting = [...jobs], permissions = await permissionsFor(jobs.map(({ cell }) => cell));
    const encoder = new TextEncoder();

    const work = async () => {
      let job = waiting.shift();
      if (!job || signal?.aborted) return;
      const child = new Deno.Command("deno", {
        args: ["run", "--quiet", "--no-prompt", ...permissions, program, "cell", ...clock ? ["--times"] : []],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const input = child.stdin.getWriter();
      const send = (next: CellJob) => input.write(encoder.encode(JSON.stringify(next) + "\n")).catch(() => {});
      let closing: Promise<void> | undefined;
      const stop = () => closing ??= input.close().catch(() => {});
      signal?.addEventListener("abort", stop);
      try {
        send(job);
        for await (const line of lines(child.stdout)) {
          const event = JSON.parse(line) as CellEvent;
          onEvent(event);
          if (!["finished", "failed", "interrupted", "error"].includes(event.type)) continue;
          job = signal?.aborted ? undefined : waiting.shift();
          if (!job) break;
          send(job);
        }
        await stop();
        const { code, signal: killedBy } = await child.status;
        if (job) {
          const message =
            `the process of cell ${job.cell.id} ended unexpectedly (${killedBy ?? `exit code ${code}`}); ` +
            "run the same command again to continue.";
          onEvent({ type: "error", id: job.cell.id, message });
        }
      } finally {
        signal?.removeEventListener("abort", stop);
      }
    };
    await Promise.all(Array.from({ length: Math.min(count, jobs.length) }, work));
  };
}
