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

/** The first of these that Linux lists for the first processor. */
function vectorInstructions(): string | null {
  if (Deno.build.os !== "linux") return null;
  try {
    const [, flags] = /^(?:flags|Features)\s*:(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo")) ?? [];
    const listed = new Set(flags?.trim().split(/\s+/));
    return instructionSets.find((name) => listed.has(name)) ?? null;
  } catch {
    return null; // Not permitted to ask.
  }
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
