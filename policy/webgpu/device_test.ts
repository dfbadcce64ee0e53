import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { gpuTest, matrixOf, numbersOf } from "./checking_test.ts";
import { describeAdapter, openGpu } from "./device.ts";
import { Plan } from "./plan.ts";

gpuTest("a software adapter is refused unless asked for, in a sentence that says what to do", async () => {
  const adapter = await describeAdapter();
  ok(adapter && adapter.maxStorageBufferBindingSize >= 2 ** 27);
  if (!adapter.software) return;
  await rejects(openGpu(), /^Error: The only WebGPU adapter is software \(.+\), slower than the CPU; install .+\.$/);
});

gpuTest("what was copied in comes out, from any place", async () => {
  const data = Array.from({ length: 1000 }, (_, i) => i * 0.5), matrix = matrixOf(data, 10, 100);
  const [all, part] = await numbersOf([matrix, 1000], [{ ...matrix, offset: 256 }, 3]);
  deepStrictEqual([...all], data);
  deepStrictEqual([...part], [32, 32.5, 33]);
});

gpuTest("after a kernel that is not valid, nothing comes out any more", async () => {
  const broken = await openGpu({ software: true }), plan = new Plan(broken, {}), y = plan.matrix(1, 1);
  plan.elementwise("broken", { write: { y }, body: "y[i] = missing;" });
  plan.run({});
  await rejects(broken.download([{ buffer: y.buffer, offset: 0, size: 4 }]), /missing/);
  await rejects(broken.download([]), /missing/);
  broken.dispose();
});
