/**
 * How far a download is, on the last line of a terminal.
 *
 * @module
 */

const WIDTH = 24;

/** Draws a bar on standard error, if that is a terminal; `at` is told the bytes that are there. */
export function progressBar(label: string, size: number): { at(bytes: number): void; end(): void } {
  if (!Deno.stderr.isTerminal()) return { at() {}, end() {} };
  const encoder = new TextEncoder();
  let drawn = "";
  const draw = (line: string) => {
    if (line !== drawn) Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${line}`));
    drawn = line;
  };
  return {
    at(bytes) {
      const share = size === 0 ? 1 : Math.min(1, bytes / size), filled = Math.round(share * WIDTH);
      const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
      const percent = String(Math.floor(share * 100)).padStart(3);
      // A line that wraps could not be drawn over.
      draw(`${bar} ${percent} % of ${megabytes(size)} MB  ${label}`.slice(0, columns() - 1));
    },
    end: () => draw(""),
  };
}

function columns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}
