/**
 * One text and one hash for one value, whatever order its keys were written in.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** JSON with sorted keys and no white space. Numbers print as their shortest exact decimal, so equal text is equal bits. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** Sorted before it is written: a replacer, which is called for every number, takes several times as long. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = value as Record<string, unknown>;
  return Object.fromEntries(Object.keys(entries).sort().map((key) => [key, sorted(entries[key])]));
}

/** SHA-256 (hex) of the parts one after another. */
export function sha256(...parts: (string | ArrayBufferView)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(typeof part === "string" ? part : new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return hash.digest("hex");
}
