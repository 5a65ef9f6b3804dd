// Files that Python's safetensors reads and writes. Without that package the tests are skipped, and say so.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type OutsideProgram, testWith } from "../support/outside_program.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../lib/format/safetensors.ts";

const PACKAGE: OutsideProgram = {
  name: "safetensors",
  how: "pip install safetensors numpy",
  probe: ["python3", "-c", "import safetensors.numpy"],
};

testWith(
  PACKAGE,
  "Python's safetensors reads what encodeSafetensors() writes",
  async () => {
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
    assert.deepEqual(JSON.parse(answer), [{ format: "pt" }, {
      n: ["int32", [1, -2, 3]],
      w: ["float32", [[1, 2.5], [-3, 4]]],
    }]);
  },
);

testWith(
  PACKAGE,
  "decodeSafetensors() reads what Python's safetensors writes",
  async () => {
    const file = join(await Deno.makeTempDir(), "theirs.safetensors");
    await python(
      `import numpy, safetensors.numpy
safetensors.numpy.save_file({"w": numpy.arange(6, dtype="float32").reshape(2, 3), "n": numpy.array([5], dtype="int32")}, ${
        JSON.stringify(file)
      }, {"a": "b"})`,
    );
    const { tensors, metadata } = decodeSafetensors(await Deno.readFile(file));
    assert.deepEqual(metadata, { a: "b" });
    assert.deepEqual(tensors.get("w"), {
      dtype: "F32",
      shape: [2, 3],
      data: Float32Array.of(0, 1, 2, 3, 4, 5),
    });
    assert.deepEqual(tensors.get("n")?.data, Int32Array.of(5));
  },
);

/** What a Python program prints; fails with what it complains of. */
async function python(program: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("python3", {
    args: ["-c", program],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
