/**
 * Where files are kept that can be made or downloaded again.
 *
 * @module
 */

/**
 * The folder `name` of the cache: below `PODIUM_CACHE` if that is set, or else below `podium` in the platform's own
 * cache (`$XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`). It may not exist yet.
 */
export function cacheDirectory(name: string): string {
  const chosen = Deno.env.get("PODIUM_CACHE");
  return chosen ? `${chosen}/${name}` : `${platformCache()}/podium/${name}`;
}

/**
 * The cache of the hub, which the Python tools share: `HF_HUB_CACHE`, or `hub` below `HF_HOME`, which is by default
 * `huggingface` in `$XDG_CACHE_HOME` or `~/.cache` on every platform. It may not exist yet. The variables are those of
 * the process, or what `environment` says of them.
 */
export function hubCacheDirectory(environment: Pick<Deno.Env, "get"> = Deno.env): string {
  const said = (name: string) => environment.get(name)?.trim() || undefined;
  const user = () => said("HOME") ?? said("USERPROFILE") ?? none("HF_HOME", "HOME");
  const home = () => said("HF_HOME") ?? `${said("XDG_CACHE_HOME") ?? `${user()}/.cache`}/huggingface`;
  const chosen = said("HF_HUB_CACHE") ?? said("HUGGINGFACE_HUB_CACHE") ?? `${home()}/hub`;
  return chosen.replace(/^~(?=[/\\]|$)/, () => user()).replace(/(.)[/\\]+$/, "$1");
}

function platformCache(): string {
  if (Deno.build.os === "windows") return known("LOCALAPPDATA");
  if (Deno.build.os === "darwin") return `${known("HOME")}/Library/Caches`;
  return Deno.env.get("XDG_CACHE_HOME") || `${known("HOME")}/.cache`;
}

function known(variable: string): string {
  const value = Deno.env.get(variable);
  return value || none("PODIUM_CACHE", variable);
}

function none(wanted: string, missing: string): never {
  throw new Error(`there is no place for a cache: set ${wanted} to a directory (${missing} is not set).`);
}
