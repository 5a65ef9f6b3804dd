// A small DistilBERT and its tokenizer, made by the Hugging Face libraries, with what they make of some texts.
import { join } from "node:path";
import type { OutsideProgram } from "../support/outside_program.ts";
import { python } from "./python.ts";

/** What reads and writes the hub's models in Python. */
export const PYTHON_TRANSFORMERS: OutsideProgram = {
  name: "transformers",
  how: "pip install torch transformers",
  probe: [
    "python3",
    "-c",
    "import importlib.util as u; assert u.find_spec('torch') and u.find_spec('transformers')",
  ],
};

/** Sizes of the model, as the pipeline's `model.text_encoder` must have them. */
export const HUB_SIZES = {
  vocab_size: 17,
  dim: 8,
  layers: 2,
  heads: 2,
  hidden_dim: 16,
  max_positions: 8,
} as const;

/** What Python makes of some texts. */
export interface ReadTexts {
  readonly texts: readonly string[];
  /** [N][8], cut and padded. */
  readonly ids: readonly (readonly number[])[];
  readonly mask: readonly (readonly number[])[];
}

const MAKE = `import sys, json, torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import DistilBertConfig, DistilBertForMaskedLM, PreTrainedTokenizerFast
root = sys.argv[1]
torch.manual_seed(5)
words = "[PAD] [UNK] [CLS] [SEP] a red heart blue star ##s ##let the , ! cafe gr ##een".split()
inner = Tokenizer(models.WordPiece({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
inner.normalizer = normalizers.BertNormalizer(lowercase=True)
inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
inner.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
fast = PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="[PAD]",
    unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]")
fast.save_pretrained(root)
model = DistilBertForMaskedLM(DistilBertConfig(vocab_size=len(words), dim=8,
    n_layers=2, n_heads=2, hidden_dim=16, max_position_embeddings=8)).eval()
with torch.no_grad():
    for p in model.parameters():
        p.add_(torch.randn_like(p) * 0.2)
model.save_pretrained(root)
texts = ["a red heart", "The blue stars!", "Caf\\u00e9, green redlet", "",
    "unknown words here and many many more of them"]
read = fast(texts, padding="max_length", truncation=True, max_length=8)
print(json.dumps({"texts": texts, "ids": read["input_ids"], "mask": read["attention_mask"]}))`;

interface HubModel {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly read: ReadTexts;
}

let made: Promise<HubModel> | undefined;

/** Saves the model and its tokenizer into an existing folder, as `save_pretrained` does. */
export async function makeHubModel(folder: string): Promise<ReadTexts> {
  made ??= runLibraries();
  const { files, read } = await made;
  for (const [name, bytes] of files) {
    await Deno.writeFile(join(folder, name), bytes);
  }
  return read;
}

/** Once per process: the libraries take seconds to load. */
async function runLibraries(): Promise<HubModel> {
  const folder = await Deno.makeTempDir();
  try {
    const read = await python(MAKE, folder) as ReadTexts;
    const files = new Map<string, Uint8Array>();
    for (const { name } of [...Deno.readDirSync(folder)]) {
      files.set(name, await Deno.readFile(join(folder, name)));
    }
    return { files, read };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * What PyTorch computes with an exported text encoder: DistilBERT loads its part strictly, the head is written out from its
 * formulas and loads its part strictly. Masked mean, as `variant: fluxline` has it.
 */
export async function torchTextVectors(
  exported: string,
  read: ReadTexts,
): Promise<number[][]> {
  return await python(VECTORS, exported, JSON.stringify(read)) as number[][];
}

const VECTORS = `import sys, json, torch
from safetensors.torch import load_file
from transformers import DistilBertConfig, DistilBertModel
read = json.loads(sys.argv[2])
stored = load_file(sys.argv[1])
class Bezier(torch.nn.Module):
    def forward(self, x):
        t, p0, p1, p2, p3 = (x[..., k::5] for k in range(5))
        t = torch.sigmoid(t)
        s = 1 - t
        return s**3 * p0 + 3 * s**2 * t * p1 + 3 * s * t**2 * p2 + t**3 * p3
class TextEncoder(torch.nn.Module):
    def __init__(self, head, width):
        super().__init__()
        self.language_model = DistilBertModel(DistilBertConfig(vocab_size=17, dim=8,
            n_layers=2, n_heads=2, hidden_dim=16, max_position_embeddings=8))
        self.ouput_layer = torch.nn.Sequential(
            torch.nn.Linear(8, 5 * head), torch.nn.LayerNorm(5 * head), Bezier(),
            torch.nn.Linear(head, 5 * width), torch.nn.LayerNorm(5 * width), Bezier())
prefix = "text_encoder."
assert all(k.startswith(prefix) for k in stored)
state = {k[len(prefix):]: v for k, v in stored.items()}
model = TextEncoder(state["ouput_layer.3.weight"].shape[1], state["ouput_layer.3.weight"].shape[0] // 5).eval()
model.load_state_dict(state, strict=True)
ids, mask = torch.tensor(read["ids"]), torch.tensor(read["mask"])
with torch.no_grad():
    hidden = model.language_model(input_ids=ids, attention_mask=mask).last_hidden_state
    words = mask.unsqueeze(2).float()
    print(json.dumps(model.ouput_layer((hidden * words).sum(1) / words.sum(1)).tolist()))`;
