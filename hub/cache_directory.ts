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

function platformCache(): string {
  if (Deno.build.os === "windows") return known("LOCALAPPDATA");
  if (Deno.build.os === "darwin") return `${known("HOME")}/Library/Caches`;
  return Deno.env.get("XDG_CACHE_HOME") || `${known("HOME")}/.cache`;
}

function known(variable: string): string {
  const value = Deno.env.get(variable);
  if (!value) {
    throw new Error(`there is no place for a cache: set PODIUM_CACHE to a directory (${variable} is not set).`);
  }
  return value;
}
