/**
 * What `podium doctor` says of the GPU: the adapter and its limits, or what is missing between it and Deno.
 *
 * @module
 */
import { describeAdapter } from "../../policy/webgpu/device.ts";
import type { Finding } from "./doctor.ts";

/** Where Linux keeps the Vulkan loader, and the files that name drivers to it. */
const LIBRARIES = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib64"];
const DRIVERS = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];

/** The adapter that `--backend webgpu` uses, and what is missing if there is none. */
export async function gpuFinding(): Promise<Finding> {
  const name = "GPU", adapter = await describeAdapter();
  if (!adapter) return { name, state: "optional", detail: `no WebGPU adapter: ${await missing()}` };
  const gib = (adapter.maxBufferSize / 2 ** 30).toFixed(1), mib = adapter.maxStorageBufferBindingSize / 2 ** 20;
  const features = ["shader-f16", "timestamp-query", "subgroups"].filter((f) => adapter.features.includes(f));
  const detail = `${adapter.name}, buffers up to ${gib} GiB, ${mib.toFixed(0)} MiB of one at once` +
    (features.length ? `, ${features.join(", ")}` : "");
  if (!adapter.software) return { name, state: "ok", detail: `${detail}: --backend webgpu` };
  return {
    name,
    state: "optional",
    detail:
      `${detail}; software, for tests only (--backend webgpu-software). If there is a real GPU: ${await missing()}`,
  };
}

/** What stands between Deno and a GPU, as far as files tell. */
async function missing(): Promise<string> {
  if (Deno.build.os !== "linux") return "update the system and the GPU's driver";
  const loader = await anyIn(LIBRARIES, (file) => file.startsWith("libvulkan.so"));
  if (!loader) return "the Vulkan loader is missing; install it (Debian: libvulkan1)";
  const drivers = await anyIn(DRIVERS, (file) => file.endsWith(".json") && !file.startsWith("lvp"));
  const device = await anyIn(["/dev"], (file) => /^nvidia\d|^dri$/.test(file));
  if (!drivers) {
    return "no driver file in /usr/share/vulkan/icd.d or /etc/vulkan/icd.d; install the driver's Vulkan part, or name " +
      "its file with VK_DRIVER_FILES (in a container: NVIDIA_DRIVER_CAPABILITIES=all)";
  }
  if (!device) {
    return `there is the driver file ${drivers}, but no device in /dev; give this machine or container a GPU`;
  }
  return `loader, driver file ${drivers} and device ${device} are there; see vulkaninfo --summary, and set ` +
    "DENO_WEBGPU_BACKEND=vulkan";
}

/** The first file that fits in one of some folders. */
async function anyIn(folders: readonly string[], fits: (file: string) => boolean): Promise<string | undefined> {
  for (const folder of folders) {
    try {
      for await (const { name } of Deno.readDir(folder)) if (fits(name)) return `${folder}/${name}`;
    } catch {
      // No such folder.
    }
  }
  return undefined;
}
