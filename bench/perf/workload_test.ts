import assert from "node:assert/strict";
import { peer } from "./peers.ts";
import { measure } from "./measure.ts";
import { type Mode, type Shape, tokensOf } from "./workload.ts";

const tiny: Shape = {
  hidden: 16,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  intermediate: 16,
  vocab: 24,
  prompts: 2,
  group: 2,
  prompt: 4,
  response: 5,
};

for (const mode of ["rollout", "score", "update", "step"] satisfies Mode[]) {
  Deno.test(`a ${mode} is timed as often as asked`, async () => {
    const times = await measure({ shape: tiny, mode, threads: 1, repeats: 2 });
    assert.equal(times.length, 2);
    assert.ok(times.every((seconds) => seconds > 0));
  });
}

Deno.test("a rollout counts sampled tokens, everything else whole sequences", () => {
  assert.equal(tokensOf(tiny, "rollout"), 2 * 2 * 5);
  assert.equal(tokensOf(tiny, "update"), 2 * 2 * 9);
});

Deno.test("where python3 may not be started there is no peer, and no error", async () => {
  assert.equal(await peer("torch_peer.py", { mode: "none" }), null);
});
