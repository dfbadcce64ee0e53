import { strict as assert } from "node:assert";
import fc from "fast-check";
import { fixed } from "../numbers.ts";
import { plot, plotArea, standalone } from "./frame.ts";
import { bandPath, linePath, spread, symbols } from "./marks.ts";
import { extentOf, linear, logarithmic, tickStep } from "./scale.ts";

Deno.test("ticks are 1, 2 or 5 times a power of ten apart and cover what is shown", () => {
  assert.equal(tickStep(1, 5), 0.2);
  assert.equal(tickStep(0.37, 5), 0.1);
  assert.equal(tickStep(48, 5), 10);
  const scale = linear([0.281, 0.677], [0, 100]);
  assert.deepEqual(scale.ticks, [0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
  assert.deepEqual(scale.domain.map((value) => Number(value.toFixed(12))), [0.2, 0.7]);
  assert.ok(Math.abs(scale(0.45) - 50) < 1e-9);
});

Deno.test("a scale is monotone, maps its domain to its range and contains its extent", () => {
  const numbers = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(fc.property(numbers, numbers, (a, b) => {
    const extent: [number, number] = [Math.min(a, b), Math.max(a, b)], scale = linear(extent, [10, 110]);
    assert.ok(Math.abs(scale(scale.domain[0]) - 10) < 1e-6 && Math.abs(scale(scale.domain[1]) - 110) < 1e-6);
    assert.ok(scale(extent[0]) > 9.99 && scale(extent[1]) < 110.01);
    assert.ok(scale(extent[0]) <= scale(extent[1]));
    assert.ok(scale.ticks.length >= 1 && scale.ticks.length <= 13, `${scale.ticks}`);
  }));
});

Deno.test("a floor and a ceiling hold, and a single value gets room around it", () => {
  const share = linear([0.02, 0.98], [0, 1], { floor: 0, ceiling: 1 });
  assert.deepEqual([...share.domain], [0, 1]);
  for (const value of [0, 0.5, 1]) {
    const alone = linear([value, value], [0, 1], { floor: 0, ceiling: 1 });
    assert.ok(alone.domain[0] < alone.domain[1] && alone(value) >= 0 && alone(value) <= 1);
  }
  assert.equal(extentOf([null, null]), null);
  assert.deepEqual(extentOf([3, null, -1]), [-1, 3]);
});

Deno.test("equal ratios are equally far apart on a logarithmic scale", () => {
  const scale = logarithmic([2e-4, 8e-4], [0, 100], [2e-4, 4e-4, 8e-4]);
  assert.ok(Math.abs(scale(4e-4) - 50) < 1e-9);
  assert.equal(logarithmic([1, 1], [0, 100], [1])(1), 50);
});

Deno.test("a line is relative after its first point, leaves out what lies straight, and breaks at gaps", () => {
  assert.equal(linePath([[0, 0], [10, 10], [20, 20], [30, 0]]), "M0 0l20 20l10-20");
  assert.equal(linePath([[0, 0], [5, 0], null, [7, 1], [7, 3]]), "M0 0h5M7 1v2");
  assert.equal(linePath([[0.5, 0], [0.7, -0.2]]), "M.5 0l.2-.2");
  assert.equal(linePath([null]), "");
  assert.equal(bandPath([[0, 2], [10, 2]], [[0, 1], [10, 0]]), "M0 2h10v-2l-10 1z");
  assert.equal(bandPath([[0, 2], null], [[0, 1], [10, 0]]), "");
});

Deno.test("a line ends where its last point is, whatever is left out", () => {
  const coordinate = fc.integer({ min: -5000, max: 5000 }).map((tenths) => tenths / 10);
  fc.assert(fc.property(fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 30 }), (points) => {
    let x = 0, y = 0;
    for (const [, kind, a, b] of linePath(points).matchAll(/([Mlhv])(-?[\d.]+)(?: ?(-?[\d.]+))?/g)) {
      if (kind === "M") [x, y] = [Number(a), Number(b)];
      else if (kind === "h") x += Number(a);
      else if (kind === "v") y += Number(a);
      else [x, y] = [x + Number(a), y + Number(b)];
    }
    const [lastX, lastY] = points.at(-1)!;
    assert.ok(Math.abs(x - lastX) < 1e-6 && Math.abs(y - lastY) < 1e-6);
  }));
});

Deno.test("names are moved apart, stay in order and within limits", () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 16 }), (wanted) => {
    const placed = spread(wanted, 13, 0, 200), sorted = [...placed].sort((a, b) => a - b);
    sorted.slice(1).forEach((value, index) => assert.ok(value - sorted[index] > 13 - 1e-9 || wanted.length > 16));
    placed.forEach((value) => assert.ok(value > -1e-9 && value < 200 + 1e-9));
    wanted.forEach((a, i) => wanted.forEach((b, j) => assert.ok(a >= b || placed[i] <= placed[j])));
  }));
  assert.deepEqual(spread([5, 100], 13, 0, 200), [5, 100]);
});

Deno.test("a plot says what it shows, and its file is whole: style, title, no leftovers of the page", () => {
  const margin = { top: 20, right: 10, bottom: 40, left: 40 }, area = plotArea(200, 100, margin);
  assert.deepEqual(area, { x: [40, 190], y: [60, 20] });
  const axis = (range: readonly [number, number]) => ({
    scale: linear([0, 1], range),
    title: "a < b",
    format: fixed(1),
  });
  const drawn = plot({
    width: 200,
    height: 100,
    margin,
    x: axis(area.x),
    y: axis(area.y),
    title: 'the "title"',
    description: "What there is to see.",
    data: { "data-curves": "x > y", tabindex: 0 },
  }, symbols(0, [[50, 50]]));
  assert.match(drawn.markup, /role="img" aria-label="the &quot;title&quot;\. What there is to see\."/);
  assert.match(drawn.markup, />a &lt; b<\/text>/);
  const svg = standalone(drawn, "T & T");
  assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" class="plot standalone" viewBox="0 -34 200 134"/);
  assert.match(svg, />T &amp; T<\/text>/);
  assert.doesNotMatch(svg, /data-curves|tabindex/);
});
