/**
 * The ranking as a file for papers. On the page it is a table (`sections/ranking.ts`), whose strips show the same.
 *
 * @module
 */
import { attributes, element, type Markup } from "../html.ts";
import { percent, tickFormat } from "../numbers.ts";
import { plot } from "../plot/frame.ts";
import { at, label, segment } from "../plot/marks.ts";
import { linear } from "../plot/scale.ts";
import { estimateOf, type View } from "../run.ts";
import { baseOver, rankingScale, seedDots } from "../sections/ranking.ts";
import type { Looks } from "../series.ts";
import { shortened } from "./curves.ts";

const width = 640, rowHeight = 28, margin = { top: 20, right: 20, bottom: 46, left: 190 };

/** The standings of a view: intervals, estimates, seeds; null where nothing was compared. */
export function rankingPlot(view: View, looks: Looks): Markup | null {
  const { standings } = view.comparison, base = baseOver(view);
  if (standings.length === 0) return null;
  const height = margin.top + rowHeight * standings.length + margin.bottom;
  const x = rankingScale(view, [margin.left, width - margin.right]);
  const y = linear([0, 1], [height - margin.bottom, margin.top]);
  const rows = standings.map(({ rank, tied, label: name }, index) => {
    const score = estimateOf(view, index), middle = margin.top + rowHeight * (index + 0.5), dots = seedDots(view, name);
    const offset = (order: number) => dots.length > 1 ? 9 * order / (dots.length - 1) - 4.5 : 0;
    return element`<g class="series ${looks.get(name)?.kind.split(" ")[0]}">${
      label(margin.left - 12, middle + 4, `${rank}${tied ? "=" : ""}  ${shortened(name, 22)}`, "", "end")
    }${
      score.low !== null && score.high !== null &&
      element`<rect class="interval"${
        attributes({ x: at(x(score.low)), y: middle - 7, width: at(x(score.high) - x(score.low)), height: 14, rx: 4 })
      }/>`
    }${segment(x(score.value), middle - 10, x(score.value), middle + 10, "line")}${
      dots.map(({ value }, order) =>
        element`<circle class="seed" cx="${at(x(value))}" cy="${at(middle + offset(order))}" r="3"/>`
      )
    }</g>`;
  });
  return plot({
    width,
    height,
    margin,
    x: {
      scale: x,
      title: `${view.boards.length > 1 ? "interquartile mean of accuracy" : "accuracy"}, % (${view.title})`,
      format: tickFormat(percent),
    },
    y: { scale: Object.assign((value: number) => y(value), { ...y, ticks: [] }), title: "", format: String },
    title: `Ranking, ${view.title}`,
    description: view.comparison.verdict,
  }, [
    element`${base !== null && segment(x(base), margin.top, x(base), height - margin.bottom, "reference")}`,
    ...rows,
  ]);
}
