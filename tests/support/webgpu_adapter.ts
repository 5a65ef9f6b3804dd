// Tests that need a GPU through WebGPU; a software adapter serves. Where none answers they say so and are ignored.
import { REQUIRED_VARIABLE } from "./outside_program.ts";

const HOW = "a Vulkan driver: apt-get install mesa-vulkan-drivers";

/** Registers a test that is ignored, with a printed reason, where no adapter answers. CI must have one. */
export async function testWithGpu(
  name: string,
  body: () => void | Promise<void>,
): Promise<void> {
  const isThere = await navigator.gpu.requestAdapter() !== null;
  if (!isThere && Deno.env.get(REQUIRED_VARIABLE) === "1") {
    Deno.test(name, () => {
      throw new Error(`CI must have ${HOW}`);
    });
    return;
  }
  if (!isThere) console.log(`skipped: needs ${HOW}: ${name}`);
  Deno.test({
    name,
    ignore: !isThere,
    // The adapter lives as long as the process.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: body,
  });
}
