/**
 * One text and one hash for one value, whatever order its keys were written in.
 *
 * @module
 */
export { canonical, sha256 } from "../policy/canonical.ts";
