/**
 * Which files of a data set are which split of which config. In this order, as the `datasets` library finds them:
 *
 * 1. what the front matter of README.md says (`configs:`, with `data_files` by split);
 * 2. the folders of the hub's own conversion to Parquet, `CONFIG/SPLIT/0000.parquet`;
 * 3. the names of files and folders: the words train, test and validation and their kin; if none has one, all is train.
 *
 * @module
 */

import { load } from "js-yaml";
import picomatch from "picomatch";
import { DataError } from "../data_error.ts";

/** A config: the paths of each split's files. */
export interface Config {
  /** Its name. */
  readonly name: string;
  /** Whether it is meant when none is named. */
  readonly preferred: boolean;
  /** Files by split. */
  readonly splits: ReadonlyMap<string, readonly string[]>;
}

/** An entry of `configs:` in the front matter, as far as it is understood. */
interface DeclaredConfig {
  config_name?: unknown;
  default?: boolean;
  data_dir?: string;
  data_files?: string | (string | { split?: string; path?: string | string[] })[];
}

const WORDS: Readonly<Record<string, string>> = {
  train: "train",
  training: "train",
  validation: "validation",
  valid: "validation",
  val: "validation",
  dev: "validation",
  test: "test",
  testing: "test",
  eval: "test",
  evaluation: "test",
};

/**
 * The configs of a data set with these data files; those without any are left out.
 *
 * @param readme the text of README.md, and how messages call it
 * @throws {DataError} if its front matter is not YAML
 */
export function configsOf(paths: readonly string[], readme?: { path: string; text: string }): Config[] {
  const declared = (readme ? declaredConfigs(readme) : []).map((config) => read(config, paths));
  const configs = declared.length > 0 ? declared : converted(paths) ?? [named("default", byWords(paths))];
  return configs.filter(({ splits }) => splits.size > 0);
}

function named(name: string, splits: Config["splits"], preferred = name === "default"): Config {
  return { name, preferred, splits: new Map([...splits].filter(([, files]) => files.length > 0)) };
}

function declaredConfigs({ path, text }: { path: string; text: string }): DeclaredConfig[] {
  const matter = /^\ufeff?---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/.exec(text)?.[1];
  if (!matter) return [];
  try {
    const { configs } = (load(matter) ?? {}) as { configs?: unknown };
    return Array.isArray(configs) ? configs.filter((config) => config !== null && typeof config === "object") : [];
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0];
    throw new DataError(`${path}: its front matter is not YAML (${reason}).`, { cause: error });
  }
}

function read(declared: DeclaredConfig, paths: readonly string[]): Config {
  const { config_name = "default", data_dir: folder, data_files: files } = declared;
  const name = String(config_name);
  const below = folder ? `${folder.replace(/^\.?\/+|\/+$/g, "")}/` : "";
  const matching = (
    patterns: string | string[] | undefined,
  ) => [patterns ?? []].flat().flatMap((pattern) => glob(below + pattern, paths));
  const splits = new Map<string, string[]>();
  if (files === undefined) {
    for (const [split, found] of byWords(paths, below)) splits.set(split, found);
  }
  for (const entry of [files ?? []].flat()) {
    const { split = "train", path } = typeof entry === "string" ? { path: entry } : entry;
    splits.set(split, [...new Set([...splits.get(split) ?? [], ...matching(path)])]);
  }
  return named(name, splits, declared.default ?? name === "default");
}

function glob(pattern: string, paths: readonly string[]): string[] {
  const matches = picomatch(pattern.replace(/^\.?\/+/, ""), { nobrace: true, noextglob: true, nonegate: true });
  return paths.filter((path) => matches(path));
}

function converted(paths: readonly string[]): Config[] | undefined {
  const configs = new Map<string, Map<string, string[]>>();
  for (const path of paths) {
    const [, config, split] = /^([^/]+)\/(?:partial-)?([^/]+)\/\d{4,}\.parquet$/.exec(path) ?? [];
    if (split === undefined) return undefined;
    const splits = configs.get(config) ?? new Map<string, string[]>();
    configs.set(config, splits.set(split, [...splits.get(split) ?? [], path]));
  }
  return [...configs].map(([name, splits]) => named(name, splits));
}

/** Files by the words in their names, or else in their folders', below a folder. */
function byWords(paths: readonly string[], below = ""): Map<string, string[]> {
  const splits = new Map<string, string[]>(), inside = paths.filter((path) => path.startsWith(below));
  for (const path of inside) {
    const segments = path.slice(below.length).toLowerCase().split("/").reverse();
    const words = segments.flatMap((segment) => segment.split(/[^a-z]+/));
    const split = words.map((word) => WORDS[word]).find((known) => known !== undefined);
    if (split) splits.set(split, [...splits.get(split) ?? [], path]);
  }
  return splits.size > 0 ? splits : new Map([["train", inside]]);
}
