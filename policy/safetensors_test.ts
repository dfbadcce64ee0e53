import { Buffer } from "node:buffer";
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { openSafetensors, openSharded, writeSafetensors } from "./safetensors.ts";
import { inFolder } from "./folder_for_tests.ts";

/** Bytes of a file with the given header and data. */
function fileOf(header: unknown, data: Uint8Array, headerLength?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength ?? json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

Deno.test("writeSafetensors() and openSafetensors() are inverse", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.safetensors`;
    const matrix = Float32Array.from([1, -2.5, 3e-39, Infinity, -0, 7]);
    await writeSafetensors(path, [
      { name: "matrix", shape: [2, 3], data: matrix },
      { name: "step", shape: [1], data: BigInt64Array.of(12n) },
      { name: "empty", shape: [0, 4], data: new Float32Array(0) },
      { name: "ids", shape: [2], data: Uint32Array.of(1, 4294967295) },
    ], { format: "pt", note: "é" });
    using reader = await openSafetensors(path);
    deepStrictEqual(reader.metadata, { format: "pt", note: "é" });
    deepStrictEqual([...reader.tensors.keys()], ["matrix", "step", "empty", "ids"]);
    deepStrictEqual(reader.tensors.get("matrix")!.shape, [2, 3]);
    deepStrictEqual(reader.read("matrix"), matrix);
    deepStrictEqual(reader.readIntegers("step"), [12]);
    deepStrictEqual(reader.readIntegers("ids"), [1, 4294967295]);
    strictEqual((reader.read("empty")).length, 0);
    const flat = new Float32Array(8);
    reader.read("matrix", flat.subarray(1, 7));
    deepStrictEqual(flat.subarray(1, 7), matrix);
    throws(() => reader.read("matrix", flat), /matrix has 6 elements, the array for it 8/);
    throws(() => reader.read("nothing"), /a.safetensors: it has no tensor nothing/);
    throws(() => reader.read("step"), /step has the type I64; only F32/);
    throws(() => reader.readIntegers("matrix"), /matrix has the type F32; an integer/);
  }));

Deno.test("half-precision tensors are widened exactly, beyond one piece too", () =>
  inFolder(async (folder) => {
    const path = `${folder}/half.safetensors`;
    const length = (1 << 20) + 3;
    const words = new Uint16Array(2 * length);
    words.set([0x3c00, 0xc100, 0x0001, 0x7c00], 0); // float16: 1, -2.5, smallest subnormal, infinity
    words.set([0x3f80, 0xc020, 0x0001, 0x7f80], length); // bfloat16: the same but the subnormal
    words[length - 1] = 0x3555;
    words[2 * length - 1] = 0x3eab;
    const header = {
      half: { dtype: "F16", shape: [length], data_offsets: [0, 2 * length] },
      brain: { dtype: "BF16", shape: [length], data_offsets: [2 * length, 4 * length] },
    };
    await Deno.writeFile(path, fileOf(header, new Uint8Array(words.buffer)));
    using reader = await openSafetensors(path);
    const half = reader.read("half"), brain = reader.read("brain");
    deepStrictEqual([...half.subarray(0, 4)], [1, -2.5, 2 ** -24, Infinity]);
    // Bits: where a session of onnxruntime was opened, numbers below 2^-126 count as 0.
    const bits = new Uint32Array(brain.buffer, brain.byteOffset, 4);
    deepStrictEqual([...bits], [0x3f800000, 0xc0200000, 0x00010000, 0x7f800000]);
    strictEqual(half[length - 1], 0.333251953125);
    strictEqual(brain[length - 1], 0.333984375);
  }));

const bytesIn = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);

Deno.test("the pieces of a tensor are the tensor, whatever is read between them", () =>
  inFolder(async (folder) => {
    const path = `${folder}/pieces.safetensors`, length = 2 * (1 << 18) + 5;
    const halves = Uint16Array.from({ length }, (_, i) => i & 0x3fff), bytes = new Uint8Array(8 * length);
    bytes.set(new Uint8Array(Float32Array.from({ length }, (_, i) => i / 7).buffer));
    bytes.set(new Uint8Array(halves.buffer), 4 * length);
    bytes.set(new Uint8Array(halves.buffer), 6 * length);
    const at = (begin: number, end: number) => [begin * length, end * length];
    const header = {
      float: { dtype: "F32", shape: [length], data_offsets: at(0, 4) },
      half: { dtype: "F16", shape: [length], data_offsets: at(4, 6) },
      brain: { dtype: "BF16", shape: [length], data_offsets: at(6, 8) },
    };
    await Deno.writeFile(path, fileOf(header, bytes));
    using reader = await openSafetensors(path);
    for (const name of ["float", "half", "brain"]) {
      const whole = reader.read(name), parts: Float32Array[] = [];
      for (const part of reader.pieces(name)) {
        parts.push(part.slice());
        reader.read("half");
      }
      ok(parts.length > 2 && parts.every((part) => part.length <= 1 << 18));
      // As bytes: where a session or a driver was opened before, arithmetic takes numbers below 2^-126 for 0.
      ok(Buffer.concat(parts.map(bytesIn)).equals(bytesIn(whole)), name);
    }
    throws(() => [...reader.pieces("none")], /pieces\.safetensors: it has no tensor none\./);
  }));

Deno.test("a damaged file is refused in one sentence that names it", () =>
  inFolder(async (folder) => {
    const float = (shape: number[], ...data_offsets: number[]) => ({ dtype: "F32", shape, data_offsets });
    const data = new Uint8Array(16);
    const whole = fileOf({ a: float([4], 0, 16) }, data);
    const cases: [string, Uint8Array, RegExp][] = [
      ["empty", new Uint8Array(0), /truncated: it has 0 bytes/],
      ["short", whole.subarray(0, 7), /it has 7 bytes/],
      ["header cut", whole.subarray(0, 20), /truncated: its header has \d+ bytes, the file 20/],
      ["data cut", whole.subarray(0, whole.length - 1), /truncated: a ends at byte 16 of the data, which has 15/],
      ["too long", fileOf({ a: float([3], 0, 12) }, data), /4 bytes after its last tensor/],
      ["absurd length", fileOf({}, data, 2 ** 60), /not a safetensors file: its header would have/],
      ["no JSON", fileOf("{nonsense}", data), /header is not JSON/],
      ["not an object", fileOf("[]", data), /not a JSON object/],
      ["overlap", fileOf({ a: float([2], 0, 8), b: float([3], 4, 16) }, data), /ranges of a and b overlap/],
      ["gap", fileOf({ a: float([1], 0, 4), b: float([2], 8, 16) }, data), /gap of 4 bytes before b/],
      ["out of range", fileOf({ a: float([8], 0, 32) }, data), /ends at byte 32/],
      ["backwards", fileOf({ a: float([4], 16, 0) }, data), /wrong byte range \[16,0\]/],
      ["shape", fileOf({ a: float([5], 0, 16) }, data), /F32 and shape \[5\] does not fit its range of 16 bytes/],
      ["negative shape", fileOf({ a: float([-4], 0, 16) }, data), /wrong shape \[-4\]/],
      ["type", fileOf({ a: { ...float([4], 0, 16), dtype: "Q4" } }, data), /a has the unknown type "Q4"/],
      ["entry", fileOf({ a: 1 }, data), /entry of a is not an object/],
      ["metadata", fileOf({ __metadata__: { step: 1 } }, data), /__metadata__/],
    ];
    for (const [name, bytes, message] of cases) {
      const path = `${folder}/${name}.safetensors`;
      await Deno.writeFile(path, bytes);
      await rejects(openSafetensors(path), (error: Error) => {
        strictEqual(error.message.startsWith(`${path}: `), true, error.message);
        strictEqual(message.test(error.message), true, `${name}: ${error.message}`);
        return true;
      });
    }
    await rejects(openSafetensors(`${folder}/absent`), /absent: cannot be opened/);
  }));

Deno.test("openSharded() reads each tensor from the file that the index names", () =>
  inFolder(async (folder) => {
    const index = `${folder}/model.safetensors.index.json`;
    const write = (weight_map: unknown) => Deno.writeTextFile(index, JSON.stringify({ metadata: {}, weight_map }));
    await writeSafetensors(`${folder}/one.safetensors`, [{ name: "a", shape: [1], data: Float32Array.of(1) }]);
    await writeSafetensors(`${folder}/two.safetensors`, [{ name: "b", shape: [1], data: Float32Array.of(2) }]);
    await write({ a: "one.safetensors", b: "two.safetensors" });
    {
      using reader = await openSharded(index);
      deepStrictEqual([...reader.read("a"), ...reader.read("b")], [1, 2]);
      deepStrictEqual([...reader.tensors.keys()], ["a", "b"]);
    }
    await write({ a: "two.safetensors" });
    await rejects(openSharded(index), /says that two.safetensors holds a, which is not in that file/);
    await write({ a: "../one.safetensors" });
    await rejects(openSharded(index), /names the file "..\/one.safetensors"/);
    await write({ a: "three.safetensors" });
    await rejects(openSharded(index), /three.safetensors: cannot be opened/);
    await write(undefined);
    await rejects(openSharded(index), /no weight_map/);
  }));

Deno.test("writeSafetensors() leaves nothing behind when it fails", () =>
  inFolder(async (folder) => {
    const data = Float32Array.of(1, 2);
    await rejects(writeSafetensors(`${folder}/a`, [{ name: "a", shape: [3], data }]), /do not fill the shape \[3\]/);
    const twice = [{ name: "a", shape: [2], data }, { name: "a", shape: [2], data }];
    await rejects(writeSafetensors(`${folder}/a`, twice), /a is to be written twice/);
    await rejects(writeSafetensors(`${folder}/absent/a`, [{ name: "a", shape: [2], data }]), /cannot be written/);
    deepStrictEqual([...Deno.readDirSync(folder)], []);
  }));
