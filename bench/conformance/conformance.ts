/**
 * Golden vectors: files of cases with inputs, hyper-parameters and the numbers that must come out.
 *
 * Two layouts are read, documented in the formula sheets they belong to. A case names either a `fixture` of the file
 * (layout A, which may also have `primitives` tables) or carries its own `inputs` (layout B). What is computed for a
 * case is in `entries.ts`; which conventions are tried where a case does not fix one, in `golden_case.ts`. A third
 * layout has sections of statistics instead of cases; `statistics.ts` reads it.
 *
 * A case passes if every expected quantity is computed and differs by at most 1e-9, relative for numbers greater
 * than 1. It fails if one that is computed differs. It is unsupported if none differs but one is not computed. Keys
 * that begin with `fd_` are about how the file was made and are not looked at.
 *
 * @module
 */

import type { Response } from "../../algorithms/mod.ts";
import { entries } from "./entries.ts";
import { computedBy, type GoldenCase, type Quantities } from "./golden_case.ts";
import { tables } from "./primitives.ts";
import { statisticsOutcomes } from "./statistics.ts";
import { attempt, difference, isRecord, judge, type Outcome, say } from "./verdict.ts";

export type { Outcome };

/** Errors of advantages that differ by less are the same: layout B has 13 digits. */
const ROUNDING = 1e-12;

/** Marks of tokens or responses that depend on the sign of the advantage. */
const MARKS = new Set(["clipped_tokens", "seq_clipped", "valid", "keep_mask"]);

/**
 * An expected quantity without marks that mean nothing: an advantage that is 0 but for rounding has a sign by chance,
 * and whether it is clipped changes neither loss nor gradient.
 */
function meaningful(name: string, { [name]: expected, advantages }: GoldenCase["expected"], actual: unknown): unknown {
  if (!MARKS.has(name) || !Array.isArray(expected) || !Array.isArray(advantages)) return expected;
  const found = Array.from((actual ?? []) as ArrayLike<unknown>);
  const isZero = (i: number) => typeof advantages[i] === "number" && Math.abs(advantages[i]) <= ROUNDING;
  return expected.map((mark, i) => {
    if (!isZero(i) || i >= found.length) return mark;
    return ArrayBuffer.isView(found[i]) ? Array.from(found[i] as Float64Array) : found[i];
  });
}

function checkCase(golden: GoldenCase): Outcome {
  const { id, algorithm, expected } = golden;
  if (!Object.hasOwn(entries, algorithm)) {
    return { id, algorithm, status: "unsupported", error: NaN, reason: "no such algorithm here" };
  }
  return attempt(id, algorithm, () => {
    // Two conventions may both be within the tolerance (eps 0 and 1e-8), and the rest still tell them apart: the nearest
    // counts, and of those that rounding alone sets apart, the first.
    let best: Quantities = {}, least = Infinity;
    for (const candidate of entries[algorithm](golden)) {
      const known = expected.advantages !== undefined && candidate.advantages !== undefined;
      const error = known ? difference(expected.advantages, candidate.advantages) : 0;
      if (error < least - ROUNDING || least === Infinity) [best, least] = [candidate, error];
      if (error <= ROUNDING) break;
    }
    const names = Object.keys(expected).filter((name) => !name.startsWith("fd_"));
    const outcome = judge(
      id,
      algorithm,
      names.map((name) => [name, meaningful(name, expected, best[name]), best[name]] as const),
    );
    return { ...outcome, by: best[computedBy] };
  });
}

/** A list of numbers as a row. */
function row(value: unknown, what: string): Float64Array {
  if (!Array.isArray(value) || !value.every((part) => typeof part === "number")) {
    throw new TypeError(`${what} is not a list of numbers`);
  }
  return Float64Array.from(value as number[]);
}

/** One response from either layout. */
function readResponse(
  source: Readonly<Record<string, unknown>>,
  index: number,
  group: number,
  truncated: boolean,
): Response {
  const what = (name: string) => `${name} of response ${index}`;
  const logProbs = row(source.logp, what("logp"));
  const optional = (name: string) => {
    if (source[name] === undefined || source[name] === null) return undefined;
    const values = row(source[name], what(name));
    if (values.length !== logProbs.length) throw new TypeError(`${what(name)} and its logp differ in length`);
    return values;
  };
  const { rewards } = source;
  const mask = optional("mask"), planning = optional("planning_mask"), referenceLogProbs = optional("ref_logp");
  const values = optional("values_new"), oldValues = optional("values_old");
  return {
    group,
    tokens: new Uint32Array(logProbs.length),
    rewards: isRecord(rewards)
      ? rewards as Record<string, number | null>
      : typeof rewards === "number"
      ? { total: rewards }
      : {},
    truncated,
    logProbs,
    oldLogProbs: optional("old_logp") ?? logProbs,
    ...(mask && { mask }),
    ...(planning && { planning }),
    ...(referenceLogProbs && { referenceLogProbs }),
    ...(values && { values }),
    ...(oldValues && { oldValues }),
  };
}

/** Turns columns (one list per field) into one record per response. */
function columns(fixture: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const { logp, scores, ...rest } = fixture;
  if (!Array.isArray(logp)) return [];
  const fields = Object.entries({ logp, rewards: scores, ...rest });
  for (const [name, column] of fields) {
    if (Array.isArray(column) && column.length !== logp.length) {
      throw new TypeError(`${name} has ${column.length} entries for ${logp.length} responses`);
    }
  }
  return logp.map((_, i) =>
    Object.fromEntries(fields.filter(([, column]) => Array.isArray(column)).map(([n, c]) => [n, (c as unknown[])[i]]))
  );
}

/** A case of either layout. */
function readCase(raw: unknown, fixtures: unknown): GoldenCase {
  if (!isRecord(raw)) throw new TypeError("it is not an object");
  const id = typeof raw.id === "number" ? String(raw.id) : raw.id;
  if (typeof id !== "string") throw new TypeError('"id" is missing');
  if (typeof raw.algorithm !== "string") throw new TypeError('"algorithm" is missing');
  if (!isRecord(raw.expected)) throw new TypeError('"expected" is missing');
  const hyper = isRecord(raw.hyper) ? raw.hyper : {};
  let inputs: unknown = raw.inputs;
  if (inputs === undefined) {
    const name = raw.fixture;
    if (typeof name !== "string") throw new TypeError('it has neither "inputs" nor "fixture"');
    if (!isRecord(fixtures) || !isRecord(fixtures[name])) throw new TypeError(`there is no fixture "${name}"`);
    inputs = fixtures[name];
  }
  if (!isRecord(inputs)) throw new TypeError('"inputs" is not an object');
  const sources = Array.isArray(inputs.responses) ? inputs.responses : columns(inputs);
  const alive = Array.isArray(hyper.alive) ? hyper.alive : [];
  const groups = sources.map((source) => isRecord(source) ? source.group : undefined);
  const responses = sources.map((source, i) => {
    if (!isRecord(source)) throw new TypeError(`response ${i} is not an object`);
    // A prompt may be named by a word; the first of a name gives its number.
    const group = typeof source.group === "number" ? source.group : groups.indexOf(source.group);
    return readResponse(source, i, group, alive[i] === 0 || alive[i] === false);
  });
  const given = inputs.advantages;
  const advantages = Array.isArray(given)
    ? responses.map((response, i) =>
      Array.isArray(given[i]) ? row(given[i], "advantages") : response.logProbs.map(() => given[i] as number)
    )
    : undefined;
  const text = [raw.variant, raw.note, raw.defined_by].filter((part) => typeof part === "string").join("; ");
  return {
    id,
    algorithm: raw.algorithm,
    hyper,
    text,
    inputs,
    responses,
    expected: raw.expected,
    ...(advantages && { advantages }),
  };
}

/**
 * Checks the text of one golden file.
 *
 * @returns one outcome per case, and one per primitives table if there are any.
 * @throws {TypeError} if the text is not a golden file, saying why.
 */
export function checkGolden(text: string): { cases: Outcome[]; primitives: Outcome[] } {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new TypeError(`it is not JSON (${(error as Error).message})`);
  }
  const statistics = isRecord(file) ? statisticsOutcomes(file) : [];
  if (!isRecord(file) || !(Array.isArray(file.cases) || isRecord(file.primitives) || statistics.length > 0)) {
    throw new TypeError('it has no list called "cases"');
  }
  const { cases = [], fixtures, primitives = {} } = file as Record<string, unknown>;
  if (!Array.isArray(cases)) throw new TypeError('"cases" is not a list');
  const read = cases.map((raw, i) => {
    try {
      return readCase(raw, fixtures);
    } catch (error) {
      const name = isRecord(raw) && typeof raw.id === "string" ? `"${raw.id}"` : `number ${i + 1}`;
      throw new TypeError(`case ${name}: ${(error as Error).message}`);
    }
  });
  return {
    cases: [...read.map(checkCase), ...statistics],
    primitives: Object.entries(primitives as Record<string, unknown>).map(([name, table]) => {
      const id = `primitives.${name}`;
      if (!Object.hasOwn(tables, name)) {
        return { id, algorithm: "primitives", status: "unsupported", error: NaN, reason: "no such table here" };
      }
      return attempt(id, "primitives", () => judge(id, "primitives", tables[name](table)));
    }),
  };
}

/**
 * Checks golden files and prints each case that fails or is unsupported, each primitives table, and the totals.
 *
 * The last line counts cases: `conformance: N passed, N failed, N unsupported, max error X`. A primitives table is not
 * a case; one that fails or is unsupported is counted there all the same, so that the line and the exit code agree.
 *
 * @param files paths of golden files
 * @returns exit code: 1 if anything failed or a file cannot be read, 2 if nothing failed but something is unsupported,
 * else 0
 */
export async function conformance(
  files: readonly string[],
  { print = console.log, printError = console.error }: {
    print?: (line: string) => void;
    printError?: (line: string) => void;
  } = {},
): Promise<number> {
  if (files.length === 0) {
    printError("conformance: no file given; name one or more golden files, such as fixtures/golden/a.json");
    return 1;
  }
  const count = { passed: 0, failed: 0, unsupported: 0 };
  let largest = 0;
  for (const file of files) {
    let checked: ReturnType<typeof checkGolden>;
    try {
      checked = checkGolden(await Deno.readTextFile(file));
    } catch (error) {
      const reason = error instanceof Deno.errors.NotFound ? "there is no such file" : (error as Error).message;
      printError(`conformance: cannot use ${file}: ${reason}`);
      return 1;
    }
    for (const { id, algorithm, status, error, reason } of [...checked.primitives, ...checked.cases]) {
      const table = algorithm === "primitives";
      if (!table || status !== "passed") count[status]++;
      if (error > largest) largest = error;
      if (status !== "passed") print(`${status}: ${file} ${id} (${algorithm}): ${reason}`);
      else if (table) print(`passed: ${file} ${id}: largest error ${say(error)}`);
    }
  }
  const { passed, failed, unsupported } = count;
  const error = largest === 0 ? "0" : Number.isFinite(largest) ? largest.toExponential(1) : "Infinity";
  print(`conformance: ${passed} passed, ${failed} failed, ${unsupported} unsupported, max error ${error}`);
  return failed > 0 ? 1 : unsupported > 0 ? 2 : 0;
}
