/**
 * The thread that compares answers: `../math.ts` sends one comparison at a time.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { equivalent } from "./equivalence.ts";

// The first use of the parser is slow; what follows "ready" is timed.
equivalent("\\frac{1}{2}", "x + 1");
parentPort!.on("message", (request: Parameters<typeof equivalent>) => parentPort!.postMessage(equivalent(...request)));
parentPort!.postMessage("ready");
