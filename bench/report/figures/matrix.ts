/**
 * All pairs of algorithms as a matrix: above the diagonal the probability of improvement, below it the difference.
 *
 * @module
 */
import { attributes, element, type Markup } from "../html.ts";
import { percent, points } from "../numbers.ts";
import type { View } from "../run.ts";
import type { Looks } from "../series.ts";
import { nameOf } from "../table.ts";

/** Share of the colour that a value from -1 to 1 gets. */
const tint = (value: number): string => `--t:${Math.round(70 * Math.min(1, Math.abs(value)))}%`;

/**
 * The matrix of a view, algorithms in the order of their standing. A cell names its pair by its place in the list; where
 * the list has the pair the other way round, the cell shows 1 less the probability, or the negative difference. The
 * page's script says the rest of a pair.
 */
export function pairMatrix({ comparison: { standings, pairs }, path, title }: View, looks: Looks): Markup {
  const labels = standings.map(({ label }) => label);
  const place = new Map(pairs.map(({ a, b }, index) => [`${a}\n${b}`, index]));
  const largest = pairs.reduce((most, { difference }) => Math.max(most, Math.abs(difference.mean)), 0) || 1;
  const cell = (row: number, column: number) => {
    if (row === column) return element`<td class="self"></td>`;
    const direct = place.get(`${labels[row]}\n${labels[column]}`);
    const index = direct ?? place.get(`${labels[column]}\n${labels[row]}`)!;
    const { improvement, difference, significant } = pairs[index], upper = row < column, turned = direct === undefined;
    const value = upper
      ? (turned ? 1 - improvement.value : improvement.value)
      : (turned ? -difference.mean : difference.mean);
    const lead = upper ? 2 * value - 1 : value / largest;
    return element`<td${
      attributes({
        class: `${lead > 0 ? "b" : "w"}${significant ? " s" : ""}`,
        style: tint(lead),
        "data-pair": index,
        "data-turned": turned,
      })
    }>${upper ? percent(value) : points(value)}${significant && "*"}</td>`;
  };
  const caption =
    `Pairs, ${title}: above the diagonal the probability that a run of the row beats one of the column, in ` +
    "percent; below it the row's lead over the column in points; * significant after Holm's correction";
  return element`<div class="scroll"><table class="matrix" data-pairs="${path}/pairs"><caption>${caption}</caption><thead><tr><td></td>${
    labels.map((label) => element`<th scope="col" data-algorithm="${label}"><span>${label}</span></th>`)
  }</tr></thead><tbody>${
    labels.map((label, row) =>
      element`<tr data-algorithm="${label}"><th scope="row">${nameOf(label, looks)}</th>${
        labels.map((_, column) => cell(row, column))
      }</tr>`
    )
  }</tbody></table></div>`;
}
