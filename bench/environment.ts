/**
 * The machine and the programs that a record was made with.
 *
 * @module
 */
import { cpus } from "node:os";
import configuration from "../deno.json" with { type: "json" };

/** What may change the last bits of a number, or the seconds it took. */
export interface Environment {
  /** Version of Podium. */
  podium: string;
  /** Version of Deno. */
  deno: string;
  /** Version of V8. */
  v8: string;
  /** Operating system. */
  os: string;
  /** Instruction set. */
  arch: string;
  /** Processor model; null where it can't be read. */
  cpu: string | null;
  /** Widest vector instructions of the processor, which decide the matrix kernels and so the last bits; null where unknown. */
  instructions: string | null;
  /** Logical cores. */
  cores: number;
}

/** Vector instruction sets that matrix kernels are chosen by, the widest first. */
const instructionSets = ["amx_tile", "avx512_vnni", "avx512f", "avx_vnni", "avx2", "avx", "sve", "asimd"] as const;

let listed: string | null | undefined;

/**
 * The first of these that `lscpu` lists (Linux). The kernel's own file can't be read with named permissions: Deno keeps
 * `/proc` for programs that may do anything.
 */
function vectorInstructions(): string | null {
  if (listed !== undefined) return listed;
  const { state } = Deno.permissions.querySync({ name: "run", command: "lscpu" });
  if (Deno.build.os !== "linux" || state !== "granted") return null;
  try {
    const { stdout } = new Deno.Command("lscpu", { stdout: "piped", stderr: "null" }).outputSync();
    const flags = new Set(new TextDecoder().decode(stdout).split(/\s+/));
    listed = instructionSets.find((name) => flags.has(name)) ?? null;
  } catch {
    listed = null; // There is no such program.
  }
  return listed;
}

/** Describes this machine. */
export function environment(): Environment {
  let cpu: string | null = null;
  try {
    cpu = cpus()[0]?.model.trim() || null;
  } catch {
    // Not permitted to ask.
  }
  return {
    podium: configuration.version,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    os: Deno.build.os,
    arch: Deno.build.arch,
    cpu,
    instructions: vectorInstructions(),
    cores: navigator.hardwareConcurrency,
  };
}
