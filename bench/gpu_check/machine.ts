/**
 * The machine that `podium gpu-check` runs on: adapter, driver, versions, clocks.
 *
 * @module
 */
import { type Environment, environment } from "../environment.ts";
import type { Gpu } from "../../policy/webgpu/device.ts";

/** What may change a number of the report. */
export interface Machine extends Environment {
  adapter: Record<string, string | number | boolean>;
  features: string[];
  /** What the adapter could grant, and what the device was granted where that differs. */
  limits: Record<string, number>;
  granted: Record<string, number>;
  /** Variables that choose back end, loader and driver, as far as they may be read. */
  variables: Record<string, string>;
  /** What `nvidia-smi` says of the first card; null without it. */
  nvidia: Record<string, string> | null;
  /** Float32 peak without tensor cores in TFLOP/s, from the maker's data sheet; null for an unknown card. */
  peak: number | null;
}

/** Float32 TFLOP/s at boost clock, by the makers' data sheets. */
const PEAKS: [RegExp, number][] = [
  [/H200|GH200|H100.*(HBM3|SXM)/, 66.9],
  [/H100 NVL/, 60],
  [/H100/, 51.2],
  [/A100/, 19.5],
  [/L40S/, 91.6],
  [/\bL4\b/, 30.3],
  [/\bA10\b/, 31.2],
  [/V100/, 15.7],
  [/\bT4\b/, 8.1],
  [/RTX 5090/, 104.8],
  [/RTX 4090/, 82.6],
  [/RTX 3090/, 35.6],
];

const VARIABLES = ["DENO_WEBGPU_BACKEND", "VK_DRIVER_FILES", "VK_ICD_FILENAMES", "LD_LIBRARY_PATH"];

const ASKED = [
  "name",
  "driver_version",
  "memory.total",
  "clocks.max.sm",
  "clocks.max.memory",
  "power.limit",
  "pcie.link.gen.max",
] as const;

/** Describes the machine. */
export async function describeMachine(gpu: Gpu): Promise<Machine> {
  const adapter = (await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }))!, { info } = adapter;
  const limits = numbersOf(adapter.limits), granted = numbersOf(gpu.device.limits);
  return {
    ...environment(),
    // The fields are getters: neither JSON nor a spread sees them.
    adapter: {
      vendor: info.vendor,
      architecture: info.architecture,
      device: info.device,
      description: info.description,
      fallback: info.isFallbackAdapter,
      subgroupMinSize: info.subgroupMinSize,
      subgroupMaxSize: info.subgroupMaxSize,
    },
    features: gpu.adapter.features,
    limits,
    granted: Object.fromEntries(Object.entries(granted).filter(([name, value]) => limits[name] !== value)),
    variables: Object.fromEntries(VARIABLES.flatMap((name) => {
      const { state } = Deno.permissions.querySync({ name: "env", variable: name });
      const value = state === "granted" ? Deno.env.get(name) : undefined;
      return value === undefined ? [] : [[name, value]];
    })),
    nvidia: await nvidia(ASKED),
    peak: PEAKS.find(([name]) => name.test(info.description))?.[1] ?? null,
  };
}

/** Memory of the first card in use, in MiB; null without `nvidia-smi`. */
export async function memoryInUse(): Promise<number | null> {
  const found = await nvidia(["memory.used"]), used = parseFloat(found?.["memory.used"] ?? "");
  return Number.isFinite(used) ? used : null;
}

/** Gigabytes of the first card, by `nvidia-smi`; infinitely many without it: nobody else says. */
export function cardMemory({ nvidia }: Pick<Machine, "nvidia">): number {
  const mebibytes = parseFloat(nvidia?.["memory.total"] ?? "");
  return Number.isFinite(mebibytes) ? mebibytes * 2 ** 20 / 1e9 : Infinity;
}

async function nvidia(fields: readonly string[]): Promise<Record<string, string> | null> {
  try {
    const args = [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader", "--id=0"];
    const { success, stdout } = await new Deno.Command("nvidia-smi", { args, stderr: "null" }).output();
    if (!success) return null;
    const values = new TextDecoder().decode(stdout).trim().split("\n")[0].split(",");
    return Object.fromEntries(fields.map((field, n) => [field, values[n]?.trim() ?? ""]));
  } catch {
    return null; // There is no such program, or it may not be run.
  }
}

function numbersOf(limits: GPUSupportedLimits): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") found[name] = value;
  }
  return found;
}
