/**
 * How the algorithms look in all plots of a page: one colour, dash and symbol each. With more algorithms than colours,
 * dashes and symbols differ; nothing is told by colour alone.
 *
 * @module
 */

/** Look of one algorithm. */
export interface Look {
  /** Colour of the style sheet, `c0` to `c6`, and dashes, `d0` to `d2`. */
  readonly kind: string;
  /** Number of the symbol. */
  readonly symbol: number;
}

const colours = 7, dashes = 3;

/** Looks by label, in the order of the labels: the first ones get solid lines. */
export type Looks = ReadonlyMap<string, Look>;

/** The look of the policy before training. */
export const baseLook: Look = { kind: "cbase", symbol: 0 };

/** Looks of these labels. */
export function looksOf(labels: readonly string[]): Looks {
  return new Map(labels.map((label, index) => [label, {
    kind: `c${index % colours} d${Math.floor(index / colours) % dashes}`,
    symbol: (index + Math.floor(index / colours)) % 4,
  }]));
}
