/**
 * Tables and sections of Markdown files, written the way `deno fmt` writes them, so that generated parts of a README
 * stay as they are when it is formatted.
 *
 * @module
 */
import { Refusal } from "./outcomes.ts";
import { reasonOf } from "../policy/reason.ts";
import { writeAtomically } from "./records.ts";

/** A Markdown table: a title line and rows. Columns whose number is in `rightAligned` stand to the right. */
export function markdownTable(lines: readonly (readonly string[])[], rightAligned: readonly number[] = []): string {
  const cells = lines.map((line) => line.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = cells[0].map((_, column) =>
    Math.max(rightAligned.includes(column) ? 2 : 1, ...cells.map((line) => line[column].length))
  );
  const [title, ...rows] = cells.map((line) => line.map((cell, column) => pad(cell, column)));
  function pad(cell: string, column: number): string {
    return rightAligned.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
  }
  const rule = widths.map((width, column) =>
    rightAligned.includes(column) ? "-".repeat(width - 1) + ":" : "-".repeat(width)
  );
  return [title, rule, ...rows].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** Text broken into lines of at most `width` characters where a space stands. */
export function wrapped(text: string, width = 120): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

/**
 * A Markdown text with its section `name` replaced; the section stands between the comments `begin: NAME` and
 * `end: NAME`.
 *
 * @param source how errors call the text
 * @throws {Refusal} if the text has no such section.
 */
export function withSection(text: string, name: string, body: string, source: string): string {
  const begin = `<!-- begin: ${name} -->`, end = `<!-- end: ${name} -->`;
  const first = text.indexOf(begin), last = text.indexOf(end);
  if (first < 0 || last < first) {
    throw new Refusal(`${source}: has no section for it; add the lines \`${begin}\` and \`${end}\`.`);
  }
  return `${text.slice(0, first)}${begin}\n\n${body}\n\n${text.slice(last)}`;
}

/** Replaces a section of a file; `check` stops before the file is written. */
export async function writeSection(path: string, name: string, body: string, check = false): Promise<void> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new Refusal(`${path}: can't be read (${reasonOf(error)}); give a Markdown file.`);
  }
  const replaced = withSection(text, name, body, path);
  if (!check) await writeOrRefuse(path, () => writeAtomically(path, replaced));
}

/** Writes a file, or says in one sentence why it can't. */
export async function writeOrRefuse(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`${path}: can't be written (${reasonOf(error)}); choose another file.`);
  }
}
