/**
 * One measurement in a process of its own: `worker.ts JOB` prints seconds per repeat as JSON. It starts when a line
 * comes on its standard input, so that several can start together.
 *
 * @module
 */
import { type Job, measure } from "./measure.ts";

if (import.meta.main) {
  const job = JSON.parse(Deno.args[0]) as Job;
  await Deno.stdin.read(new Uint8Array(1));
  console.log(JSON.stringify(await measure(job)));
}
