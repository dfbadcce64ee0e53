import { strict as assert } from "node:assert";

const places = ["/usr/bin/chromium", "/usr/local/bin/chromium", "/snap/bin/chromium"];
const exists = (path: string) => Deno.stat(path).then(() => true, () => false);
const found = (await Promise.all(places.map(exists))).includes(true);
const required = ["CI", "PODIUM_REQUIRE_BROWSER"].some((name) => ["1", "true"].includes(Deno.env.get(name) ?? ""));
if (!found && !required) {
  console.log(
    "no chromium: the page is not tested in a browser; apt-get install chromium, or set PODIUM_REQUIRE_BROWSER=1",
  );
}

Deno.test({
  name: "the page works in a real browser (browser_checks.ts)",
  ignore: !found && !required,
  fn: async () => {
    assert.ok(
      found,
      "chromium is not installed, and CI or PODIUM_REQUIRE_BROWSER asks for it: apt-get install chromium",
    );
    const checks = new URL("browser_checks.ts", import.meta.url).pathname;
    const { success, stdout, stderr } = await new Deno.Command("deno", {
      args: ["test", "--quiet", "--allow-all", "--no-check", decodeURIComponent(checks)],
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.ok(success, text(stdout) + text(stderr));
  },
});
