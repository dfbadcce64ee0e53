import { strict as assert } from "node:assert";
import { fetchEmbedded, openSource, policyDirectory } from "./policies.ts";

Deno.test("a package that was loaded from the network copies its embedded policy first", async () => {
  const home = policyDirectory("embedded:base");
  const asked: string[] = [];
  const directory = await fetchEmbedded(new URL("https://example.com/fixtures/base/"), async (url) => {
    asked.push(url.href);
    return new Response(await Deno.readFile(home + url.pathname.split("/").at(-1)));
  });
  assert.ok(asked.includes("https://example.com/fixtures/base/model.safetensors"));
  const [copied, original] = await Promise.all([openSource(directory), openSource("embedded:base")]);
  assert.equal(await copied.digest(), await original.digest());
  await Promise.all([copied.dispose(), original.dispose(), Deno.remove(directory, { recursive: true })]);
});

Deno.test("an embedded policy that can't be fetched is refused with its address", async () => {
  await assert.rejects(
    fetchEmbedded(new URL("https://example.com/x/"), () => Promise.resolve(new Response("", { status: 404 }))),
    /status 404\); give a directory with --policy/,
  );
});

Deno.test("a learned prompt is no policy, and that is said", async () => {
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(`${directory}/context.json`, "{}");
  await assert.rejects(openSource(directory), {
    name: "Refusal",
    message:
      /^policy \S+: holds a learned prompt \(context\.json\) and no weights; give the policy that it was learned /,
  });
  await Deno.remove(directory, { recursive: true });
});
