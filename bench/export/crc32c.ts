/**
 * CRC-32C (Castagnoli; RFC 3720, appendix B.4), as TFRecord files need it. Deno's own `crc32` is that of zlib, another
 * polynomial.
 *
 * @module
 */

/** Remainders of all bytes, for the reflected polynomial 0x1EDC6F41. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C of some bytes, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 0xff] ^ (value >>> 8);
  return ~value >>> 0;
}
