// Number formats of other programs: PyTorch writes halves, doubles and an old buffer, and reads what an import made of them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { runCli } from "../cli/cli_process.ts";
import { testWith } from "../support/outside_program.ts";
import { writeOriginal } from "./original_files.ts";
import { python, TORCH_SAFETENSORS } from "./python.ts";

const NARROW = `import json, sys, torch
from safetensors.torch import load_file, save_file
root = sys.argv[1]
def rewrite(name, dtype, more={}):
    tensors = load_file(f"{root}/{name}")
    save_file({**{k: v.to(dtype) for k, v in tensors.items()}, **more}, f"{root}/{name}")
rewrite("flxflow_final.safetensors", torch.float16)
rewrite("D_img.safetensors", torch.float64)
rewrite("text_encoder.safetensors", torch.bfloat16,
    {"text_encoder.language_model.embeddings.position_ids": torch.arange(8)[None]})
print(json.dumps(None))`;

const COMPARE = `import json, sys, torch
from safetensors.torch import load_file
count = 0
for name in ["flxflow_final", "D_img", "text_encoder"]:
    given, made = (load_file(f"{root}/{name}.safetensors") for root in sys.argv[1:3])
    given.pop("text_encoder.language_model.embeddings.position_ids", None)
    assert set(given) == set(made)
    for k, v in given.items():
        assert made[k].dtype == torch.float32 and torch.equal(made[k], v.float()), k
        count += 1
print(json.dumps(count))`;

testWith(
  TORCH_SAFETENSORS,
  "half, bfloat16 and double weights become 32-bit floats as PyTorch makes them",
  async () => {
    const root = await Deno.makeTempDir({ prefix: "fluxline-halves-" });
    try {
      const [original, made] = [join(root, "original"), join(root, "made")];
      await writeOriginal(original);
      await python(NARROW, original);
      const { code, out, err } = await runCli(
        ["import", "original", "--to", "made"],
        { cwd: root },
      );
      assert.deepEqual([code, err], [0, ""]);
      assert.match(
        out,
        /flxflow_final\.safetensors: 175 of F16, written as F32/,
      );
      assert.match(out, /D_img\.safetensors: 52 of F64, written as F32/);
      assert.match(
        out,
        /text_encoder\.safetensors: 28 of BF16, written as F32/,
      );
      assert.match(out, /position_ids: a buffer that nothing needs, left out/);
      assert.equal(await python(COMPARE, original, made), 175 + 52 + 28);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
);
