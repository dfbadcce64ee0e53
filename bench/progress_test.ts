import { strict as assert } from "node:assert";
import { duration, Progress } from "./progress.ts";

/** Progress of two cells of ten steps, with a clock that is moved by hand. */
function progressOf(terminal: boolean) {
  const state = { now: 0, text: "" };
  const progress = new Progress(
    new Map([["a", { name: "grpo, seed 1", steps: 10 }], ["b", { name: "grpo, seed 2", steps: 10 }]]),
    {
      clock: () => state.now,
      write: (text) => state.text += text,
      terminal,
      columns: 100,
    },
  );
  return { state, progress };
}

Deno.test("duration() reads like a person would say it", () => {
  assert.deepEqual([5.4, 200, 3900].map(duration), ["5 s", "3 min 20 s", "1 h 5 min"]);
});

Deno.test("without a terminal a line is written every ten seconds and at the end, once", () => {
  const { state, progress } = progressOf(false);
  for (let step = 1; step <= 10; step++) {
    state.now += 2000;
    progress.on({ type: "step", id: "a", step });
  }
  progress.on({ type: "failed", id: "b", step: 3, gate: "finite", message: "the loss is NaN." });
  progress.end();
  progress.end();
  assert.deepEqual(state.text.split("\n"), [
    "5 %  1/20 steps, 0/2 cells, 2 s, 38 s left",
    "30 %  6/20 steps, 0/2 cells, 12 s, 28 s left",
    "grpo, seed 2: stopped at step 3 by the gate finite: the loss is NaN.",
    "100 %  20/20 steps, 2/2 cells, 20 s",
    "",
  ]);
});

Deno.test("steps that an earlier run did are not counted as speed", () => {
  const { state, progress } = progressOf(false);
  progress.on({ type: "resumed", id: "a", step: 9 });
  state.now = 10_000;
  progress.on({ type: "step", id: "a", step: 10 });
  assert.match(state.text, /50 % {2}10\/20 steps, 1\/2 cells, 10 s, 1 min 40 s left\n$/);
});

Deno.test("on a terminal one line is redrawn", () => {
  const { state, progress } = progressOf(true);
  state.now = 5000;
  progress.on({ type: "step", id: "a", step: 5 });
  progress.end();
  assert.ok(state.text.startsWith("\r\x1b[K█"));
  assert.match(state.text, /█+░+ 25 % {2}5\/20 steps.*15 s left/);
  assert.ok(state.text.endsWith("\n"));
});
