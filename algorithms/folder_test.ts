/** Promises about the folder as a whole: runnable examples, no imports from outside, nothing impure, short files. */

import assert from "node:assert/strict";

const folder = new URL("./", import.meta.url);

function* sources(directory: URL): Iterable<[string, string]> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const url = new URL(isDirectory ? `${name}/` : name, directory);
    if (isDirectory) yield* sources(url);
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) {
      yield [url.pathname.slice(folder.pathname.length), Deno.readTextFileSync(url)];
    }
  }
}

const files = [...sources(folder)];
const modules = files.filter(([path]) => !path.includes("/") && !["mod.ts", "algorithm.ts"].includes(path));

/** The examples of a file: fenced blocks inside documentation comments. */
const examples = (text: string) =>
  [...text.matchAll(/^ *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm)].map(([, block]) => block.replace(/^ *\* ?/gm, ""));

for (const [path, text] of files) {
  examples(text).forEach((example, i) => {
    Deno.test(`${path}: example ${i + 1} runs`, async () => {
      const code = example.replaceAll('"@podium/rl/algorithms"', JSON.stringify(new URL("mod.ts", folder).href));
      await import(`data:application/typescript;charset=utf-8,${encodeURIComponent(code)}`);
    });
  });

  Deno.test(`${path}: imports nothing from outside the folder and has no clock, randomness or host`, () => {
    const depth = path.split("/").length - 1;
    for (const [, target] of text.matchAll(/(?:^|\n)(?:import|export)[^"';]*?from "([^"]+)"/g)) {
      assert.match(target, /^\.\.?\//);
      assert.ok((target.match(/\.\.\//g) ?? []).length <= depth, target);
    }
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    assert.doesNotMatch(code, /\bDeno\.|node:|Math\.random|Date\.|new Date|performance\.|crypto\.|console\./);
  });
}

Deno.test("every algorithm's file has an example, a header that mentions GRPO, and at most 200 lines", () => {
  const lengths = modules.map(([path, text]) => {
    assert.ok(examples(text).length > 0, path);
    assert.match(text.slice(0, text.indexOf("@module")), /GRPO/, path);
    return text.split("\n").length - 1;
  }).sort((a, b) => a - b);
  assert.ok(lengths[lengths.length - 1] <= 200);
  assert.ok(lengths[Math.floor((lengths.length - 1) / 2)] <= 80, `the median file has more than 80 lines: ${lengths}`);
});
