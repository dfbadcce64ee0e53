/**
 * Tests that need a real browser stand in a file of their own, `…_checks.ts`: a test runs it with the permissions that
 * the browser's driver asks for, so that the other tests need not have them.
 *
 * @module
 */
import { strict as assert } from "node:assert";

const places = ["/usr/bin/chromium", "/usr/local/bin/chromium", "/snap/bin/chromium"];
const exists = (path: string) => Deno.stat(path).then(() => true, () => false);
const found = (await Promise.all(places.map(exists))).includes(true);
const required = ["CI", "PODIUM_REQUIRE_BROWSER"].some((name) => ["1", "true"].includes(Deno.env.get(name) ?? ""));

/** Declares a test that runs such a file; ignored, with a sentence that says so, where there is no browser. */
export function browserTest(name: string, checks: URL): void {
  if (!found && !required) {
    console.log(`no chromium: ${name}: not tested; apt-get install chromium, or set PODIUM_REQUIRE_BROWSER=1`);
  }
  Deno.test({
    name: `${name} (${checks.pathname.split("/").at(-1)})`,
    ignore: !found && !required,
    fn: async () => {
      assert.ok(
        found,
        "chromium is not installed, and CI or PODIUM_REQUIRE_BROWSER asks for it: apt-get install chromium",
      );
      const { success, stdout, stderr } = await new Deno.Command("deno", {
        args: ["test", "--quiet", "--allow-all", "--no-check", decodeURIComponent(checks.pathname)],
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assert.ok(success, text(stdout) + text(stderr));
    },
  });
}
