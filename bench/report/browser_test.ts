import { browserTest } from "../testing/browser_checks.ts";

browserTest("the page works in a real browser", new URL("browser_checks.ts", import.meta.url));
browserTest("the page follows a run in a real browser", new URL("live_checks.ts", import.meta.url));
browserTest("a large page is handy in a real browser", new URL("size_checks.ts", import.meta.url));
