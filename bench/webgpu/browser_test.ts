import { browserTest } from "../testing/browser_checks.ts";

browserTest("the policy on the GPU runs in a browser", new URL("browser_checks.ts", import.meta.url));
