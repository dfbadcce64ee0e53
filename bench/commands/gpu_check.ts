/**
 * `podium gpu-check`: checks the numbers of this machine's GPU and times it.
 *
 * @module
 */
import { openGpu } from "../../policy/webgpu/device.ts";
import { reasonOf } from "../../policy/reason.ts";
import { EXTENTS, gpuCheck } from "../gpu_check/check.ts";
import type { Report } from "../gpu_check/report.ts";
import { reportTable } from "../gpu_check/table.ts";
import { exitCodes, Refusal } from "../outcomes.ts";
import { writeAtomically } from "../records.ts";

/** What the command line gives. */
export interface GpuCheckOptions {
  out?: string;
  quick?: boolean;
  software?: boolean;
}

/** Runs the command; the exit code is 1 if a number is wrong. */
export async function gpuCheckCommand({ out, quick = false, software = false }: GpuCheckOptions): Promise<number> {
  const gpu = await openGpu({ software });
  const flags = [...quick ? ["--quick"] : [], ...software ? ["--software"] : [], ...out ? ["--out", out] : []];
  const report = await gpuCheck(gpu, EXTENTS[software ? "software" : quick ? "quick" : "full"], {
    command: ["podium gpu-check", ...flags].join(" "),
    print: console.log,
    save: (report) => out === undefined ? Promise.resolve() : write(out, report),
  }).finally(() => gpu.dispose());
  console.log(`\n${reportTable(report)}`);
  return report.checks.every(({ passed }) => passed) ? exitCodes.ok : exitCodes.error;
}

async function write(path: string, report: Report): Promise<void> {
  try {
    await writeAtomically(path, JSON.stringify(report, null, 2) + "\n");
  } catch (error) {
    throw new Refusal(`${path}: can't be written (${reasonOf(error)}); give --out a file in a directory that exists.`);
  }
}
