/**
 * The few kinds of field of Protocol Buffers that TensorBoard's events are made of
 * (protobuf.dev/programming-guides/encoding): a tag, which is the field's number and kind, and the value.
 *
 * @module
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes one after another. */
export function joined(parts: readonly Bytes[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A whole number from 0 in groups of seven bits, the lowest first. */
function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(rest % 128 | 128);
  return Uint8Array.from([...bytes, rest]);
}

/** A field of kind 0: a whole number from 0. */
export function wholeField(number: number, value: number): Bytes {
  return joined([varint(number << 3), varint(value)]);
}

/** A field of kind 1: a number in 64 bits. */
export function doubleField(number: number, value: number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return joined([varint(number << 3 | 1), bytes]);
}

/** A field of kind 2: text or a message. */
export function bytesField(number: number, value: string | Bytes): Bytes {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return joined([varint(number << 3 | 2), varint(bytes.length), bytes]);
}

/** A field of kind 5: a number in 32 bits. */
export function floatField(number: number, value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([varint(number << 3 | 5), bytes]);
}
