// Runs the Python files beside this one, which write what PyTorch finds as JSON.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { OutsideProgram } from "../support/outside_program.ts";

/** PyTorch as a program that a test may need. */
export const TORCH: OutsideProgram = {
  name: "torch",
  how: "python3 -m pip install torch",
  probe: ["python3", "-c", "import torch"],
};

/** What a file of this folder prints; fails with what it complains of. */
export async function pythonJson(name: string): Promise<unknown> {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command("python3", {
    args: [path],
    env: { PYTHONDONTWRITEBYTECODE: "1" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Compares two references of PyTorch, whose last digits differ from machine to machine. */
export function assertSameReference(
  found: unknown,
  stored: unknown,
  path = "",
): void {
  if (typeof stored === "number") {
    const near = Math.abs(Number(found) - stored) <=
      1e-6 * Math.max(1, Math.abs(stored));
    assert.ok(near, `${path}: ${found}, stored ${stored}`);
    return;
  }
  if (typeof stored !== "object" || stored === null) {
    assert.equal(found, stored, path);
    return;
  }
  const own = (found ?? {}) as Record<string, unknown>;
  assert.deepEqual(Object.keys(own), Object.keys(stored), path);
  for (const [key, value] of Object.entries(stored)) {
    assertSameReference(own[key], value, `${path}/${key}`);
  }
}
