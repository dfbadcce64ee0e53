/**
 * The engine of the GPU policy in a real browser: another implementation of WebGPU (Dawn, whose compiler is stricter
 * than Deno's), without Deno, Node or files.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import { loadExpected } from "../../fixtures/models/expected.ts";
import { readDirectory } from "../../policy/directory.ts";
import { close } from "../../policy/ops/checking_test.ts";
import { inBrowser } from "../testing/browser.ts";
import type { Found, Job } from "./page.ts";

/** The page's program, as one script. */
async function bundled(): Promise<string> {
  const output = await Deno.makeTempFile({ suffix: ".js" }), entry = new URL("page.ts", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform", "browser", "--output", output, decodeURIComponent(entry)],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const text = await Deno.readTextFile(output);
  await Deno.remove(output);
  return text;
}

Deno.test("in a browser, the self-test holds, and log-probs and gradients are those of PyTorch", async () => {
  const script = await bundled();
  assert.ok(!/["']node:|onnxruntime/.test(script), "it needs more than a browser has");
  const { directory, samples, cases } = await loadExpected("qwen2-tied"),
    { config, weights } = await readDirectory(
      directory,
    );
  const { temperature, logProbs, derivatives, gradient } = cases.find(({ gradient }) => gradient)!;
  const job: Job = { config, weights: [...weights], samples, temperature, derivatives: derivatives! };
  // WebGPU is for pages from a server.
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    return new Response("<!doctype html><title>Podium</title>", { headers: { "content-type": "text/html" } });
  });
  try {
    await inBrowser(async (browser) => {
      const page = await browser.newPage(), complaints: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      await page.addScriptTag({ content: script, type: "module" });
      await page.waitForFunction(() => "run" in globalThis);
      const found = await page.evaluate(
        (job) => (globalThis as unknown as { run: (job: Job) => Promise<Found> }).run(job),
        job,
      );
      assert.deepEqual(found.selfTest, { products: true, company: true, training: true, sampling: true });
      // Those of a real GPU too, which Deno's tests try on a compiler that is less strict.
      assert.deepEqual(found.products.failed, []);
      assert.equal(found.products.count, 18);
      found.logProbs.forEach((row, i) => close(row, logProbs[i], 1e-5, `log-probs of sample ${i}`));
      close(found.gradient, gradient!, 1e-5, "gradient");
      assert.deepEqual(complaints.filter((text) => !text.includes("favicon")), []);
    }, { gpu: true });
  } finally {
    await server.shutdown();
  }
});
