/**
 * `podium report`: writes one page about runs, or serves it while a run goes on.
 *
 * @module
 */
import { writeOrRefuse } from "../markdown.ts";
import { exitCodes, Refusal } from "../outcomes.ts";
import { makeDirectory, writeAtomically } from "../records.ts";
import { plotFiles } from "../report/files.ts";
import { reportPage } from "../report/page.ts";
import { isDirectory, readSources } from "../report/read.ts";
import { watchRun } from "../report/watch.ts";
import { onInterrupt } from "./interrupt.ts";

/** Options of `podium report`. */
export interface ReportOptions {
  /** File of the page. Default: `report.html` in the directory of the first run. */
  out?: string;
  /** Directory that gets the main plots as SVG files. */
  svg?: string;
  /** Serve the page while the run goes on. */
  watch?: boolean;
  /** Port to serve at. */
  port?: number;
}

/** Where the page goes if nobody says. */
async function besides(first: string): Promise<string> {
  const path = first.replace(/(.)\/+$/, "$1");
  if (await isDirectory(path)) return `${path}/report.html`;
  return path.includes("/") ? path.replace(/[^/]*$/, "report.html") : "report.html";
}

/** Serves the page of one run until Ctrl-C. */
async function watch(runs: readonly string[], { out, svg, port = 0 }: ReportOptions): Promise<number> {
  const other = out !== undefined ? "--out" : svg !== undefined ? "--svg" : undefined;
  if (other) throw new Refusal(`--watch serves the page and writes no file; leave ${other} out.`);
  if (runs.length > 1) throw new Refusal("--watch serves the page of one run; name one.");
  const interrupt = onInterrupt(() => console.error("stopping."));
  try {
    await watchRun(runs[0].replace(/(.)\/+$/, "$1"), {
      port,
      signal: interrupt.signal,
      onListen: (address) => console.log(`page: ${address}  (Ctrl-C stops)`),
      onProblem: (message) => console.error(message),
    });
    return exitCodes.interrupted;
  } finally {
    interrupt.release();
  }
}

/** Runs the command; returns the exit code. */
export async function report(runs: readonly string[], options: ReportOptions): Promise<number> {
  if (options.watch) return await watch(runs, options);
  if (options.port !== undefined) throw new Refusal("--port is where --watch serves; add --watch, or leave it out.");
  const sources = await readSources(runs), out = options.out ?? await besides(runs[0]), { svg } = options;
  const page = await reportPage(sources.runs, sources.claims);
  await writeOrRefuse(out, () => writeAtomically(out, page));
  console.log(`page: ${out}`);
  if (svg !== undefined) {
    await makeDirectory(svg);
    const files = sources.runs.flatMap(plotFiles);
    for (const { name, svg: text } of files) {
      await writeOrRefuse(`${svg}/${name}`, () => writeAtomically(`${svg}/${name}`, text));
    }
    console.log(`plots: ${files.length} SVG files in ${svg}`);
  }
  return exitCodes.ok;
}
