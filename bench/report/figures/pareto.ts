/**
 * Accuracy against length: which algorithms no other beats in both.
 *
 * @module
 */
import type { Estimate } from "../../statistics/bootstrap.ts";
import { attributes, element, type Markup } from "../html.ts";
import { fixed, percent, tickFormat } from "../numbers.ts";
import { plot, plotArea } from "../plot/frame.ts";
import { label, linePath, segment, symbols } from "../plot/marks.ts";
import { extentOf, linear } from "../plot/scale.ts";
import { baseLook, type Looks } from "../series.ts";
import { shortened } from "./curves.ts";

/** One algorithm. */
export interface ParetoPoint {
  /** Algorithm. */
  label: string;
  /** Mean length. */
  length: Estimate;
  /** avg@k. */
  accuracy: Estimate;
  /** JSON Pointer of its row. */
  path: string;
  /** True for the policy before training, which is not on the front. */
  base?: boolean;
}

/** Those that no other one is at least as accurate and as short as, shortest first; of equals all. */
export function paretoFront<T extends Pick<ParetoPoint, "length" | "accuracy">>(points: readonly T[]): T[] {
  return points.filter((point) =>
    !points.some((other) =>
      other.length.mean <= point.length.mean && other.accuracy.mean >= point.accuracy.mean &&
      (other.length.mean < point.length.mean || other.accuracy.mean > point.accuracy.mean)
    )
  ).sort((a, b) => a.length.mean - b.length.mean);
}

const width = 560, height = 380, margin = { top: 34, right: 24, bottom: 46, left: 48 };

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const overlap = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Places names beside their points, where there is room: to the right, left, above, below; else to the right. */
function nameBoxes(points: readonly { x: number; y: number; text: string }[]) {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 }));
  return points.map(({ x, y, text }) => {
    const wide = text.length * 6.7;
    const candidates = [[9, 4], [-9 - wide, 4], [-wide / 2, -10], [-wide / 2, 18], [9, -9], [9, 17], [-9 - wide, -9], [
      -9 - wide,
      17,
    ]].map(([dx, dy]) => ({ left: x + dx, right: x + dx + wide, top: y + dy - 10, bottom: y + dy + 2 }));
    const box = candidates.find((box) =>
      box.left > margin.left && box.right < width - 4 && box.top > margin.top - 8 &&
      box.bottom < height - margin.bottom && !taken.some((other) => overlap(box, other))
    );
    if (box) taken.push(box);
    return box;
  });
}

/** Plots accuracy against length with both intervals, the Pareto front as a dotted staircase. */
export function paretoPlot(points: readonly ParetoPoint[], looks: Looks, title: string): Markup {
  const area = plotArea(width, height, margin);
  const ends = ({ mean, low, high }: Estimate) => [mean, low, high];
  const x = linear(extentOf(points.flatMap(({ length }) => ends(length))), area.x, { floor: 0 });
  const y = linear(extentOf(points.flatMap(({ accuracy }) => ends(accuracy))), area.y, { floor: 0, ceiling: 1 });
  const front = paretoFront(points.filter(({ base }) => !base));
  const stairs = front.flatMap(({ length, accuracy }, index) => {
    const next = front[index + 1], here = [x(length.mean), y(accuracy.mean)] as const;
    return next ? [here, [x(next.length.mean), here[1]] as const] : [here];
  });
  const placed = points.map(({ label, length, accuracy }) => ({
    x: x(length.mean),
    y: y(accuracy.mean),
    text: shortened(label),
  }));
  const boxes = nameBoxes(placed);
  const best = new Set(front.map(({ label }) => label));
  const marks = points.map(({ label: name, length, accuracy, path, base }, index) => {
    const look = base ? baseLook : looks.get(name) ?? baseLook,
      { x: px, y: py, text } = placed[index],
      box = boxes[index];
    const tip = `${name}: ${percent(accuracy.mean)} % with ${fixed(1)(length.mean)} tokens${
      best.has(name) ? "; no other is as accurate with fewer" : ""
    }`;
    return element`<g${
      attributes({ class: `series ${look.kind.split(" ")[0]}`, "data-algorithm": base ? null : name, "data-tip": tip })
    }>${length.low !== null && length.high !== null && segment(x(length.low), py, x(length.high), py, "whisker")}${
      accuracy.low !== null && accuracy.high !== null && segment(px, y(accuracy.low), px, y(accuracy.high), "whisker")
    }<g data-path="${path}/metrics/accuracy/average/mean">${symbols(look.symbol, [[px, py]])}</g>${
      box && label(box.left, box.bottom - 2, text)
    }</g>`;
  });
  return plot({
    width,
    height,
    margin,
    x: { scale: x, title: "mean length of a response, tokens (shorter to the left)", format: tickFormat(fixed(0)) },
    y: { scale: y, title: "accuracy, %", format: tickFormat(percent) },
    title,
    description: `On the Pareto front, shortest first: ${
      front.map(({ label, length, accuracy }) =>
        `${label} (${percent(accuracy.mean)} percent, ${fixed(1)(length.mean)} tokens)`
      ).join(", ")
    }.`,
  }, [
    element`<path class="front" d="${linePath(stairs)}"/>`,
    ...marks,
  ]);
}
