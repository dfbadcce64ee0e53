/**
 * Mathematical answers compared in a thread of their own, which is stopped if a comparison takes too long: a hostile
 * answer costs a second, never the run. The thread starts with the first comparison, because the parser takes time to
 * load, and does not keep the process alive.
 *
 * What counts as equal is in `math/equivalence.ts`; the conventions on which graders disagree are in `verdict.ts`.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { plainVerdict } from "./math/plain.ts";
import type { EquivalenceOptions, Verdict } from "./verdict.ts";

export type { EquivalenceOptions, Verdict } from "./verdict.ts";

/**
 * Longest time a comparison may take, in milliseconds. Limits of size and depth (`math/limits.ts`) refuse what would
 * take long before it is parsed, so that verdicts do not depend on the clock; this is the second line of defence.
 */
const TIME_LIMIT = 1000;

/** Options of {@linkcode gradeMath}. */
export interface MathGradingOptions extends EquivalenceOptions {
  /** Longest time of a comparison in milliseconds, counted from when the thread takes it up. Default 1000. */
  readonly timeLimit?: number;
}

/** A comparison under way or waiting. */
interface Job {
  readonly request: readonly [gold: string, prediction: string, options: EquivalenceOptions];
  readonly timeLimit: number;
  readonly resolve: (verdict: Verdict) => void;
}

let worker: Worker | undefined;
let ready = false;
/** Waiting and under way, in order; the first `sent` are with the thread. */
let sent = 0;
const jobs: Job[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** Verdicts by what was compared: samples of one problem often give the same answer, and asking the thread takes time. */
const known = new Map<string, Promise<Verdict>>();

/** Verdicts that are kept; then all are forgotten. */
const KEPT = 10_000;

/**
 * Whether a prediction means the same as the gold answer. Both are bare answers in LaTeX, ASCII mathematics or words;
 * `\boxed{…}` and dollar signs around them do no harm. It never throws and ends within a second.
 *
 * @example
 * ```ts
 * import { gradeMath } from "./math.ts";
 * await gradeMath("\\frac{1}{2}", "0.5"); // { verdict: "equal", reason: "equal: value" }
 * ```
 */
export function gradeMath(gold: string, prediction: string, options: MathGradingOptions = {}): Promise<Verdict> {
  const { timeLimit = TIME_LIMIT, ...conventions } = options;
  const name = JSON.stringify([gold, prediction, options]), before = known.get(name);
  if (before) return before;
  if (known.size >= KEPT) known.clear();
  const plain = plainVerdict(gold, prediction);
  const verdict = plain ? Promise.resolve(plain) : compare(gold, prediction, conventions, timeLimit);
  known.set(name, verdict);
  // What took too long may be quicker another time.
  verdict.then((found) => found.verdict === "unparsed" && known.delete(name));
  return verdict;
}

function compare(
  gold: string,
  prediction: string,
  conventions: EquivalenceOptions,
  timeLimit: number,
): Promise<Verdict> {
  return new Promise((resolve) => {
    jobs.push({ request: [gold, prediction, conventions], timeLimit, resolve });
    if (!worker) start();
    else if (jobs.length === sent + 1) queueMicrotask(send);
  });
}

function start(): void {
  const module = new URL("./math/worker.ts", import.meta.url);
  // A package that was loaded over the network, as from JSR: threads start from files and data URLs only.
  const entry = module.protocol === "file:"
    ? module
    : new URL(`data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(module.href)};`)}`);
  const started = worker = new Worker(entry, { env: {} });
  ready = false;
  sent = 0;
  started.on("message", (message: "ready" | Verdict) => {
    if (worker !== started) return; // It was stopped; what it still said is asked again.
    if (message !== "ready") return finish(message);
    ready = true;
    send();
  });
  started.on("error", (error: Error) => {
    if (worker === started) restart(`unparsed: the grader failed (${error.message.split("\n", 1)[0]})`);
  });
}

/** Hands the thread what it has not got yet, all in one message: one for each would take longer than most comparisons. */
function send(): void {
  if (!ready || sent === jobs.length) return;
  worker!.ref();
  worker!.postMessage(jobs.slice(sent).map(({ request }) => request));
  const idle = sent === 0;
  sent = jobs.length;
  if (idle) watch();
}

/** Gives the comparison under way its time. */
function watch(): void {
  const { timeLimit } = jobs[0];
  timer = setTimeout(() => restart(`unparsed: no verdict within ${timeLimit} ms`), timeLimit);
}

function finish(verdict: Verdict): void {
  clearTimeout(timer);
  jobs.shift()!.resolve(verdict);
  sent--;
  if (sent > 0) watch();
  else if (jobs.length === 0) worker!.unref();
}

/** Ends the thread together with the comparison it was at; the others go on in a new one. */
function restart(reason: string): void {
  clearTimeout(timer);
  worker!.terminate();
  worker = undefined;
  ready = false;
  jobs.shift()?.resolve({ verdict: "unparsed", reason });
  if (jobs.length > 0) start();
}
