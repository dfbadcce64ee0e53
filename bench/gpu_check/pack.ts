/**
 * `deno task gpu-pack [DIRECTORY] [--data FILE]`: packs `podium gpu-check` for a machine that has an NVIDIA driver and nothing else,
 * not even a network. Writes `podium.tar.xz` and `start.sh` into the directory (default `.gpu-pack`, which git ignores).
 *
 *     sh .gpu-pack/start.sh --out gpu-check.json [--quick]
 *
 * The archive holds this machine's Deno, what `gpu-check` imports, the fixture models, and the Vulkan loader with the
 * libraries that NVIDIA's driver loads, as far as this machine has them (Debian: `apt-get install libvulkan1 libx11-6
 * libxext6 libglvnd0`); with `--data` also a file with GSM8K's problems, of which `start.sh` then has prompts made.
 * `start.sh` says what it needs there.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { reasonOf } from "../../policy/reason.ts";
import { Refusal } from "../outcomes.ts";

/** Most bytes of the archive. */
const LIMIT = 60 * 2 ** 20;

/** Where the program starts, and what it loads behind a dynamic import. */
const ENTRIES = ["bench/cli.ts", "bench/commands/gpu_check.ts"];

/** Files that are read, not imported. */
const DATA = ["deno.json", "bench/perf/torch_peer.py", "bench/gpu_check/cuda_peer.py", "fixtures/models"];

/** The loader, and what NVIDIA's Vulkan driver is linked with beside the C library. */
const LIBRARIES = [
  "libvulkan.so.1",
  "libX11.so.6",
  "libXext.so.6",
  "libxcb.so.1",
  "libXau.so.6",
  "libXdmcp.so.6",
  "libbsd.so.0",
  "libmd.so.0",
  "libGLdispatch.so.0",
  "libEGL.so.1",
  "libGLX.so.0",
];

/** What `deno info --json` says of a module graph. */
interface Graph {
  roots: string[];
  redirects?: Record<string, string>;
  modules: {
    specifier: string;
    local?: string;
    npmPackage?: string;
    dependencies?: { code?: { specifier?: string }; isDynamic?: boolean }[];
  }[];
  npmPackages?: Record<string, { name: string; version: string; dependencies: string[] }>;
}

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** Files of the repository and packages that a module loads when it is started: dynamic imports are left out. */
export async function staticImports(entry: string): Promise<{ files: string[]; packages: string[] }> {
  const graph = JSON.parse(await output("deno", ["info", "--json", `${root}${entry}`])) as Graph;
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const resolved = (specifier: string) => graph.redirects?.[specifier] ?? specifier;
  const seen = new Set<string>(), files = new Set<string>(), packages = new Set<string>();
  const visit = (specifier: string) => {
    if (seen.has(specifier)) return;
    seen.add(specifier);
    const module = modules.get(specifier);
    if (module?.local?.startsWith(root)) files.add(module.local.slice(root.length));
    if (module?.npmPackage) needs(module.npmPackage);
    for (const { code, isDynamic } of module?.dependencies ?? []) {
      if (!isDynamic && code?.specifier) visit(resolved(code.specifier));
    }
  };
  const needs = (id: string) => {
    if (packages.has(id)) return;
    packages.add(id);
    graph.npmPackages?.[id]?.dependencies.forEach(needs);
  };
  graph.roots.map(resolved).forEach(visit);
  return {
    files: [...files].sort(),
    packages: [...packages].map((id) => graph.npmPackages![id]).map(({ name, version }) => `${name}@${version}`).sort(),
  };
}

async function pack(directory: string, data?: string): Promise<void> {
  const parts = await Promise.all(ENTRIES.map(staticImports));
  const files = new Set(parts.flatMap(({ files }) => files)),
    packages = new Set(parts.flatMap(({ packages }) => packages));
  const foreign = [...packages].find((name) => name.startsWith("onnxruntime"));
  if (foreign) throw new Refusal(`gpu-check imports ${foreign}, which has no place on a GPU; see what imports it.`);

  const staged = await Deno.makeTempDir({ prefix: "podium-pack." });
  try {
    for (const file of [...files, ...DATA]) await copy(`${root}${file}`, `${staged}/podium/${file}`);
    if (data !== undefined) await copy(data, `${staged}/data/${data.slice(data.lastIndexOf("/") + 1)}`);
    const { npmCache } = JSON.parse(await output("deno", ["info", "--json"])) as { npmCache: string };
    for (const id of packages) {
      const at = id.lastIndexOf("@"), [name, version] = [id.slice(0, at), id.slice(at + 1)];
      await copy(`${npmCache}/registry.npmjs.org/${name}/${version}`, `${staged}/podium/node_modules/${name}`);
    }
    await copy(Deno.execPath(), `${staged}/bin/deno`);
    const missing = await copyLibraries(`${staged}/lib`);
    await Deno.mkdir(directory, { recursive: true });
    const archive = `${directory}/podium.tar.xz`;
    const args = [
      "--sort=name",
      "--mtime=@0",
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "-C",
      staged,
      "-cJf",
      archive,
    ];
    await output("tar", [...args, "."], { XZ_OPT: "-9 -T1" });
    await Deno.copyFile(`${root}bench/gpu_check/start.sh`, `${directory}/start.sh`);
    const { size } = await Deno.stat(archive);
    if (size > LIMIT) throw new Refusal(`${archive}: has ${mebibytes(size)}, more than ${mebibytes(LIMIT)}.`);
    console.log(`${archive}: ${mebibytes(size)}; ${files.size} modules, packages: ${[...packages].join(", ")}`);
    if (missing.length > 0) console.log(`not on this machine, so not packed: ${missing.join(", ")}`);
    console.log(`there: sh ${directory}/start.sh --out gpu-check.json`);
  } finally {
    await Deno.remove(staged, { recursive: true });
  }
}

/** Copies the libraries that the loader of this machine knows; returns the others. */
async function copyLibraries(directory: string): Promise<string[]> {
  const known = await output("/sbin/ldconfig", ["-p"]), missing: string[] = [];
  await Deno.mkdir(directory, { recursive: true });
  for (const name of LIBRARIES) {
    const line = known.split("\n").find((line) => line.trim().startsWith(`${name} (`) && line.includes("x86-64"));
    const path = line?.split(" => ")[1]?.trim();
    if (path) await Deno.copyFile(path, `${directory}/${name}`);
    else missing.push(name);
  }
  return missing;
}

/** Copies a file or a directory, through links. */
async function copy(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from).catch((error) => {
    throw new Refusal(`${from}: can't be read (${reasonOf(error)}).`);
  });
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  if (!isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

async function output(program: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const command = new Deno.Command(program, { args, env, stdin: "null", stderr: "inherit" });
  const { code, stdout } = await command.output().catch((error) => {
    throw new Refusal(`${program}: can't be run (${reasonOf(error)}); install it.`);
  });
  if (code !== 0) throw new Refusal(`${program} ${args[0]} failed with code ${code}; its message is above.`);
  return new TextDecoder().decode(stdout);
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

if (import.meta.main) {
  try {
    const options = { data: { type: "string" } } as const;
    const { positionals: [directory], values } = parseArgs({ args: Deno.args, options, allowPositionals: true });
    await pack(directory ?? ".gpu-pack", values.data);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(1);
  }
}
