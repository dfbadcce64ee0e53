/**
 * How far a run is that goes on: its phase, cells and steps, and the cells that have begun.
 *
 * @module
 */
import { counted } from "../../leaderboard/format.ts";
import { element, type Markup } from "../html.ts";
import { count, derived } from "../numbers.ts";
import { type CellUnderWay, doneOf, type UnderWay } from "../under_way.ts";
import { section } from "../view.ts";

/** `3 of 8`, both computed. */
const ofWhole = (done: number, whole: number, from: string): Markup =>
  element`${derived(done, from, count)} of ${derived(whole, from, count)}`;

/** What the run is at, in words. */
function phaseWords({ phase, sweeps }: UnderWay): string {
  if (!sweeps) return "All algorithms are trained side by side.";
  return phase === "sweep"
    ? "Phase 1 of 2, the sweep: learning rates are chosen, on seeds and held-out problems of their own. Then come the algorithms with the rates that did best."
    : "Phase 2 of 2, the comparison: the sweep has chosen the learning rates, all algorithms are trained with theirs.";
}

function begunLine({ task, label, seed, steps, of }: CellUnderWay): Markup {
  return element`<li><b>${label}</b> on ${task}, seed ${seed}: step ${
    ofWhole(steps.at(-1)?.step ?? 0, of, "steps recorded of this cell")
  }</li>`;
}

/** Section: how far the run is. */
export function underWaySection(underWay: UnderWay): Markup {
  const done = doneOf(underWay.cells), over = done.cells === done.of;
  const begun = [...new Map(underWay.cells.map((cell) => [cell.id, cell])).values()]
    .filter(({ state }) => state === "begun");
  return section(
    "under-way",
    over ? "Finished" : "Under way",
    phaseWords(underWay),
    element`<p class="progress"><progress max="${done.ofSteps}" value="${done.steps}" aria-label="steps"></progress> ${
      ofWhole(done.cells, done.of, "cells that are over")
    } cells, ${ofWhole(done.steps, done.ofSteps, "steps recorded")} steps</p>${
      begun.length > 0 &&
      element`<p class="caption">${counted(begun.length, "cell")} begun and not over:</p><ul class="events">${
        begun.map(begunLine)
      }</ul>`
    }`,
  );
}
