/**
 * How learning rates were chosen.
 *
 * @module
 */
import type { Tuned } from "../../sweep.ts";
import { attributes, element, type Markup } from "../html.ts";
import { derived, none, percent, plain } from "../numbers.ts";
import type { ReportRun } from "../run.ts";
import type { Looks } from "../series.ts";
import { nameOf, sortable } from "../table.ts";
import { perTask, section } from "../view.ts";

/** Mean of the scores of a rate; null where a health gate stopped one of them. */
export function meanScore(scores: readonly (number | null)[]): number | null {
  return scores.includes(null) ? null : scores.reduce<number>((sum, score) => sum + score!, 0) / scores.length;
}

function tunedTable(tuned: readonly Tuned[], task: string, looks: Looks): Markup {
  const rates = [...new Set(tuned.flatMap(({ points }) => points.map(({ learningRate }) => learningRate)))].sort((
    a,
    b,
  ) => a - b);
  const means = tuned.flatMap(({ points }) => points.map(({ scores }) => meanScore(scores))).filter((mean) =>
    mean !== null
  );
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const caption = `Mean accuracy by learning rate on ${task}, %`;
  const cell = ({ points, learningRate }: Tuned, rate: number) => {
    const point = points.find((own) => own.learningRate === rate);
    if (!point) return element`<td>${none}</td>`;
    const mean = meanScore(point.scores), chosen = rate === learningRate;
    const seeds = point.scores.map((score) => score === null ? "stopped by a gate" : `${percent(score)} %`).join(", ");
    return element`<td${
      attributes({
        class: `heat${chosen ? " chosen" : ""}`,
        "data-tip": `learning rate ${rate}: seeds ${seeds}${chosen ? "; chosen" : ""}`,
        style: mean === null ? null : `--tint:${Math.round(45 * (high > low ? (mean - low) / (high - low) : 0))}%`,
      })
    }>${chosen && element`<span class="mark" aria-label="chosen">●</span>`}${
      mean === null ? "stopped" : derived(mean, "mean over the seeds of the sweep", percent)
    }</td>`;
  };
  return element`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="data numbers"><caption>${caption}</caption><thead><tr>${
    sortable("algorithm", { kind: "text" })
  }${rates.map((rate) => sortable(plain(rate)))}<th scope="col">choice</th></tr></thead><tbody>${
    tuned.map((entry) =>
      element`<tr data-algorithm="${entry.label}"><th scope="row">${nameOf(entry.label, looks)}</th>${
        rates.map((rate) => cell(entry, rate))
      }<td>${plain(entry.learningRate)}${
        entry.atEdge &&
        element`<span class="flag" data-tip="The best rate is the smallest or the largest that was tried: a better one may lie beyond.">▲ at the edge</span>`
      }</td></tr>`
    )
  }</tbody></table></div>`;
}

/** Section: the sweep; nothing if there was none. */
export function sweepSection(run: ReportRun, looks: Looks): Markup | null {
  const { boards, suite: { sweep } } = run.leaderboard;
  if (!sweep || boards.every(({ tuned }) => tuned === null)) return null;
  return section(
    "sweep",
    "Learning rates",
    `Every algorithm was tuned before it was compared: on ${sweep.seeds.length === 1 ? "seed" : "seeds"} ${
      sweep.seeds.join(", ")
    } and on other held-out problems than those reported here.`,
    perTask(run, ({ board: { tuned, task } }) => tuned && tunedTable(tuned, task, looks)),
  );
}
