/**
 * `podium report`: writes one page about runs, or serves it while a run goes on.
 *
 * @module
 */
import { writeOrRefuse } from "../markdown.ts";
import { exitCodes } from "../outcomes.ts";
import { writeAtomically } from "../records.ts";
import { reportPage } from "../report/page.ts";
import { isDirectory, readSources } from "../report/read.ts";

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

/** Runs the command; returns the exit code. */
export async function report(runs: readonly string[], options: ReportOptions): Promise<number> {
  const sources = await readSources(runs), out = options.out ?? await besides(runs[0]);
  const page = await reportPage(sources.runs, sources.claims);
  await writeOrRefuse(out, () => writeAtomically(out, page));
  console.log(`page: ${out}`);
  return exitCodes.ok;
}
