import { strict as assert } from "node:assert";
import { exitCodes } from "../outcomes.ts";
import { inTemporary } from "../testing/temporary.ts";
import { claims } from "./claims.ts";

const quick = new URL("../testing/small_leaderboard.json", import.meta.url).pathname;

Deno.test("runs that are named are judged, whatever comes of it, and the verdicts kept", () =>
  inTemporary(async (directory) => {
    const save = `${directory}/verdicts.json`;
    assert.equal(await claims([quick], { json: true, save }), exitCodes.ok);
    const { format, sources: [{ suite, environment, verdicts }] } = JSON.parse(await Deno.readTextFile(save));
    assert.deepEqual([format, suite], [3, "quick"]);
    assert.equal(environment.podium, JSON.parse(await Deno.readTextFile(quick)).environment.podium);
    assert.ok(verdicts.length > 0);
  }));

Deno.test("what is about a run of the suite is refused beside named runs", async () => {
  await assert.rejects(claims([quick], { steps: 2 }), { name: "Refusal", message: /--steps is about running suite/ });
  await assert.rejects(claims(["nowhere"], {}), { name: "Refusal", message: /nowhere: can't be read/ });
});
