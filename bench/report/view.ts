/**
 * Parts of the page that several sections use: switches, figures, blocks that belong to a task.
 *
 * @module
 */
import { attributes, type Content, element, type Markup } from "./html.ts";
import { allTasks, boardsOf, type PlacedBoard, type ReportRun, type View, viewsOf, whenTask } from "./run.ts";
import type { PlacedRow } from "./table.ts";
import { pointer } from "./numbers.ts";

/** One choice of a switch. */
export interface Choice {
  /** Its key. */
  key: string;
  /** Words for it. */
  title: Content;
}

/** A row of radio buttons; what it chooses is shown by the script, see `data-when`. */
export function choices(scope: string, name: string, legend: string, list: readonly Choice[]): Markup {
  if (list.length < 2) return element``;
  return element`<fieldset class="switch" data-switch="${name}"><legend>${legend}</legend>${
    list.map(({ key, title }, index) =>
      element`<label><input type="radio"${
        attributes({ name: `${scope}-${name}`, value: key, checked: index === 0 })
      }><span>${title}</span></label>`
    )
  }</fieldset>`;
}

/** A part that is shown in some settings of switches, such as `task:a|b x:step`; hidden unless it is of the first. */
export function when(condition: string, shown: boolean, content: Content): Markup {
  return element`<div${attributes({ "data-when": condition, hidden: !shown })}>${content}</div>`;
}

/** A part per setting of the task switch. */
export function perView(run: ReportRun, content: (view: View) => Content): Markup[] {
  return viewsOf(run.leaderboard).map((view, index) => when(whenTask(view.key), index === 0, content(view)));
}

/** A part per task; with all tasks chosen, one after another. */
export function perTask(run: ReportRun, content: (placed: PlacedBoard) => Content): Markup {
  const boards = boardsOf(run.leaderboard), several = boards.length > 1;
  return element`<div class="tasks">${
    boards.map((placed) => {
      const { task } = placed.board;
      return element`<div class="task" data-when="${whenTask(allTasks, task)}">${
        several && element`<h3 class="task-name">${task}</h3>`
      }${content(placed)}</div>`;
    })
  }</div>`;
}

/** A figure with its caption. */
export function figure(content: Content, caption: Content): Markup {
  return element`<figure>${content}<figcaption>${caption}</figcaption></figure>`;
}

/** Rows of a board with their places. */
export function rowsOf({ board, path }: PlacedBoard): PlacedRow[] {
  return board.rows.map((row, index) => ({ row, path: path + pointer("rows", index) }));
}

/** The policy before training with its place. */
export const baseOf = ({ board, path }: PlacedBoard): PlacedRow => ({ row: board.base, path: `${path}/base` });

/** A command with a button that copies it. */
export function command(text: string): Markup {
  return element`<div class="command"><code>${text}</code><button type="button" data-copy="${text}">copy</button></div>`;
}

/** A section of the page with its heading. */
export function section(id: string, title: string, lead: Content, content: Content): Markup {
  return element`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${
    lead &&
    element`<p class="lead">${lead}</p>`
  }${content}</section>`;
}
