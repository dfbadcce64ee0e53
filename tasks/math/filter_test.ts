import { strict as assert } from "node:assert";
import { sharedData } from "../source/shared_data_for_tests.ts";
import { math } from "../math.ts";
import { parseSource } from "./filter.ts";

Deno.test("levels and subjects stand behind the source", () => {
  assert.deepEqual(parseSource("embedded"), { source: "embedded", filter: {} });
  assert.deepEqual(parseSource("a/b.jsonl?level=1-3"), { source: "a/b.jsonl", filter: { levels: [1, 2, 3] } });
  assert.deepEqual(parseSource("hub:a/b@c:d/e?level=5,1&subject=algebra,counting_and_probability"), {
    source: "hub:a/b@c:d/e",
    filter: { levels: [5, 1], subjects: ["Algebra", "Counting & Probability"] },
  });
  for (
    const [written, subject] of [["Number Theory", "Number Theory"], ["prec", "Precalculus"], [
      "counting",
      "Counting & Probability",
    ]]
  ) {
    assert.deepEqual(parseSource(`x?subject=${written}`).filter.subjects, [subject]);
  }
});

Deno.test("a filter that means nothing is refused in a sentence", () => {
  assert.throws(() => parseSource("x?levels=1"), /x\?levels=1: "levels" is no filter; behind the \? stand level=1-3/);
  for (const level of ["0", "6", "3-1", "", "x"]) {
    assert.throws(() => parseSource(`x?level=${level}`), /is none; use levels from 1 to 5/);
  }
  for (const subject of ["pre", "", "physics"]) {
    assert.throws(() => parseSource(`x?subject=${subject}`), /names no subject; there are Algebra, Counting/);
  }
});

Deno.test("the generator keeps to the levels and subjects that are asked for", async () => {
  const all = await math.problems({ split: "train" });
  const some = await math.problems({ split: "train", source: "embedded?level=2-3&subject=algebra,precalculus" });
  const seen = new Set<string>();
  for (let index = 0; index < 300; index++) {
    const { level, subject } = some.at(index).meta!;
    seen.add(`${subject} ${level}`);
  }
  assert.deepEqual([...seen].sort(), ["Algebra 2", "Algebra 3", "Precalculus 2", "Precalculus 3"]);
  assert.notEqual(some.digest, all.digest);
  const again = await math.problems({ split: "train", source: "embedded?subject=precalculus,algebra&level=3,2" });
  assert.equal(again.digest, some.digest);
  await assert.rejects(
    math.problems({ split: "test", source: "embedded?subject=geometry" }),
    /embedded\?subject=geometry: the generator has no problem of that level and subject/,
  );
});

sharedData("a part of the published files has the number of problems that they have", async (folder) => {
  const count = async (source: string) =>
    (await math.problems({ split: "test", source: `${folder}/${source}` })).length;
  assert.equal(await count("math/train.jsonl?level=1-5"), 7498);
  assert.equal(await count("math/train.jsonl?level=1&subject=algebra"), 178);
  const five = await math.problems({ split: "test", source: `${folder}/math/math500.jsonl?level=5` });
  assert.equal(five.at(0).meta!.level, 5);
});
