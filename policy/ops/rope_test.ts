import { strictEqual } from "node:assert/strict";
import { checkOp, close, fixed, indices, random, trained } from "./checking_test.ts";
import { rope, rotationTables } from "./rope.ts";

const tables = (positions: number, size: number, theta = 10000) => {
  const { cosine, sine } = rotationTables(positions, { headSize: size, ropeTheta: theta });
  return [fixed([positions, size / 2], cosine), fixed([positions, size / 2], sine)];
};

Deno.test("rope: backward and lowering for one and several heads, positions in any order", async () => {
  for (const heads of [1, 2, 4]) {
    const size = 6, positions = indices([4, 0, 11, 11, 2]);
    await checkOp(rope, [trained("x", [5, heads * size]), positions, ...tables(12, size)], { heads });
  }
});

Deno.test("rope: lowering with more tokens than the tables have positions", async () => {
  const positions = indices(Array.from({ length: 40 }, (_, i) => i % 8));
  await checkOp(rope, [trained("x", [40, 16]), positions, ...tables(8, 8)], { heads: 2 });
});

Deno.test("rope: a head of two components turns by its position", () => {
  const [cosine, sine] = tables(5, 2).map(({ tensor }) => tensor);
  const x = { shape: [1, 2], data: Float64Array.of(1, 0) }, position = { shape: [1], data: Float64Array.of(3) };
  close(rope.forward([x, position, cosine, sine], { heads: 1 }).data, [Math.cos(3), Math.sin(3)], 1e-7);
});

Deno.test("rope: component c turns with component c + headSize / 2, by position / theta^(2c / headSize)", () => {
  const size = 8, theta = 500, [cosine, sine] = tables(20, size, theta).map(({ tensor }) => tensor);
  const x = random("x", [1, size]), position = { shape: [1], data: Float64Array.of(17) };
  const y = rope.forward([x, position, cosine, sine], { heads: 1 }).data;
  for (let c = 0; c < 4; c++) {
    const angle = 17 * theta ** (-2 * c / size), [a, b] = [x.data[c], x.data[c + 4]];
    close(
      [y[c], y[c + 4]],
      [a * Math.cos(angle) - b * Math.sin(angle), b * Math.cos(angle) + a * Math.sin(angle)],
      2e-6,
    );
  }
});

Deno.test("rotationTables() starts with the identity", () => {
  const { cosine, sine } = rotationTables(2, { headSize: 4, ropeTheta: 10000 });
  strictEqual(cosine.length, 4);
  close(cosine.subarray(0, 2), [1, 1], 0);
  close(sine.subarray(0, 2), [0, 0], 0);
});
