/**
 * From a declaration to a plug-in. An algorithm's file says what is its own; this says what all share.
 *
 * @module
 */

import type { Algorithm, Description } from "../algorithm.ts";
import { type Resolved, resolveOptions, type Specs } from "./options.ts";

/** What an algorithm's file declares. `Built` is what its family's interface has beside name and options. */
export interface Declaration<Options extends object, Built extends object = Omit<Algorithm, "name" | "options">>
  extends Omit<Description, "options" | "presets"> {
  /** Every option with its default, source and check. */
  readonly options: Specs<Options>;
  /** Named option sets; the defaults are always there as `paper`. */
  readonly presets?: Readonly<Record<string, Partial<Resolved<Options>>>>;
  /**
   * What is wrong with options that are fine one by one, as the end of a sentence that says what to use instead;
   * `undefined` if nothing. `explicit` holds the names that the user set.
   */
  refuse?(options: Resolved<Options>, explicit: ReadonlySet<string>): string | undefined;
  /** The configured algorithm. */
  build(options: Resolved<Options>): Built;
}

/** The plug-in that {@linkcode define} makes. */
export interface Defined<Options extends object, Built extends object> {
  /** What it is and which options it has. */
  readonly description: Description;
  /**
   * Checks the options and returns the algorithm.
   *
   * @throws {RangeError | TypeError} one sentence that names the option, the bad value and what to use instead.
   */
  readonly create: (options?: Options) => Built & Pick<Algorithm, "name" | "options">;
}

/** Makes the plug-in. */
export function define<Options extends object, Built extends object = Omit<Algorithm, "name" | "options">>(
  declaration: Declaration<Options, Built>,
): Defined<Options, Built> {
  const { name, title, paper, family, summary, options: specs, refuse, build } = declaration;
  const presets: Record<string, Partial<Resolved<Options>>> = { paper: {}, ...declaration.presets };
  const documented: Record<string, Description["options"][string]> = {};
  for (const [option, spec] of Object.entries(specs as Specs<Record<string, unknown>>)) {
    documented[option] = { default: spec.default, description: spec.description, source: spec.source };
  }
  return {
    description: { name, title, paper, family, summary, options: documented, presets },
    create: (given) => {
      const { options, explicit } = resolveOptions(name, specs, presets, given as Record<string, unknown>);
      const problem = refuse?.(options, explicit);
      if (problem !== undefined) throw new RangeError(`${name}: ${problem}`);
      return { name, options, ...build(options) };
    },
  };
}
