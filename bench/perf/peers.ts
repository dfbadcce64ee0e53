/**
 * The Python peers that `podium perf` measures beside Podium, in the same call, where `python3` has them.
 *
 * @module
 */

/** Runs a peer script of this folder; null if Python, PyTorch or TRL is not there. */
export async function peer(
  script: "torch_peer.py" | "trl_peer.py",
  options: Record<string, unknown>,
): Promise<Record<string, unknown> | null> {
  const path = new URL(`./${script}`, import.meta.url).pathname;
  try {
    const command = new Deno.Command("python3", {
      args: [path, JSON.stringify(options)],
      stdout: "piped",
      stderr: "null",
      stdin: "null",
    });
    const { code, stdout } = await command.output();
    if (code !== 0) return null;
    return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return null;
    throw error;
  }
}

/** Whether `python3` can import a module. */
export async function pythonHas(module: string): Promise<boolean> {
  try {
    const command = new Deno.Command("python3", {
      args: ["-c", `import importlib.util, sys; sys.exit(importlib.util.find_spec("${module}") is None)`],
      stdout: "null",
      stderr: "null",
      stdin: "null",
    });
    return (await command.output()).success;
  } catch {
    return false;
  }
}
