/**
 * Tables of rows of the leaderboard: sortable by every column, one row per algorithm, the policy before training on top.
 *
 * Where a number stands in the JSON is said by the pointers of its row and of its column's head, `data-path` each.
 *
 * @module
 */
import { type Column, meaningOf, numberIn, pointerIn, valueIn } from "./columns.ts";
import { attributes, type Content, element, type Markup } from "./html.ts";
import { none } from "./numbers.ts";
import type { LeaderboardRow } from "../leaderboard/shape.ts";
import type { Looks } from "./series.ts";

/** A row and where it stands. */
export interface PlacedRow {
  /** The row. */
  row: LeaderboardRow;
  /** Its JSON Pointer. */
  path: string;
}

/** A column that the caller draws. */
export interface DrawnColumn {
  /** Style of the table that draws the grid, see `stripGrid`. */
  grid: string;
  /** What stands over it. */
  title: Content;
  /** The cell of a row. */
  cell: (placed: PlacedRow) => Content;
  /** Number to sort by; absent: it can't be sorted by. */
  sort?: (placed: PlacedRow) => number | null;
}

/** What a table shows. */
export interface TableOptions {
  /** What the table is, for those who hear it. */
  caption: string;
  /** The policy before training; absent: it is not shown. */
  base?: PlacedRow;
  /** The rows, in their first order. */
  rows: readonly PlacedRow[];
  /** Columns of numbers. */
  columns: readonly Column[];
  /** A column between names and numbers. */
  drawn?: DrawnColumn;
  /** Looks of the algorithms. */
  looks: Looks;
}

/** The head of a column that can be sorted by. */
export function sortable(title: Content, options: { path?: string; meaning?: string; kind?: string } = {}): Markup {
  const { path, meaning, kind } = options;
  return element`<th${
    attributes({ scope: "col", "aria-sort": "none", "data-path": path, class: kind })
  }><button type="button"${attributes({ "data-tip": meaning })}>${title}</button></th>`;
}

/** The name of an algorithm with its colour and dashes. */
export function nameOf(label: string, looks: Looks): Markup {
  return element`<span class="name"><i class="${looks.get(label)?.kind ?? "cbase"}"></i>${label}</span>`;
}

function numberCell(row: LeaderboardRow, column: Column, share: number | null): Markup {
  const value = valueIn(row, column.path), number = numberIn(row, column.path);
  if (number === null) return element`<td>${none}</td>`;
  const { low = null, high = null } = typeof value === "object" && value !== null && column.interval ? value : {};
  const bar = share !== null && Math.round(100 * share) > 0 && `--w:${Math.round(100 * share)}%`;
  return element`<td${attributes({ style: bar })}>${column.format(number)}${
    low !== null && high !== null && element` <small>${column.format(low)} to ${column.format(high)}</small>`
  }</td>`;
}

/** Shares of the largest number of each column, for the bars below numbers; null where that says nothing. */
function sharesOf(
  rows: readonly PlacedRow[],
  columns: readonly Column[],
): (row: LeaderboardRow, index: number) => number | null {
  const largest = columns.map(({ path }) => Math.max(...rows.map(({ row }) => numberIn(row, path) ?? 0)));
  const negative = columns.map(({ path }) => rows.some(({ row }) => (numberIn(row, path) ?? 0) < 0));
  return (row, index) => {
    const number = numberIn(row, columns[index].path);
    return number === null || negative[index] || largest[index] <= 0 ? null : Math.max(0, number / largest[index]);
  };
}

/** Heads over groups of columns. */
function groupHeads(columns: readonly Column[], before: number): Markup {
  const groups: { name: string; span: number }[] = [];
  for (const { group } of columns) {
    if (groups.at(-1)?.name === group) groups.at(-1)!.span++;
    else groups.push({ name: group, span: 1 });
  }
  if (groups.length < 2) return element``;
  return element`<tr class="groups"><td colspan="${before}"></td>${
    groups.map(({ name, span }) => element`<th scope="colgroup" colspan="${span}">${name}</th>`)
  }</tr>`;
}

/** A column's path as seen from any of the rows: they agree on whether it holds an estimate. */
function headPath(rows: readonly PlacedRow[], { path }: Column): string {
  const some = rows.find(({ row }) => valueIn(row, path) !== null) ?? rows[0];
  return some ? pointerIn(some.row, path) : "";
}

/** A sortable table. */
export function table({ caption, base, rows, columns, drawn, looks }: TableOptions): Markup {
  const all = base ? [base, ...rows] : rows, shareOf = sharesOf(all, columns);
  const line = (placed: PlacedRow, index: number | null) => {
    const { row, path } = placed;
    return element`<tr${
      attributes({
        "data-path": path,
        "data-algorithm": index === null ? null : row.label,
        class: index === null && "before",
      })
    }><td class="rank">${
      row.rank ??
        (index === null ? "" : none)
    }</td><th scope="row">${index === null ? row.label : nameOf(row.label, looks)}</th>${
      drawn &&
      element`<td${attributes({ class: "drawn", "data-sort": drawn.sort?.(placed) })}>${drawn.cell(placed)}</td>`
    }${columns.map((column, place) => numberCell(row, column, shareOf(row, place)))}</tr>`;
  };
  return element`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="data numbers"${
    attributes({ style: drawn?.grid })
  }><caption>${caption}</caption><thead>${groupHeads(columns, drawn ? 3 : 2)}<tr>${
    sortable("rank", {
      path: "/rank",
    })
  }${sortable("algorithm", { kind: "text" })}${
    drawn &&
    (drawn.sort ? sortable(drawn.title, { kind: "drawn" }) : element`<th scope="col" class="drawn">${drawn.title}</th>`)
  }${
    columns.map((column) =>
      sortable(column.title, {
        path: headPath(all, column),
        meaning: meaningOf(column.path),
      })
    )
  }</tr></thead>${base && element`<tbody class="base">${line(base, null)}</tbody>`}<tbody>${
    rows.map((
      placed,
      index,
    ) => line(placed, index))
  }</tbody></table></div>`;
}
