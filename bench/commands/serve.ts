/**
 * `podium serve`: a policy as an OpenAI-compatible server.
 *
 * @module
 */
import { reasonOf } from "../../policy/reason.ts";
import { isLoopback } from "../../policy/serve/access.ts";
import { servePolicy } from "../../policy/serve/server.ts";
import { frozen } from "../../policy/text/in_process.ts";
import type { BackendChoice } from "../backend.ts";
import { exitCodes, Refusal } from "../outcomes.ts";
import { isHub, parseHubPolicy } from "../hub_policy.ts";
import { isOnnx, onnxDirectory } from "../onnx_source.ts";
import { backendFor, isEmbedded, openSource } from "../policies.ts";
import { onInterrupt } from "./interrupt.ts";

/** Options of `podium serve`. */
export interface ServeCommandOptions {
  /** Address to listen at. */
  host: string;
  /** Port to listen at; 0: one that is free. */
  port: number;
  /** `env:NAME`, or the file that holds the key. */
  key?: string;
  /** What computes the policy. Default: the CPU. */
  backend?: BackendChoice;
  /** Most tokens of a response. */
  maxTokens: number;
  /** Most requests at once. */
  maxRequests: number;
}

/** The key that requests must bring, from a variable or a file. */
async function readKey(source: string): Promise<string> {
  const variable = /^env:(.+)$/.exec(source)?.[1];
  let key: string | undefined;
  try {
    key = variable ? Deno.env.get(variable) : await Deno.readTextFile(source);
  } catch (error) {
    const how = variable ? `; keep it in a file, or run deno with --allow-env=${variable}` : "";
    throw new Refusal(`--key ${source}: can't be read (${reasonOf(error)})${how}.`);
  }
  if (!key?.trim()) throw new Refusal(`--key ${source}: ${variable ? "not set" : "empty"}; put the key there.`);
  return key.trim();
}

/** Name of the model: the source of an embedded policy, the hub's own name, or the last part of a directory's path. */
function nameOf(source: string): string {
  if (isHub(source)) return parseHubPolicy(source).name;
  if (isEmbedded(source)) return source;
  const path = isOnnx(source) ? onnxDirectory(source).directory : source;
  return path.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "") || source;
}

/** Serves until Ctrl-C; returns the exit code. */
export async function serve(source: string, options: ServeCommandOptions): Promise<number> {
  const { host, port, backend = "cpu", maxTokens, maxRequests } = options;
  const key = options.key === undefined ? undefined : await readKey(options.key);
  if (!isLoopback(host) && key === undefined) {
    throw new Refusal(`--host ${host}: others could ask there; give a key that they need with --key.`);
  }
  const policy = await openSource(source, { backend: await backendFor(source, backend) });
  const interrupt = onInterrupt(() => console.error("stopping."));
  try {
    const model = nameOf(source), fingerprint = `fp_${(await policy.digest()).slice(0, 12)}`;
    const server = servePolicy(frozen(policy), {
      model,
      hostname: host,
      port,
      key,
      clock: Date.now,
      fingerprint,
      maxTokens,
      maxRequests,
      onProblem: (message) => console.error(`error: ${message}`),
    });
    console.log(`${model}: ${server.url}  (Ctrl-C stops)`);
    await new Promise<void>((resolve) => {
      if (interrupt.signal.aborted) resolve();
      interrupt.signal.addEventListener("abort", () => resolve());
    });
    await server.stop();
    return exitCodes.ok;
  } finally {
    interrupt.release();
    await policy.dispose();
  }
}
