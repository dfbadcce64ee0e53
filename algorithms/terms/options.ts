/**
 * Checking options: defaults, presets, unknown names, bad values.
 *
 * @module
 */

import { suggestion } from "./nearest.ts";

/** A condition on an option's value, and the words that say what to use. */
export interface Check {
  /** Ends the sentence "…; use". */
  readonly use: string;
  /** Whether the value may be used. */
  accepts(value: unknown): boolean;
}

/** A finite number of at least `least`. */
export function atLeast(least: number): Check {
  return {
    use: `a number of at least ${least}`,
    accepts: (value) => typeof value === "number" && Number.isFinite(value) && value >= least,
  };
}

/** A finite number greater than `bound`. */
export function above(bound: number): Check {
  return {
    use: `a number greater than ${bound}`,
    accepts: (value) => typeof value === "number" && Number.isFinite(value) && value > bound,
  };
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number): Check {
  return {
    use: `a whole number of at least ${least}`,
    accepts: (value) => Number.isInteger(value) && Number(value) >= least,
  };
}

/** One of the values listed. */
export function oneOf(values: readonly (string | number | boolean)[]): Check {
  return {
    use: values.map((value) => JSON.stringify(value)).join(", ").replace(/, ([^,]*)$/, " or $1"),
    accepts: (value) => values.includes(value as string | number | boolean),
  };
}

/** `null`, or what `check` accepts. */
export function orNull(check: Check): Check {
  return { use: `${check.use}, or null`, accepts: (value) => value === null || check.accepts(value) };
}

/** An object from names to finite numbers. */
export const weights: Check = {
  use: 'an object from channel name to weight, such as {"accuracy": 1, "format": 0.5}',
  accepts: (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0 &&
    Object.values(value).every((weight) => typeof weight === "number" && Number.isFinite(weight)),
};

/** One option: its default, what it does, where the default comes from, and what is accepted. */
export interface Spec<Value = unknown> {
  /** Value where nothing is set. */
  readonly default: Value;
  /** What it does, with units. */
  readonly description: string;
  /** Where the default comes from. */
  readonly source: string;
  /** What is accepted. */
  readonly check: Check;
}

/** A {@linkcode Spec} for every option of an interface, apart from `preset`. */
export type Specs<Options> = { readonly [Name in Exclude<keyof Options, "preset">]-?: Spec<Required<Options>[Name]> };

/** Options with every value filled in. */
export type Resolved<Options> = { readonly [Name in Exclude<keyof Options, "preset">]-?: Required<Options>[Name] };

/** Result of {@linkcode resolveOptions}. */
export interface Resolution<Options> {
  /** Every option with its value, frozen. */
  readonly options: Resolved<Options>;
  /**
   * Names that the caller set, apart from presets: only these can be set in vain. Empty if the caller set every option,
   * as when an algorithm is made again from its record.
   */
  readonly explicit: ReadonlySet<string>;
}

const show = (value: unknown) =>
  JSON.stringify(value, (_, part) => typeof part === "number" && !Number.isFinite(part) ? String(part) : part) ??
    String(value);

/**
 * Defaults, overlaid with the preset named by `given.preset`, overlaid with what is set in `given`. `undefined` counts
 * as not set.
 *
 * @throws {TypeError} for an unknown option, naming the nearest.
 * @throws {RangeError} for an unknown preset or a value that is not accepted, naming what to use.
 */
export function resolveOptions<Options extends object>(
  algorithm: string,
  specs: Specs<Options>,
  presets: Readonly<Record<string, object>>,
  given: Readonly<Record<string, unknown>> = {},
): Resolution<Options> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`${algorithm}: options are ${show(given)}; use an object such as {"preset": "paper"}`);
  }
  const table = specs as Readonly<Record<string, Spec>>;
  const { preset, ...rest } = given;
  if (preset !== undefined && !(typeof preset === "string" && Object.hasOwn(presets, preset))) {
    const known = Object.keys(presets);
    throw new RangeError(
      `${algorithm}: option "preset" is ${show(preset)}; use ${oneOf(known).use}` +
        (typeof preset === "string" ? suggestion(preset, known) : ""),
    );
  }
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(table)) values[name] = spec.default;
  if (preset !== undefined) Object.assign(values, presets[preset as string]);
  const explicit = new Set<string>();
  for (const [name, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(table, name)) {
      throw new TypeError(
        `${algorithm}: unknown option "${name}"${suggestion(name, ["preset", ...Object.keys(table)])}`,
      );
    }
    if (!table[name].check.accepts(value)) {
      throw new RangeError(`${algorithm}: option "${name}" is ${show(value)}; use ${table[name].check.use}`);
    }
    values[name] = value;
    explicit.add(name);
  }
  // A complete set is what an algorithm reports of itself: making it again from its record must not be refused.
  if (explicit.size === Object.keys(table).length) explicit.clear();
  return { options: Object.freeze(values) as Resolved<Options>, explicit };
}
