import { strict as assert } from "node:assert";
import { DataError } from "../data_error.ts";
import { configsOf } from "./layout.ts";

/** Configs as plain objects; the front matter is YAML of `configs:`. */
function found(paths: string[], configs?: string) {
  const readme = configs === undefined
    ? undefined
    : { path: "README.md", text: `---\nlicense: mit\n${configs}---\n# A` };
  return configsOf(paths, readme).map(({ name, preferred, splits }) => ({
    name,
    preferred,
    ...Object.fromEntries(splits),
  }));
}

Deno.test("the front matter says which files are which split, in every form it may have", () => {
  const paths = ["a/one.csv", "a/sub/two.csv", "b/dev.jsonl", "b/train-0.parquet", "b/train-1.parquet", "c.csv"];
  assert.deepEqual(
    found(
      paths,
      `configs:
- config_name: text
  data_files: c.csv
- config_name: list
  data_files: [a/*.csv, c.csv, a/one.csv]
- config_name: splits
  default: true
  data_files:
  - split: train
    path: [b/train-*]
  - {split: test, path: "a/**/*.csv"}
- config_name: folder
  data_dir: b
- config_name: patterns in a folder
  data_dir: ./b/
  data_files: train-[0].parquet
- config_name: 2020
  data_files: nowhere.csv
`,
    ),
    [
      { name: "text", preferred: false, train: ["c.csv"] },
      { name: "list", preferred: false, train: ["a/one.csv", "c.csv"] },
      { name: "splits", preferred: true, train: ["b/train-0.parquet", "b/train-1.parquet"], test: paths.slice(0, 2) },
      {
        name: "folder",
        preferred: false,
        validation: ["b/dev.jsonl"],
        train: ["b/train-0.parquet", "b/train-1.parquet"],
      },
      { name: "patterns in a folder", preferred: false, train: ["b/train-0.parquet"] },
    ],
  );
});

Deno.test("without front matter, names of files and folders say it", () => {
  const named = (paths: string[]) => found(paths)[0];
  assert.deepEqual(named(["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "data/test.csv"]), {
    name: "default",
    preferred: true,
    train: ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"],
    test: ["data/test.csv"],
  });
  assert.deepEqual(named(["dev/a.jsonl", "Training/b.jsonl"]), {
    name: "default",
    preferred: true,
    validation: ["dev/a.jsonl"],
    train: ["Training/b.jsonl"],
  });
  // A word is a whole word, and a file's own name comes before its folder's.
  assert.deepEqual(named(["latest/contest.csv", "train/my_eval.csv"]), {
    name: "default",
    preferred: true,
    test: ["train/my_eval.csv"],
  });
  assert.deepEqual(named(["one.csv", "two.csv"]), { name: "default", preferred: true, train: ["one.csv", "two.csv"] });
  assert.deepEqual(found([]), []);
  assert.deepEqual(found(["a.csv"], ""), [{ name: "default", preferred: true, train: ["a.csv"] }]);
});

Deno.test("the hub's conversion has a folder per config and split", () => {
  assert.deepEqual(found(["main/partial-train/0000.parquet", "main/test/0000.parquet", "main/test/0001.parquet"]), [{
    name: "main",
    preferred: false,
    train: ["main/partial-train/0000.parquet"],
    test: ["main/test/0000.parquet", "main/test/0001.parquet"],
  }]);
});

Deno.test("front matter that is not YAML is refused", () => {
  assert.throws(() => found(["a.csv"], "configs: [\n"), (error: Error) => {
    assert.ok(error instanceof DataError);
    assert.match(error.message, /^README\.md: its front matter is not YAML \(.+\)\.$/);
    return true;
  });
});
