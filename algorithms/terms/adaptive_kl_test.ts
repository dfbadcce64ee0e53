import assert from "node:assert/strict";
import { adaptKlCoefficient } from "./adaptive_kl.ts";

Deno.test("adaptKlCoefficient() rises above the target, falls below it, and stays on it", () => {
  const target = { klTarget: 5, klHorizon: 1000 };
  assert.equal(adaptKlCoefficient(0.1, 5, 100, target), 0.1);
  assert.equal(adaptKlCoefficient(0.1, 5.5, 100, target), 0.1 * (1 + (5.5 / 5 - 1) * 0.1));
  assert.equal(adaptKlCoefficient(0.1, 4.5, 100, target), 0.1 * (1 + (4.5 / 5 - 1) * 0.1));
});

Deno.test("adaptKlCoefficient() changes by at most a fifth of batch over horizon, whatever the KL", () => {
  const target = { klTarget: 5, klHorizon: 1000 };
  assert.equal(adaptKlCoefficient(0.1, 1e9, 100, target), 0.1 * 1.02);
  assert.equal(adaptKlCoefficient(0.1, -3, 100, target), 0.1 * (1 - 0.2 * 100 / 1000));
  assert.equal(adaptKlCoefficient(0.1, 1e9, 0, target), 0.1);
});
