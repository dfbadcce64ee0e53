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
  /** Logical cores. */
  cores: number;
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
    cores: navigator.hardwareConcurrency,
  };
}
