/**
 * `podium doctor`: what this machine has, what is missing, and what to do about it.
 *
 * @module
 */
import { environment } from "../environment.ts";
import { connectionOfEnvironment } from "../../hub/connection.ts";
import { openSource } from "../policies.ts";
import { gpuFinding } from "./doctor_gpu.ts";

/** One thing that was looked at. */
export interface Finding {
  name: string;
  /** `missing` keeps Podium from working, `optional` only leaves something out. */
  state: "ok" | "optional" | "missing";
  detail: string;
}

async function engine(): Promise<Finding> {
  const name = "onnxruntime";
  try {
    const { env } = await import("onnxruntime-node");
    return { name, state: "ok", detail: `onnxruntime-node ${env.versions.node}` };
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0];
    return {
      name,
      state: "missing",
      detail: `${reason}; allow it with --allow-ffi and run \`deno install\` once online`,
    };
  }
}

async function basePolicy(): Promise<Finding> {
  const name = "base policy";
  try {
    const policy = await openSource("embedded:base");
    const { parameterCount, backend } = policy;
    await policy.dispose();
    return { name, state: "ok", detail: `${parameterCount} parameters on ${backend}` };
  } catch (error) {
    return {
      name,
      state: "missing",
      detail: `${(error as Error).message.split("\n")[0]} (deno task pretrain makes it)`,
    };
  }
}

function memory(): Finding {
  const { total, available } = Deno.systemMemoryInfo();
  const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  const enough = available > 1.5 * 2 ** 30;
  const hint = enough ? "" : "; a cell takes about 0.5 GiB, so use fewer --jobs";
  return {
    name: "memory",
    state: enough ? "ok" : "optional",
    detail: `${gib(available)} of ${gib(total)} GiB free${hint}`,
  };
}

/** Where data sets and policies of the form `hub:OWNER/NAME` come from. */
async function hub(): Promise<Finding> {
  const name = "hub";
  try {
    const { endpoint, token, offline, cache } = connectionOfEnvironment();
    const kept = `cache ${cache}`;
    if (offline) return { name, state: "ok", detail: `HF_HUB_OFFLINE is set: only what is in the ${kept}` };
    try {
      const response = await fetch(endpoint, { method: "HEAD", signal: AbortSignal.timeout(2000) });
      await response.body?.cancel();
      const access = token ? "with the token in HF_TOKEN" : "without HF_TOKEN, so only what is public";
      return { name, state: "ok", detail: `${endpoint} answers, ${access}; ${kept}` };
    } catch (error) {
      const reason = (error as Error).message.split("\n")[0].replace(/\.$/, "");
      const detail = `${endpoint} can't be reached (${reason}); HF_HUB_OFFLINE=1 uses what is in the ${kept}`;
      return { name, state: "optional", detail };
    }
  } catch (error) {
    return { name, state: "optional", detail: (error as Error).message };
  }
}

/** Python packages that `podium perf` compares with, where there are any. */
async function python(): Promise<Finding> {
  const name = "python3 with torch";
  const script = "import importlib.metadata as m\n" +
    "for p in ('torch','transformers','trl'):\n" +
    "  try: print(p, m.version(p))\n" +
    "  except m.PackageNotFoundError: pass";
  try {
    const { code, stdout } = await new Deno.Command("python3", { args: ["-c", script], stderr: "null" }).output();
    const found = new TextDecoder().decode(stdout).trim().replaceAll("\n", ", ");
    if (code === 0 && found.includes("torch")) return { name, state: "ok", detail: found };
  } catch {
    // No Python, or not permitted to run it.
  }
  return { name, state: "optional", detail: "not found; only `podium perf` would compare with it" };
}

/** Runs the command; returns the exit code. */
export async function doctor({ json }: { json?: boolean }): Promise<number> {
  const machine = environment();
  const parts = Deno.version.deno.split(".").map(Number);
  const recent = parts[0] > 2 || (parts[0] === 2 && parts[1] >= 9);
  const findings: Finding[] = [
    {
      name: "Deno",
      state: recent ? "ok" : "optional",
      detail: `${machine.deno}${recent ? "" : "; Podium is tested with 2.9, update with `deno upgrade`"}`,
    },
    {
      name: "cores",
      state: "ok",
      detail: `${machine.cores} (${machine.cpu ?? machine.arch}): that many cells side by side`,
    },
    memory(),
    await engine(),
    await basePolicy(),
    await gpuFinding(),
    await hub(),
    await python(),
  ];
  const broken = findings.some(({ state }) => state === "missing");
  if (json) console.log(JSON.stringify({ environment: machine, findings }, null, 2));
  else for (const { name, state, detail } of findings) console.log(`${state.padEnd(8)}  ${name}: ${detail}`);
  return broken ? 1 : 0;
}
