/**
 * The first screen: which algorithm should I use, how sure is that, what did it cost, can I repeat it?
 *
 * @module
 */
import { counted, problemCount } from "../../leaderboard/format.ts";
import type { LeaderboardRow } from "../../leaderboard/shape.ts";
import { numberIn } from "../columns.ts";
import { type Content, element, type Markup } from "../html.ts";
import { count, derived, fixed, mebibytes, numberAt, percent, pointer, significant } from "../numbers.ts";
import { estimateOf, type ReportRun, rowAt, type View } from "../run.ts";
import { nameOf } from "../table.ts";
import type { Looks } from "../series.ts";
import { command, perView } from "../view.ts";
import { verifiedCells, verifyCommand } from "./reproduce.ts";

function card(question: string, answer: Content, details: readonly Content[]): Markup {
  return element`<article class="card"><h3>${question}</h3><p class="big">${answer}</p><ul>${
    details.filter((detail) => detail).map((detail) => element`<li>${detail}</li>`)
  }</ul></article>`;
}

/** Labels of the first rank. */
const firstOf = ({ comparison }: View) =>
  comparison.standings.filter(({ rank }) => rank === 1).map(({ label }) => label);

/** Mean over the tasks of a view of a row's number; null where a task lacks it. */
function meanOver(view: View, label: string, path: readonly string[]): number | null {
  const numbers = view.boards.map((placed) => {
    const found = rowAt(placed, label);
    return found ? numberIn(found.row, path) : null;
  });
  return numbers.includes(null) ? null : numbers.reduce<number>((sum, number) => sum + number!, 0) / numbers.length;
}

/** The one of these with the least of a column; null if a number is missing. */
function least(
  view: View,
  labels: readonly string[],
  path: readonly string[],
): { label: string; value: number } | null {
  const found = labels.map((label) => ({ label, value: meanOver(view, label, path) }));
  return found.reduce<{ label: string; value: number } | null>(
    (best, { label, value }) => value !== null && (best === null || value < best.value) ? { label, value } : best,
    null,
  );
}

const lengthPath = ["metrics", "length", "mean"], secondsPath = ["metrics", "cost", "seconds"];

function which(view: View, looks: Looks): Markup {
  const first = firstOf(view), mean = view.boards.length > 1 ? "mean over tasks" : "mean over seeds";
  const [leader] = view.comparison.standings;
  if (!leader) return card("Which algorithm should I use?", "Not decided", [view.comparison.verdict]);
  const score = estimateOf(view, 0),
    answer = first.length === 1 ? nameOf(first[0], looks) : element`${first.length} share the first rank`;
  const shortest = least(view, first, lengthPath), fastest = least(view, first, secondsPath);
  return card("Which algorithm should I use?", answer, [
    first.length > 1 && element`<span class="names">${first.map((label) => element`${nameOf(label, looks)}`)}</span>`,
    first.length > 1 &&
    element`highest score: ${nameOf(leader.label, looks)} ${numberAt(score.value, score.paths.value, percent)} %`,
    shortest &&
    element`${first.length > 1 ? "shortest answers of these" : "length of its answers"}: ${
      first.length > 1 && nameOf(shortest.label, looks)
    } ${derived(shortest.value, mean, fixed(1))} tokens`,
    fastest &&
    element`${first.length > 1 ? "fewest seconds of these" : "seconds of training"}: ${
      first.length > 1 && nameOf(fastest.label, looks)
    } ${derived(fastest.value, mean, significant)} s`,
  ]);
}

function howSure({ suite }: ReportRun["leaderboard"], view: View): Markup {
  const { comparison } = view, { pairs, standings, seeds, detectable, left } = comparison;
  const [leader] = standings, found = pairs.filter(({ significant }) => significant).length;
  const tasks = view.boards.map(({ board }) => ({
    board,
    suite: suite.tasks.find(({ task }) => task === board.task)!,
  }));
  const problems = tasks.reduce((sum, { board, suite }) => sum + problemCount(suite, board), 0);
  const score = leader && estimateOf(view, 0);
  const range = score && score.low !== null && score.high !== null &&
    element`95 % interval of ${leader.label}: ${numberAt(score.low, score.paths.low, percent)} to ${
      numberAt(score.high, score.paths.high, percent)
    } %`;
  return card(
    "How sure is that?",
    pairs.length === 0
      ? "Nothing to compare"
      : element`${derived(found, "significant pairs", String)} of ${
        derived(pairs.length, "pairs", String)
      } pairs differ`,
    [
      range,
      element`${counted(seeds.length, "seed")} × ${
        derived(problems, "held-out problems", String)
      } held-out problems of ${counted(tasks.length, "task")} × ${tasks[0].suite.evaluation.samples} responses`,
      detectable !== null &&
      element`differences below ${
        numberAt(detectable, `${view.path}/detectable`, (value) => fixed(1)(100 * value))
      } points are likely to go unseen`,
      "paired t tests within seeds, Holm's correction, level 5 %",
      left.length > 0 && `not compared: ${left.map(({ label, reason }) => `${label} (${reason})`).join("; ")}`,
    ],
  );
}

/** Sum over all cells of a number; null if none has it. */
function sumOver(
  rows: readonly LeaderboardRow[],
  value: (seed: LeaderboardRow["seeds"][number]) => number | null,
): number | null {
  const numbers = rows.flatMap(({ seeds }) => seeds.map(value)).filter((number) => number !== null);
  return numbers.length > 0 ? numbers.reduce((sum, number) => sum + number, 0) : null;
}

function whatCost(view: View, looks: Looks): Markup {
  const rows = view.boards.flatMap(({ board }) => board.rows);
  const labels = [...new Set(rows.map(({ label }) => label))];
  const seconds = labels.map((label) => ({ label, value: meanOver(view, label, secondsPath) }))
    .filter((entry) => entry.value !== null).sort((a, b) => a.value! - b.value!);
  const mean = view.boards.length > 1 ? "mean over tasks" : "mean over seeds";
  const whole = sumOver(
    rows,
    ({ metrics: { cost: { seconds, parts } } }) =>
      seconds === null ? null : seconds + (parts.record ?? 0) + (parts.evaluate ?? 0),
  );
  const memory = rows.map(({ metrics }) => metrics.cost.memory?.mean ?? 0).reduce((a, b) => Math.max(a, b), 0);
  const responses = view.boards.map((placed) =>
    placed.board.rows.map(({ metrics }) => metrics.cost.responses?.mean ?? null)
  );
  const budget = Math.min(...responses.flat().filter((value) => value !== null));
  return card(
    "What did it cost?",
    seconds.length > 0
      ? element`${derived(seconds[0].value, mean, significant)} to ${
        derived(seconds.at(-1)!.value, mean, significant)
      } s`
      : "No clock was running",
    [
      seconds.length > 1 &&
      element`training of one seed on one core: ${nameOf(seconds[0].label, looks)} to ${
        nameOf(seconds.at(-1)!.label, looks)
      }`,
      Number.isFinite(budget) &&
      element`at least ${derived(budget, "smallest of the rows", count)} responses sampled per seed${
        view.boards.length > 1 && " and task"
      }`,
      whole !== null &&
      element`all of it, with evaluation and records: ${
        derived(whole / 60, "sum over all seeds", significant)
      } core minutes`,
      memory > 0 && element`at most ${derived(memory, "largest of the rows", mebibytes)} MiB of memory`,
    ],
  );
}

function canRepeat(run: ReportRun): Markup {
  const { cells, verified, levels } = verifiedCells(run.leaderboard);
  const { environment } = run.leaderboard;
  return card(
    "Can I repeat it?",
    verified === 0
      ? "Bit by bit; not verified yet"
      : element`${derived(verified, "verified cells", String)} of ${derived(cells, "cells", String)} cells verified`,
    [
      verified > 0 && `same hash chain when run again: ${levels}`,
      `bitwise with the same processor kind (${environment.cpu ?? environment.arch}${
        environment.instructions ? `, ${environment.instructions}` : ""
      }) and Podium ${environment.podium}`,
      element`check some yourself:${command(verifyCommand(run))}`,
    ],
  );
}

/** The first screen. */
export function answerSection(run: ReportRun, looks: Looks): Markup {
  return element`<section class="answer" id="answer" aria-label="In short">${
    perView(run, (view) =>
      element`<p class="verdict">${view.comparison.verdict}</p><div class="cards">${which(view, looks)}${
        howSure(run.leaderboard, view)
      }${whatCost(view, looks)}${
        canRepeat(
          run,
        )
      }</div>`)
  }</section>`;
}

/** Path of a pointer below the rows of a view. */
export const standingPath = (view: View, index: number): string => view.path + pointer("standings", index);
