/**
 * TFRecord files: records one after another, each between its length and checksums (tensorflow,
 * `core/lib/io/record_writer.h`).
 *
 *     uint64  length of the data         little-endian, as all numbers
 *     uint32  masked CRC-32C of these eight bytes
 *     bytes   data
 *     uint32  masked CRC-32C of the data
 *
 * @module
 */
import { crc32c } from "./crc32c.ts";

/** The checksum as it is stored: a CRC over data that holds CRCs would be a bad one, so its bits are moved. */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One record. */
export function tfRecord(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(data.length + 16), view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}
