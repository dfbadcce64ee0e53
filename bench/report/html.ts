/**
 * HTML and SVG as text that can't be broken by what is put into it: everything is escaped unless it is markup itself.
 *
 * @module
 */

/** Text that is markup already. */
export interface Markup {
  /** The markup. */
  readonly markup: string;
}

/** What may stand in a template: text is escaped, lists are joined, nothing is left out. */
export type Content = Markup | string | number | false | null | undefined | readonly Content[];

/** Text between tags or in an attribute. Control characters have no place in XML. */
export function escaped(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f]/g, " ").replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function written(content: Content): string {
  if (content === null || content === undefined || content === false) return "";
  if (typeof content === "string") return escaped(content);
  if (typeof content === "number") return String(content);
  return "markup" in content ? content.markup : content.map(written).join("");
}

/**
 * A template whose values are escaped. (It is not called `html` because formatters put line breaks into templates of
 * that name, and the page would have them.)
 *
 * @example
 * ```ts
 * import { element } from "./html.ts";
 * element`<b>${"a < b"}</b>`.markup; // <b>a &lt; b</b>
 * ```
 */
export function element(strings: TemplateStringsArray, ...values: Content[]): Markup {
  let markup = strings[0];
  for (let index = 0; index < values.length; index++) markup += written(values[index]) + strings[index + 1];
  return { markup };
}

/** Text that is trusted to be markup: a style sheet, a script. */
export const raw = (markup: string): Markup => ({ markup });

/** Attributes of a tag; those that are null, undefined or false are left out, true stands without a value. */
export function attributes(values: Readonly<Record<string, string | number | boolean | null | undefined>>): Markup {
  return raw(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== false)
      .map(([name, value]) => value === true ? ` ${name}` : ` ${name}="${escaped(String(value))}"`).join(""),
  );
}

/** JSON for a script element, from which no text can break out. */
export function embeddedJson(value: unknown): Markup {
  return raw(JSON.stringify(value).replaceAll("<", "\\u003c"));
}
