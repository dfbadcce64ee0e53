/**
 * For tests: environment variables that hold while some work is done.
 *
 * They are the whole process's, and test files run side by side in it, so that only one of them at a time may change
 * any: the lock is on this very file.
 *
 * @module
 */

/** Does some work, not itself such work, while variables have values, or, where a value is undefined, are not set. */
export async function withEnvironment<Result>(
  values: Readonly<Record<string, string | undefined>>,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  using lock = await Deno.open(new URL(import.meta.url));
  await lock.lock(true);
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, Deno.env.get(name)]));
  set(values);
  try {
    return await work();
  } finally {
    set(before);
  }
}

function set(values: Readonly<Record<string, string | undefined>>) {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) Deno.env.delete(name);
    else Deno.env.set(name, value);
  }
}
