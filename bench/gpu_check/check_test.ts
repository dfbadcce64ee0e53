import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { gpuTest } from "../../policy/webgpu/checking_test.ts";
import { openGpu } from "../../policy/webgpu/device.ts";
import { EXTENTS, gpuCheck } from "./check.ts";
import { differences } from "./kernels.ts";
import { staticImports } from "./pack.ts";
import { atMost, type Report } from "./report.ts";
import { checkLine, reportTable } from "./table.ts";

gpuTest(
  "gpu-check finds every number right on this adapter, times everything, and keeps what it has so far",
  async () => {
    const saved: Report[] = [], lines: string[] = [];
    const report = await gpuCheck(await openGpu({ software: true }), EXTENTS.software, {
      command: "test",
      print: (line) => lines.push(line),
      save: (report) => Promise.resolve(void saved.push(JSON.parse(JSON.stringify(report)))),
    });
    deepStrictEqual(report.checks.filter(({ passed }) => !passed), []);
    ok(report.checks.length > 50, `${report.checks.length} checks`);
    ok(saved.slice(0, -1).every(({ complete }) => !complete) && saved.at(-1)!.complete);
    deepStrictEqual(saved.at(-1), JSON.parse(JSON.stringify(report)));
    const { training } = report, { again, prompts, group, response } = EXTENTS.software.training;
    const phases = (run: number) =>
      training.phases.flatMap((figure) => figure.run === run ? [`${figure.phase} ${figure.step}`] : []);
    const step = (n: number) => ["rollout", "scoring", "gradient", "optimizer"].map((phase) => `${phase} ${n}`);
    deepStrictEqual(phases(1), ["weights 0", ...step(1), "digest 0"]);
    deepStrictEqual(phases(2), ["weights 0", ...step(1), "digest 0", ...step(2), ...step(3), "save 0"]);
    strictEqual(again, 1);
    for (const { phase, tokens } of training.phases) {
      if (phase === "rollout") strictEqual(tokens, prompts * group * response);
    }
    ok(/^[0-9a-f]{64}$/.test(training.digests[0]) && training.digests[0] === training.digests[1]);
    strictEqual(training.measured, training.planned, "the plan is exact, where room is made for it");
    ok(saved.some(({ training }) => training.phases.length === 2), "every phase is kept when it is over");
    deepStrictEqual(report.leftOut, []);
    ok(report.machine.limits.maxBufferSize > 0);
    deepStrictEqual(report.work.map(({ what, by }) => `${what} by ${by}`), [
      "rollout by podium",
      "update by podium",
      "step by podium",
    ]);
    ok(report.work.every(({ tokensPerSecond }) => tokensPerSecond > 0));
    ok(report.products.every(({ seconds, taken }) => taken && seconds.length === EXTENTS.software.repeats));
    ok(report.kernels.some(({ kernel, seconds }) => kernel === "attention" && seconds > 0));
    match(report.peerMissing!, /^python3 has no torch$/);
    match(reportTable(report), /64³ +nt +software/);
    match(reportTable(report), /podium: s +tokens\/s +GiB\nweights[^]*\nrollout +\d/);
    match(lines.join("\n"), /shrunken, rollout, podium, run 2, step 2: [\d.]+ s, 48 tokens, [\d,]+ a second/);
    match(lines.join("\n"), /fixture models: \d+ of \d+ checks passed/);
  },
);

Deno.test("a check fails above its limit, and where nothing was found", () => {
  strictEqual(atMost("x", 1, 1).passed, true);
  strictEqual(atMost("x", 1.1, 1).passed, false);
  strictEqual(atMost("x", NaN, 1).passed, false);
  strictEqual(
    checkLine("some", [atMost("good", 0, 1), atMost("bad", 2, 1)]),
    "some: 1 of 2 checks passed\n  failed: bad: 2, more than 1",
  );
});

Deno.test("differences() counts bits, not values", () => {
  strictEqual(differences(Float32Array.of(0, 1, NaN), Float32Array.of(-0, 1, NaN)), 1);
  strictEqual(differences(Float32Array.of(1), Float32Array.of(1, 2)), 1);
});

Deno.test("gpu-check imports no onnxruntime: it has no place on a bare machine", async () => {
  const { files, packages } = await staticImports("bench/commands/gpu_check.ts");
  ok(files.includes("policy/webgpu/engine.ts") && files.includes("bench/step.ts"));
  deepStrictEqual(packages.filter((name) => name.includes("onnx")), []);
});
