/**
 * Numbers as readers of the page see them. Every number of the leaderboard on the page says where it stands in the
 * JSON embedded there, as a JSON Pointer (RFC 6901) in `data-path`; in a table the pointers of row and column head
 * together. A number that the page computed says how in `data-from`.
 *
 * @module
 */
import { attributes, element, type Markup } from "./html.ts";

/** How a number is written. */
export type Format = (value: number) => string;

/** What stands where there is no number. */
export const none = "–";

/** A typographic minus. */
const signed = (text: string) => text.replace("-", "−");

/** A formatter with so many decimals. */
export const fixed = (digits: number): Format => (value) => signed(value.toFixed(digits));

/** A share in percent, without the sign. */
export const percent: Format = (value) => fixed(1)(100 * value);

/** A difference of shares in percentage points, with its sign. */
export const points: Format = (value) => `${value > 0 ? "+" : ""}${percent(value)}`;

/** Three significant digits, as 0.00123, 12.3 or 12,345; very small and very large ones with an exponent. */
export const significant: Format = (value) => {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size < 1e-4 || size >= 1e7) return signed(value.toExponential(1));
  if (size >= 1000) return signed(Math.round(value).toLocaleString("en-US"));
  return signed(value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(size)))));
};

/** A count: whole below 10,000, then as 12.3k or 1.23M. */
export const count: Format = (value) => {
  if (value >= 999_500) return `${(value / 1e6).toFixed(value >= 1e7 ? 1 : 2)}M`;
  if (value >= 10_000) return `${(value / 1e3).toFixed(value >= 1e5 ? 0 : 1)}k`;
  return Number.isInteger(value) ? value.toLocaleString("en-US") : value.toFixed(1);
};

/** A p-value. */
export const probability: Format = (value) => value < 0.001 ? "<0.001" : value.toFixed(3);

/** Bytes in MiB. */
export const mebibytes: Format = (value) => (value / 2 ** 20).toFixed(0);

/** A whole number or a plain decimal as it is. */
export const plain: Format = (value) => signed(String(value));

/** Part of a JSON Pointer. */
export const pointer = (...parts: readonly (string | number)[]): string =>
  parts.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** A number of the leaderboard that stands at `path` in its JSON. */
export function numberAt(value: number | null, path: string, format: Format): Markup {
  if (value === null) return element`<span class="none">${none}</span>`;
  return element`<data${attributes({ value, "data-path": path })}>${format(value)}</data>`;
}

/** A number that the page computed from the leaderboard; `from` says how. */
export function derived(value: number | null, from: string, format: Format): Markup {
  if (value === null) return element`<span class="none">${none}</span>`;
  return element`<data${attributes({ value, "data-from": from })}>${format(value)}</data>`;
}
