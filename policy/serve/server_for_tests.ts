/**
 * The embedded base policy behind a server, for tests.
 *
 * @module
 */
import { openPolicy } from "../open.ts";
import type { Policy } from "../policy.ts";
import { frozen } from "../text/in_process.ts";
import type { FrozenPolicy } from "../text/frozen.ts";
import { type PolicyServer, type ServeOptions, servePolicy } from "./server.ts";

/** What the base policy was trained on. */
export const question =
  "Dan has 44 eggs. He finds 47 more. He puts them in 7 equal bags. How many eggs in each?\nAnswer:\n";

/** Settings of a server in tests. */
export const plain: ServeOptions = { model: "base", clock: () => 1_700_000_000_123, fingerprint: "fp_test" };

/** Serves the base policy while the test uses it. */
export async function withPolicyServer(
  test: (server: PolicyServer, policy: FrozenPolicy) => Promise<void>,
  options: Partial<ServeOptions> = {},
  change: (policy: Policy) => Policy = (policy) => policy,
): Promise<void> {
  const policy = await openPolicy(decodeURIComponent(new URL("../../fixtures/base/", import.meta.url).pathname));
  const asked = frozen(change(policy)), server = servePolicy(asked, { ...plain, ...options });
  try {
    await test(server, asked);
  } finally {
    await server.stop();
    await policy.dispose();
  }
}
