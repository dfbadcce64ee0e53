import { strict as assert } from "node:assert";
import { gradeMath } from "./math.ts";

// The thread lives on for the next comparison, unreferenced: it does not keep the process.
const alive = { sanitizeResources: false, sanitizeOps: false };

Deno.test({
  name: "comparisons that wait for each other get their own verdicts",
  ...alive,
  async fn() {
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, (_, index) => gradeMath("1/2", `\\frac{${index}}{10}`)),
    );
    assert.deepEqual(verdicts.map(({ verdict }) => verdict === "equal"), verdicts.map((_, index) => index === 5));
  },
});

Deno.test({
  name: "a comparison that takes too long is stopped, and those behind it go on",
  ...alive,
  async fn() {
    await gradeMath("1", "1");
    // Sixty formulas in the opposite order: each is compared with all the others.
    const items = Array.from({ length: 60 }, (_, index) => `\\sum_{k=1}^{90}\\sqrt{k+${index}}`);
    const slow = gradeMath(items.slice(0, 30).join(","), items.slice(0, 30).reverse().join(","), { timeLimit: 0 });
    const [stopped, next] = await Promise.all([slow, gradeMath("0.5", "1/2")]);
    assert.deepEqual(stopped, { verdict: "unparsed", reason: "unparsed: no verdict within 0 ms" });
    assert.equal(next.verdict, "equal");
  },
});

Deno.test({
  name: "conventions reach the thread",
  ...alive,
  async fn() {
    assert.equal((await gradeMath("0.5", "50\\%")).verdict, "different");
    assert.equal((await gradeMath("0.5", "50\\%", { percent: "hundredth" })).verdict, "equal");
  },
});

Deno.test({
  name: "the same comparison is made once; one that was stopped is made again",
  ...alive,
  async fn() {
    assert.equal(gradeMath("3/4", "0.75"), gradeMath("3/4", "0.75"));
    assert.notEqual(gradeMath("3/4", "75\\%"), gradeMath("3/4", "75\\%", { percent: "hundredth" }));
    const items = Array.from({ length: 30 }, (_, index) => `\\sum_{k=1}^{91}\\sqrt{k+${index}}`);
    const slow = () => gradeMath(items.join(","), items.toReversed().join(","), { timeLimit: 0 });
    const first = slow();
    assert.equal((await first).verdict, "unparsed");
    assert.notEqual(slow(), first);
  },
});

Deno.test("a process that compared answers ends by itself", async () => {
  const module = JSON.stringify(new URL("./math.ts", import.meta.url).href);
  const code = `const { gradeMath } = await import(${module}); console.log((await gradeMath("1/2", "0.5")).verdict);`;
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(path, code);
  try {
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const args = ["run", "-q", "--no-lock", "--allow-read", "--config", config, path];
    const { stdout, code: exit } = await new Deno.Command("deno", { args }).output();
    assert.deepEqual([new TextDecoder().decode(stdout), exit], ["equal\n", 0]);
  } finally {
    await Deno.remove(path);
  }
});
