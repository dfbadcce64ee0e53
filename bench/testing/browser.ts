/**
 * A real browser for tests: Debian's chromium, driven over its debugging protocol.
 *
 * Playwright does not start it (that needs pipes that Deno does not give), it connects to one that was started here.
 *
 * @module
 */
import { type Browser, chromium } from "playwright-core";

/** The address that a started chromium says it listens at. */
async function addressOf(errors: ReadableStream<Uint8Array>): Promise<{ address: string; rest: Promise<void> }> {
  const reader = errors.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = "";;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`chromium ended before it listened: ${text}`);
    text += value;
    const found = /DevTools listening on (ws:\S+)\s/.exec(text);
    if (!found) continue;
    const drain = async () => {
      while (!(await reader.read()).done);
    };
    return { address: found[1], rest: drain() };
  }
}

/** Does some work with a browser that is gone afterwards; with `gpu`, one that has WebGPU, in software. */
export async function inBrowser(work: (browser: Browser) => Promise<void>, { gpu = false } = {}): Promise<void> {
  const profile = await Deno.makeTempDir();
  const child = new Deno.Command("chromium", {
    args: [
      "--headless=new",
      "--no-sandbox",
      ...gpu ? ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"] : ["--disable-gpu"],
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      "about:blank",
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const { address, rest } = await addressOf(child.stderr);
  try {
    const browser = await chromium.connectOverCDP(address, { timeout: 120_000 });
    try {
      await work(browser);
    } finally {
      await browser.close();
    }
  } finally {
    child.kill();
    await child.status;
    await rest;
    // Its helpers may still be writing.
    for (let attempt = 0; attempt < 20; attempt++) {
      if (await Deno.remove(profile, { recursive: true }).then(() => true, () => false)) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
