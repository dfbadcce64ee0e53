/**
 * In which settings two values differ.
 *
 * @module
 */
import { canonical } from "../canonical.ts";

/** One setting that differs; null where it is missing. */
export interface SettingChange {
  /** Path within the value, as `training.steps`. */
  path: string;
  /** In the first. */
  a: unknown;
  /** In the second. */
  b: unknown;
}

type Fields = { [name: string]: unknown };

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Settings that differ, by path; a list is one setting. */
export function settingChanges(a: unknown, b: unknown, path = ""): SettingChange[] {
  if (isObject(a) && isObject(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) =>
      settingChanges(a[name], b[name], path ? `${path}.${name}` : name)
    );
  }
  const known = [a ?? null, b ?? null];
  return canonical(known[0]) === canonical(known[1]) ? [] : [{ path, a: known[0], b: known[1] }];
}
