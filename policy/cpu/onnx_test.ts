import { deepStrictEqual } from "node:assert/strict";
import { runOnce } from "../ops/checking_test.ts";
import { Graph } from "./onnx.ts";
import { floats } from "./session.ts";

const X = floats(Float32Array.of(1, -2, 3), [3]);
const values = async (graph: Graph, sizes = {}) =>
  Object.fromEntries(Object.entries(await runOnce(graph, { x: X }, sizes)).map(([name, data]) => [name, [...data]]));

Deno.test("a value may be an output twice, be used further, and an input may be an output", async () => {
  const graph = new Graph(), x = graph.input("x", 1), y = graph.node("Neg", [x]);
  graph.output(y, "first", 1);
  graph.output(y, "second", 1);
  graph.output(graph.node("Abs", [y]), "third", 1);
  graph.output(x, "same", 1);
  deepStrictEqual(graph.outputNames, ["first", "second", "third", "same"]);
  const neg = [-1, 2, -3];
  deepStrictEqual(await values(graph), { first: neg, second: neg, third: [1, 2, 3], same: [1, -2, 3] });
});

Deno.test("nodes, inputs and shapes that no output needs are left out", async () => {
  const graph = new Graph(), x = graph.input("x", 1);
  graph.node("Add", [graph.input("never fed", 2), graph.reshape(x, [["never given"]])]);
  graph.output(graph.node("Neg", [x]), "y", 1);
  deepStrictEqual(await values(graph), { y: [-1, 2, -3] });
});

Deno.test("attributes are integers, floats, strings or lists; constants keep their shape", async () => {
  const graph = new Graph(), x = graph.input("x", 1);
  const column = graph.node("Transpose", [graph.reshape(x, [[1], ["n", 1]])], { perm: [1, 0] });
  const pair = graph.node("Concat", [column, column], { axis: 1 });
  graph.output(graph.node("Mul", [pair, graph.constant([10, 100], [1, 2])]), "scaled", 2);
  graph.output(graph.node("LeakyRelu", [x], { alpha: { float: 0.5 } }), "leaky", 1);
  graph.output(
    graph.node("ScatterElements", [x, graph.integers([0, 0]), graph.constant([1, 1], [2])], {
      reduction: "add",
    }),
    "sum",
    1,
  );
  deepStrictEqual(await values(graph, { n: 3 }), {
    scaled: [10, 100, -20, -200, 30, 300],
    leaky: [1, -1, 3],
    sum: [3, -2, 3],
  });
});

Deno.test("equal constants of different type or shape are different", async () => {
  const graph = new Graph(), x = graph.input("x", 1);
  const scalar = graph.constant([2]), vector = graph.constant([2], [1]), index = graph.integers([2], []);
  graph.output(graph.node("Mul", [graph.node("Mul", [x, scalar]), vector]), "y", 1);
  graph.output(graph.node("Unsqueeze", [graph.node("Gather", [x, index]), graph.integers([0])]), "last", 1);
  deepStrictEqual(await values(graph), { y: [4, -8, 12], last: [3] });
});
