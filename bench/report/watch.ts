/**
 * Serves the page of a run while it goes on: made from what is recorded so far, again whenever the records have grown.
 * Browsers are told by server-sent events, each the version of the page: a browser that comes back asks again only if
 * its own is another one.
 *
 * @module
 */
import { reasonOf } from "../../policy/reason.ts";
import { type Benchmark, parseBenchmark } from "../benchmark.ts";
import { sha256 } from "../canonical.ts";
import { environment } from "../environment.ts";
import { buildLeaderboard } from "../leaderboard/leaderboard.ts";
import { Refusal } from "../outcomes.ts";
import { readJson } from "../records.ts";
import { phaseOf } from "../run_suite.ts";
import { reportPage, sweepPage } from "./page.ts";
import { claimsBeside, runOf } from "./read.ts";
import { underWayOf } from "./under_way.ts";

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

/** A digest of the sizes of what is recorded in a run's directory: two that are equal mean that nothing was added. */
async function stateOf(directory: string): Promise<string> {
  const sizes: string[] = [];
  for await (const cell of Deno.readDir(directory)) {
    if (!cell.isDirectory) continue;
    for (const name of ["steps.jsonl", "evaluations.jsonl", "result.json", "failure.json", "verification.json"]) {
      const size = await Deno.stat(`${directory}/${cell.name}/${name}`).then(({ size }) => size, () => null);
      if (size !== null) sizes.push(`${cell.name}/${name} ${size}`);
    }
  }
  return sha256(sizes.sort().join("\n")).slice(0, 16);
}

/** The page of a run from what is recorded so far: its sweep, then the comparison. */
async function pageOf(directory: string, suite: Benchmark, version: string): Promise<string> {
  const { sweep } = suite, phase = await phaseOf(suite, directory);
  const live = { version, underWay: await underWayOf(phase, directory, sweep !== undefined) };
  if (sweep && phase.name === "sweep") return sweepPage(suite, sweep, live);
  const leaderboard = await buildLeaderboard(suite, phase.tasks, directory, environment());
  return await reportPage([await runOf(leaderboard, directory, directory)], await claimsBeside(directory), { live });
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
  let page = waiting, version = "", problem = "";
  const listeners = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const told = () => new TextEncoder().encode(`event: version\ndata: ${version}\n\n`);
  const events = () => {
    let own: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        listeners.add(own = controller);
        controller.enqueue(told());
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
    for (; !signal.aborted; await pause(interval, signal)) {
      const state = await stateOf(directory);
      if (state === version) continue;
      try {
        page = await pageOf(directory, suite, state);
        version = state;
        for (const listener of listeners) listener.enqueue(told());
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
