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
  data?: string;
  steps?: number;
  memory?: number;
}

/** Runs the command; the exit code is 1 if a number is wrong. */
export async function gpuCheckCommand(options: GpuCheckOptions): Promise<number> {
  const { out, data, steps, memory, quick = false, software = false } = options, gpu = await openGpu({ software });
  const flags = [
    ...quick ? ["--quick"] : [],
    ...software ? ["--software"] : [],
    ...data === undefined ? [] : ["--data", data],
    ...steps === undefined ? [] : ["--steps", `${steps}`],
    ...memory === undefined ? [] : ["--memory", `${memory}`],
    ...out ? ["--out", out] : [],
  ];
  const extent = EXTENTS[software ? "software" : quick ? "quick" : "full"], { training } = extent;
  const asked = steps === undefined ? training : { ...training, steps, again: Math.min(steps, training.again) };
  const report = await gpuCheck(gpu, { ...extent, training: asked }, {
    command: ["podium gpu-check", ...flags].join(" "),
    data,
    memory,
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
