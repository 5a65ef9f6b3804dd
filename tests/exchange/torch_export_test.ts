// An export of `variant: fluxflow` in PyTorch: every file fills FluxFlow's networks strictly, by name, shape and number format.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  PIPELINE,
  SmallProject,
  vaeStep,
} from "../acceptance/small_project.ts";
import { testWith } from "../support/outside_program.ts";
import { python, TORCH_SAFETENSORS } from "./python.ts";

const FLOW =
  "{ name: flow, train_diff: true, n_epochs: 1, cfg_dropout_prob: 0.3, optimization: { optimizers: { flow: { type: AdamW, lr: 0.001 } } } }";

/** Fills the networks of tests/pytorch; the discriminator's layers are PyTorch's own under its own spectral norm. */
const LOAD = `import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import torch, transformers
from torch import nn
from torch.nn.utils import spectral_norm
from safetensors import safe_open
from modules import FluxCompressor, FluxExpander
from transformers import BertTextEncoder, FluxFlowProcessor, PatchDiscriminator

def layer(shape):
    plain = nn.Conv2d(shape[1], shape[0], 3, padding=1) if len(shape) == 4 else nn.Linear(shape[1], shape[0])
    return spectral_norm(plain)

transformers.Spectral = layer
networks = {
    "diffuser.compressor.": lambda: FluxCompressor(False, 8, 2, 4, 1, 2),
    "diffuser.expander.": lambda: FluxExpander(8, 2, 4, 3, 1, 16, 4),
    "diffuser.flow_processor.": lambda: FluxFlowProcessor(False, 8, 8, 8, 2, 1),
    "text_encoder.": lambda: BertTextEncoder(False, 64, 8, 1, 2, 16, 8, 4, 8),
    "D_img.": lambda: PatchDiscriminator(4, 2, 8),
}
report = {}
for path in sys.argv[2:]:
    with safe_open(path, "pt") as f:
        stored = {name: f.get_tensor(name) for name in f.keys()}
        added = json.loads(f.metadata()["added"])
    taken = set()
    for prefix, build in networks.items():
        own = {k[len(prefix):]: v for k, v in stored.items() if k.startswith(prefix) and k not in added}
        if not own:
            continue
        model = build()
        model.load_state_dict(own, strict=True)
        for name, value in model.state_dict().items():
            assert value.dtype == own[name].dtype == torch.float32, name
            assert torch.equal(value, own[name]) and value.isfinite().all(), name
        taken |= {prefix + k for k in own}
        report.setdefault(prefix, 0)
        report[prefix] += len(own)
        if prefix == "D_img.":
            with torch.no_grad():
                verdict = model(torch.rand(2, 3, 16, 16) * 2 - 1, torch.randn(2, 8))
            assert verdict.isfinite().all()
    assert set(stored) - taken == set(added), sorted(set(stored) - taken)
print(json.dumps(report))`;

testWith(
  TORCH_SAFETENSORS,
  "PyTorch loads an export of variant fluxflow into FluxFlow's networks, strictly",
  async () => {
    await using project = await SmallProject.open(
      vaeStep("gan", "gan_training: true, adaptive_weights: false"),
      FLOW,
    );
    const text = await Deno.readTextFile(project.path(PIPELINE));
    await project.write(
      PIPELINE,
      text.replace(
        "latent_dim: 4",
        "variant: fluxflow\n  disc_base: 4\n  disc_depth: 2",
      ),
    );
    const trained = await project.train("--quiet");
    assert.equal(trained.code, 0, trained.err);
    for (const step of ["gan", "flow"]) {
      const { code, err } = await project.run(
        ...["export", PIPELINE, step, "--to", `${step}_out`],
      );
      assert.equal(code, 0, err);
    }
    const pytorch = fileURLToPath(new URL("../pytorch", import.meta.url));
    const report = await python(
      LOAD,
      pytorch,
      project.path("gan_out/D_img.safetensors"),
      project.path("flow_out/flxflow_final.safetensors"),
      project.path("flow_out/text_encoder.safetensors"),
    ) as Record<string, number>;
    assert.deepEqual(Object.keys(report).sort(), [
      "D_img.",
      "diffuser.compressor.",
      "diffuser.expander.",
      "diffuser.flow_processor.",
      "text_encoder.",
    ]);
    const back = await project.run(
      ...["import", "flow_out", "gan_out/D_img.safetensors"],
      ...["--to", "back", "--json"],
    );
    assert.equal(back.code, 0, back.err);
    const { model, assumed } = JSON.parse(back.out);
    assert.deepEqual([model.variant, model.vae_heads, assumed], [
      "fluxflow",
      2,
      [],
    ]);
  },
);
