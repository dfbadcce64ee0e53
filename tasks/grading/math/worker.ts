/**
 * The thread that compares answers: `../math.ts` sends comparisons, and gets each verdict as soon as there is one.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { equivalent } from "./equivalence.ts";

// The first use of the parser is slow; what follows "ready" is timed.
equivalent("\\frac{1}{2}", "x + 1");
parentPort!.on("message", (requests: Parameters<typeof equivalent>[]) => {
  for (const request of requests) parentPort!.postMessage(equivalent(...request));
});
parentPort!.postMessage("ready");
