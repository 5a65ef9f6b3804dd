// Python with safetensors: what reads and writes the original's files.
import assert from "node:assert/strict";
import type { OutsideProgram } from "../support/outside_program.ts";

/** The package as a program that a test may need. */
export const PYTHON_SAFETENSORS: OutsideProgram = {
  name: "safetensors",
  how: "pip install safetensors numpy",
  probe: ["python3", "-c", "import safetensors.numpy"],
};

/** PyTorch and its side of the package. */
export const TORCH_SAFETENSORS: OutsideProgram = {
  name: "torch and safetensors",
  how: "pip install torch safetensors",
  probe: ["python3", "-c", "import torch, safetensors.torch"],
};

/** What a Python program prints as JSON; fails with what it complains of. `args` are in `sys.argv[1:]`. */
export async function python(
  program: string,
  ...args: readonly string[]
): Promise<unknown> {
  const { success, stdout, stderr } = await new Deno.Command("python3", {
    args: ["-c", program, ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}
