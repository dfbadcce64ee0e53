/**
 * Which files hold rows that can be read.
 *
 * @module
 */

/** Their names; the groups are the kind of text, and whether it is compressed. */
export const READABLE: RegExp = /\.(?:(jsonl|ndjson|csv)(\.gz)?|parquet)$/i;
