import { strict as assert } from "node:assert";
import fc from "fast-check";
import { crc32c } from "./crc32c.ts";
import { bytesField, doubleField, floatField, wholeField } from "./protobuf.ts";
import { eventsOf } from "./tensorboard.ts";
import { maskedCrc, tfRecord } from "./tfrecord.ts";

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

Deno.test("CRC-32C of the examples in RFC 3720, appendix B.4", () => {
  const rising = Uint8Array.from({ length: 32 }, (_, index) => index);
  const command = new Uint8Array(48);
  command.set([0x01, 0xc0], 0);
  command.set([0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28], 16);
  command.set([0x02], 40);
  const cases: [bytes: Uint8Array, crc: number][] = [
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [rising, 0x46dd794e],
    [rising.toReversed(), 0x113fdb5c],
    [command, 0xd9963a56],
    [new TextEncoder().encode("123456789"), 0xe3069283],
    [new Uint8Array(0), 0],
  ];
  for (const [bytes, crc] of cases) assert.equal(crc32c(bytes).toString(16), crc.toString(16));
});

Deno.test("a masked checksum is moved by 15 bits and a constant", () => {
  const bytes = new TextEncoder().encode("123456789"); // e3069283, its low 15 bits in front: 2507c60d
  assert.equal(maskedCrc(bytes), (0x2507c60d + 0xa282ead8) % 2 ** 32);
});

Deno.test("a record is length, checksum, data, checksum", () => {
  const record = tfRecord(Uint8Array.of(1, 2, 3)), view = new DataView(record.buffer);
  assert.equal(record.length, 8 + 4 + 3 + 4);
  assert.equal(view.getBigUint64(0, true), 3n);
  assert.equal(view.getUint32(8, true), maskedCrc(record.subarray(0, 8)));
  assert.deepEqual([...record.subarray(12, 15)], [1, 2, 3]);
  assert.equal(view.getUint32(15, true), maskedCrc(Uint8Array.of(1, 2, 3)));
});

Deno.test("fields as the encoding guide has them", () => {
  assert.equal(hex(wholeField(1, 150)), "089601");
  assert.equal(hex(bytesField(2, "testing")), "120774657374696e67");
  assert.equal(hex(wholeField(16, 0)), "800100");
  assert.equal(hex(wholeField(2, 2 ** 40)), "10808080808020");
  assert.equal(hex(doubleField(1, 1)), "09000000000000f03f");
  assert.equal(hex(floatField(2, 0.5)), "150000003f");
});

Deno.test("an event file byte by byte: its version, then a step with one scalar", () => {
  // Checked with tensorboard 2.21: EventAccumulator reads tag a/b, step 3, wall time 1.5, value 0.25.
  const file = eventsOf([{ step: 3, seconds: 1.5, numbers: { "a/b": 0.25 } }]);
  const version = "09" + "0000000000000000" + "1000" + "1a0d" + hex(new TextEncoder().encode("brain.Event:2"));
  const value = "0a03" + "612f62" + "150000803e" + "4a0b" + "0a09" + "0a07" + hex(new TextEncoder().encode("scalars"));
  const sizeOf = (text: string) => (text.length / 2).toString(16).padStart(2, "0");
  const summary = "0a" + sizeOf(value) + value;
  const step = "09" + "000000000000f83f" + "1003" + "2a" + sizeOf(summary) + summary;
  const bytes = (text: string) => Uint8Array.from(text.match(/../g)!, (byte) => parseInt(byte, 16));
  assert.equal(hex(file), hex(tfRecord(bytes(version))) + hex(tfRecord(bytes(step))));
});

Deno.test("without a clock the step stands for the time, and the same history gives the same bytes", () => {
  const numbers = fc.dictionary(fc.constantFrom("train/a", "eval/b"), fc.float({ noNaN: true }));
  fc.assert(fc.property(fc.nat(1000), numbers, (step, numbers) => {
    const file = eventsOf([{ step, seconds: null, numbers }]);
    assert.equal(hex(file), hex(eventsOf([{ step, seconds: step, numbers }])));
  }));
});
