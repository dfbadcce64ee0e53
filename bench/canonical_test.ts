import { strict as assert } from "node:assert";
import fc from "fast-check";
import { canonical, sha256 } from "./canonical.ts";

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("canonical() does not depend on the order of keys, at any depth", () => {
  assert.equal(canonical({ b: { d: 1, c: [2, { f: 3, e: 4 }] }, a: 0 }), '{"a":0,"b":{"c":[2,{"e":4,"f":3}],"d":1}}');
});

Deno.test("canonical() writes what JSON.stringify() writes, but for the order of keys", () => {
  const value = {
    list: [undefined, null, -0, NaN, "é\n"],
    none: undefined,
    "2": 1,
    "10": [{}],
    row: Float32Array.of(0.5),
  };
  const text = '{"2":1,"10":[{}],"list":[null,null,0,null,"é\\n"],"row":{"0":0.5}}';
  assert.equal(canonical(value), text);
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.deepEqual(JSON.parse(canonical(value)), plain(value))));
});

Deno.test("canonical() keeps every bit of a number", () => {
  const value = 0.1 + 0.2;
  assert.equal(JSON.parse(canonical(value)), value);
});

Deno.test("sha256() of text and of its bytes agree, in one part or several", () => {
  assert.equal(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(sha256("a", new TextEncoder().encode("bc")), sha256("abc"));
});
