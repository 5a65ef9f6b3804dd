// Files that Python's safetensors reads and writes. Without that package the tests are skipped, and say so.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../lib/format/safetensors.ts";

const hasPackage = await python("import safetensors.numpy") !== null;
if (!hasPackage) {
  const notice = "skipped: needs safetensors (pip install safetensors)\n";
  await Deno.stderr.write(new TextEncoder().encode(notice));
}

Deno.test({
  name: "Python's safetensors reads what encodeSafetensors() writes",
  ignore: !hasPackage,
  async fn() {
    const file = join(await Deno.makeTempDir(), "ours.safetensors");
    const content = new Map<string, SafeTensor>([
      ["w", {
        dtype: "F32",
        shape: [2, 2],
        data: Float32Array.of(1, 2.5, -3, 4),
      }],
      ["n", { dtype: "I32", shape: [3], data: Int32Array.of(1, -2, 3) }],
    ]);
    await Deno.writeFile(file, encodeSafetensors(content, { format: "pt" }));
    const answer = await python(
      `import json, safetensors
with safetensors.safe_open(${JSON.stringify(file)}, "np") as f:
    print(json.dumps([f.metadata(), {k: [str(f.get_tensor(k).dtype), f.get_tensor(k).tolist()] for k in sorted(f.keys())}]))`,
    );
    assert.deepEqual(JSON.parse(answer!), [{ format: "pt" }, {
      n: ["int32", [1, -2, 3]],
      w: ["float32", [[1, 2.5], [-3, 4]]],
    }]);
  },
});

Deno.test({
  name: "decodeSafetensors() reads what Python's safetensors writes",
  ignore: !hasPackage,
  async fn() {
    const file = join(await Deno.makeTempDir(), "theirs.safetensors");
    const answer = await python(
      `import numpy, safetensors.numpy
safetensors.numpy.save_file({"w": numpy.arange(6, dtype="float32").reshape(2, 3), "n": numpy.array([5], dtype="int32")}, ${
        JSON.stringify(file)
      }, {"a": "b"})`,
    );
    assert.notEqual(answer, null);
    const { tensors, metadata } = decodeSafetensors(await Deno.readFile(file));
    assert.deepEqual(metadata, { a: "b" });
    assert.deepEqual(tensors.get("w"), {
      dtype: "F32",
      shape: [2, 3],
      data: Float32Array.of(0, 1, 2, 3, 4, 5),
    });
    assert.deepEqual(tensors.get("n")?.data, Int32Array.of(5));
  },
});

/** What a Python program prints; null when it fails or there is no Python. */
async function python(program: string): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command("python3", {
      args: ["-c", program],
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
