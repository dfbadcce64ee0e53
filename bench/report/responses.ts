/**
 * Real responses for the page: of every task one problem that the policy before training sometimes gets right, and what
 * every algorithm makes of it; right and wrong. The choice depends on the records alone.
 *
 * @module
 */
import type { LoggedResponse, ProblemResponses } from "../evaluate.ts";
import type { Board, Leaderboard, SeedRow } from "../leaderboard/shape.ts";
import { readJournal } from "../records.ts";

/** A right and a wrong response to a problem; null where there is none of the kind. */
export interface ResponsePair {
  /** The problem. */
  question: string;
  /** What the grader compares with. */
  gold: string;
  /** The first right sampled response. */
  right: LoggedResponse | null;
  /** The first wrong one. */
  wrong: LoggedResponse | null;
  /** How many of the sampled responses are right. */
  share: { right: number; of: number };
}

/** Responses on one task. */
export interface TaskResponses {
  /** Registry name. */
  task: string;
  /** The seed they are of. */
  seed: number;
  /** Before training. */
  before: ResponsePair;
  /** After training, by label: to the same problem, and where that is always right or always wrong to another as well. */
  after: { label: string; pairs: ResponsePair[] }[];
}

/** Responses of the first and of the last evaluation of a cell; null if the record is not there. */
async function evaluationsOf(
  directory: string,
): Promise<{ first: ProblemResponses[]; last: ProblemResponses[] } | null> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(`${directory}/responses`)) {
      if (/^step-\d+\.jsonl$/.test(name)) names.push(name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const [first, last] = [names.sort()[0], names.at(-1)!];
  if (first === undefined || first === last) return null;
  const read = (name: string) => readJournal<ProblemResponses>(`${directory}/responses/${name}`);
  return { first: await read(first), last: await read(last) };
}

function pairOf({ question, gold, sampled }: ProblemResponses): ResponsePair {
  return {
    question,
    gold,
    right: sampled.find(({ right }) => right) ?? null,
    wrong: sampled.find(({ right }) => !right) ?? null,
    share: { right: sampled.filter(({ right }) => right).length, of: sampled.length },
  };
}

const both = ({ sampled }: ProblemResponses) =>
  sampled.some(({ right }) => right) && sampled.some(({ right }) => !right);

/** Right and wrong responses after training: to this problem, and to the first with both where it has one kind only. */
function after(last: readonly ProblemResponses[], id: string): ResponsePair[] {
  const same = last.find((own) => own.id === id), other = last.find(both);
  return [same, same && both(same) ? undefined : other].flatMap((problem) => problem ? [pairOf(problem)] : []);
}

async function taskResponses({ task, rows }: Board, directory: string): Promise<TaskResponses | null> {
  const cellOf = (seeds: readonly SeedRow[]) => seeds.find(({ hash }) => hash !== null);
  let found: TaskResponses & { id: string } | null = null;
  for (const { label, seeds } of rows) {
    const cell = cellOf(seeds), read = cell && await evaluationsOf(`${directory}/${cell.cell}`);
    if (!read) continue;
    if (!found) {
      const problem = read.first.find(both) ?? read.first[0];
      if (!problem) continue;
      found = { task, seed: cell.seed, id: problem.id, before: pairOf(problem), after: [] };
    }
    found.after.push({ label, pairs: after(read.last, found.id) });
  }
  return found;
}

/** Responses of every task whose records lie in `directory`. */
export async function readResponses({ boards }: Leaderboard, directory: string): Promise<TaskResponses[]> {
  const found: TaskResponses[] = [];
  for (const board of boards) {
    const responses = await taskResponses(board, directory);
    if (responses) found.push(responses);
  }
  return found;
}
