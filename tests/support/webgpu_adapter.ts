// Tests that need a GPU through WebGPU; a software adapter serves. Where none answers they say so and are ignored.
import { type OutsideProgram, testWith } from "./outside_program.ts";

/**
 * Asked in a process of its own: a Vulkan driver brings a compiler that does not bear TensorFlow's library being loaded behind it.
 */
const ADAPTER: OutsideProgram = {
  name: "a Vulkan driver",
  how: "apt-get install mesa-vulkan-drivers",
  probe: [
    Deno.execPath(),
    "eval",
    "Deno.exit(await navigator.gpu.requestAdapter() === null ? 1 : 0)",
  ],
};

/** Registers a test that is ignored, with a printed reason, where no adapter answers. CI must have one. */
export function testWithGpu(
  name: string,
  body: () => void | Promise<void>,
): void {
  testWith(ADAPTER, name, body);
}
