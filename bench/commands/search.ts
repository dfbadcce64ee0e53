/**
 * `search`: how well and how fast an index finds what answers questions, if each question is its own query.
 *
 * Recall among the first k is the share of questions whose supporting passages are all there; beside it, the share of
 * supporting passages found.
 *
 * @module
 */
import { DataError } from "../../tasks/source/data_error.ts";
import { type Corpus, openCorpus } from "../../tasks/web_search/corpus.ts";
import { readQuestions } from "../../tasks/web_search/questions_file.ts";
import type { Search } from "../../tasks/web_search/search.ts";
import { align } from "../leaderboard/table.ts";
import { exitCodes } from "../outcomes.ts";

/** Among how many of the first passages is looked. */
const DEPTHS = [1, 5, 10, 20] as const;

/** Options of {@linkcode search}. */
export interface SearchCommandOptions {
  /** Passages: rows with `id`, `title` and `text`. */
  readonly corpus: string;
  /** Questions: rows with `question`, `answers` and `supporting`, ids of passages. */
  readonly questions: string;
  /** Print one JSON object instead of lines. */
  readonly json?: boolean;
  /** Where lines go. */
  readonly print?: (line: string) => void;
  /** Where a sentence about bad input goes. */
  readonly printError?: (line: string) => void;
}

/** Runs the command. Exit code 0; 1 on bad input. */
export async function search(options: SearchCommandOptions): Promise<number> {
  const { print = console.log, printError = (line) => console.error(`error: ${line}`) } = options;
  try {
    const asked = await readSupported(options.questions);
    const corpus = await openCorpus(options.corpus);
    requirePassages(asked, corpus, options);
    const { recall, milliseconds } = await measure(corpus.search, asked);
    corpus.close();
    if (options.json) {
      const { digest } = corpus, sources = { corpus: options.corpus, questions: options.questions };
      print(JSON.stringify({ ...sources, digest, asked: asked.length, recall, milliseconds }, null, 2));
    } else {
      print(`${asked.length} questions, each as its own query`);
      print(align([
        ["among the first", "all supporting passages", "share of them"],
        ...recall.map(({ first, all, share }) => [String(first), percent(all), percent(share)]),
      ]));
      const { mean, p99, slowest } = milliseconds;
      print(
        `milliseconds a query: ${mean.toFixed(1)} (mean), ${p99.toFixed(1)} (p99), ${slowest.toFixed(1)} (slowest)`,
      );
    }
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    printError(error.message);
    return exitCodes.error;
  }
}

/** A question and the passages that answer it. */
interface Supported {
  readonly id: string;
  readonly question: string;
  readonly supporting: readonly string[];
}

async function readSupported(path: string): Promise<Supported[]> {
  const { problems } = await readQuestions(path);
  return problems.map(({ id, question, meta }) => {
    const supporting = meta?.supporting;
    if (!Array.isArray(supporting) || supporting.length === 0) {
      throw new DataError(
        `${path}: question ${id} has no column "supporting", a list of the ids of passages that answer it.`,
      );
    }
    return { id, question, supporting: supporting.map(String) };
  });
}

/** Refuses questions about another corpus: passages that are not there can't be found, which would be called recall. */
function requirePassages(
  asked: readonly Supported[],
  corpus: Corpus,
  { corpus: path, questions }: SearchCommandOptions,
): void {
  const there = corpus.ids();
  for (const { id, supporting } of asked) {
    const missing = supporting.find((one) => !there.has(one));
    if (missing === undefined) continue;
    throw new DataError(`${questions}: question ${id} is answered by the passage "${missing}", which ${path} has not.`);
  }
}

async function measure(find: Search, asked: readonly Supported[]) {
  const times: number[] = [];
  const tally = DEPTHS.map((first) => ({ first, all: 0, found: 0 }));
  let wanted = 0;
  for (const { question, supporting } of asked) {
    const begin = performance.now();
    const passages = await find(question, { limit: DEPTHS[DEPTHS.length - 1] });
    times.push(performance.now() - begin);
    wanted += supporting.length;
    for (const one of tally) {
      const ids = new Set(passages.slice(0, one.first).map(({ id }) => id));
      const found = supporting.filter((id) => ids.has(id)).length;
      one.found += found;
      if (found === supporting.length) one.all++;
    }
  }
  times.sort((a, b) => a - b);
  return {
    recall: tally.map(({ first, all, found }) => ({ first, all: all / asked.length, share: found / wanted })),
    milliseconds: {
      mean: times.reduce((sum, time) => sum + time, 0) / times.length,
      p99: times[Math.ceil(0.99 * times.length) - 1],
      slowest: times[times.length - 1],
    },
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
