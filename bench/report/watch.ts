/**
 * Serves the page of a run while it goes on: made from what is recorded so far, again whenever the records have grown.
 * Browsers are told by server-sent events.
 *
 * @module
 */
import { reasonOf } from "../../policy/reason.ts";
import { type Benchmark, parseBenchmark } from "../benchmark.ts";
import { environment } from "../environment.ts";
import { buildLeaderboard } from "../leaderboard/leaderboard.ts";
import { Refusal } from "../outcomes.ts";
import { readJson } from "../records.ts";
import { plannedTasks } from "../run_suite.ts";
import { reportPage } from "./page.ts";
import { claimsBeside, runOf } from "./read.ts";

/** How a run is watched. */
export interface WatchOptions {
  /** Port to serve at; 0: one that is free. */
  port: number;
  /** Ends the serving. */
  signal: AbortSignal;
  /** Milliseconds between looks at the directory. Default 2000. */
  interval?: number;
  /** Called with the address once it is served. */
  onListen?: (address: string) => void;
  /** Called with one sentence when a page could not be made; the page before it stays. */
  onProblem?: (message: string) => void;
}

/** Sizes of what is recorded in a run's directory: two that are equal mean that nothing was added. */
async function stateOf(directory: string): Promise<string> {
  const sizes: string[] = [];
  for await (const cell of Deno.readDir(directory)) {
    if (!cell.isDirectory) continue;
    for (const name of ["steps.jsonl", "evaluations.jsonl", "result.json", "failure.json", "verification.json"]) {
      const size = await Deno.stat(`${directory}/${cell.name}/${name}`).then(({ size }) => size, () => null);
      if (size !== null) sizes.push(`${cell.name}/${name} ${size}`);
    }
  }
  return sizes.sort().join("\n");
}

/** The page of a run from what is recorded so far. */
async function pageOf(directory: string, suite: Benchmark): Promise<string> {
  const tasks = await plannedTasks(suite, directory);
  if (!tasks) throw new Refusal(`${directory}: the learning rates are still being chosen; the page comes after that.`);
  const leaderboard = await buildLeaderboard(suite, tasks, directory, environment());
  return await reportPage([await runOf(leaderboard, directory, directory)], await claimsBeside(directory), {
    live: true,
  });
}

/** What is served before there is a page: it asks again by itself. */
const waiting = '<!DOCTYPE html><meta http-equiv="refresh" content="2"><title>Podium</title><p>Nothing to show yet.';

/** Waits, or until the signal. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}

/**
 * Serves the page of the run in a directory until the signal.
 *
 * @throws {Refusal} if there is no run, or the port can't be had.
 */
export async function watchRun(directory: string, options: WatchOptions): Promise<void> {
  const { port, signal, interval = 2000, onListen, onProblem } = options;
  const value = await readJson(`${directory}/suite.json`);
  if (value === undefined) throw new Refusal(`${directory}/suite.json: not there; give the directory of a run.`);
  const suite = parseBenchmark(value, `${directory}/suite.json`);
  let page = waiting, problem = "";
  const listeners = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const bytes = (text: string) => new TextEncoder().encode(text);
  const events = () => {
    let own: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        listeners.add(own = controller);
        controller.enqueue(bytes(": hello\n\n"));
      },
      cancel: () => void listeners.delete(own),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  };
  const answer = (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/events") return events();
    if (pathname !== "/") return new Response("There is one page here, at /.\n", { status: 404 });
    return new Response(page, { headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } });
  };
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    const onReady = ({ port }: Deno.NetAddr) => onListen?.(`http://127.0.0.1:${port}/`);
    server = Deno.serve({ hostname: "127.0.0.1", port, onListen: onReady }, answer);
  } catch (error) {
    throw new Refusal(`port ${port}: can't serve there (${reasonOf(error)}); choose another with --port.`);
  }
  try {
    for (let known = ""; !signal.aborted; await pause(interval, signal)) {
      const state = await stateOf(directory);
      if (state === known) continue;
      try {
        page = await pageOf(directory, suite);
        known = state;
        for (const listener of listeners) listener.enqueue(bytes("event: changed\ndata: 1\n\n"));
      } catch (error) {
        // A line may have been written between two reads: the next look tells.
        const message = error instanceof Refusal ? error.message : reasonOf(error);
        if (message !== problem) onProblem?.(problem = message);
      }
    }
  } finally {
    for (const listener of listeners) listener.close();
    await server.shutdown();
  }
}
