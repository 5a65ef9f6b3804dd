// generate, interpolate, export and import with input that cannot be used: everything at once, the way out, an exit code, no stack, and
// nothing left behind. The commands run in this process: none of them comes so far as to start another.
import assert from "node:assert/strict";
import { join } from "node:path";
import { buildProgram } from "../../lib/cli/command_line.ts";
import { showFailure } from "../../lib/cli/show_failure.ts";
import { buildWordTokenizer } from "../../lib/data/tokenizer.ts";
import { originalTensors, writeOriginal } from "../exchange/original_files.ts";
import { pictureBytes } from "../data/picture_folder.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { TINY_SIZES } from "../train/tiny_section.ts";

const MAIN = "flxflow_final.safetensors";
const PIPELINE = [
  `model: { variant: fluxflow, num_train_timesteps: 100, ${
    Object.entries(TINY_SIZES).map(([key, value]) => `${key}: ${value}`)
      .join(", ")
  }, text_encoder: { vocab_size: 64, dim: 8, layers: 1, heads: 2, hidden_dim: 16, max_positions: 8, head_dim: 4 } }`,
  "data: { data_path: pictures, captions_file: captions.tsv, max_tokens: 8 }",
  "training: { pipeline: { steps: [{ name: flow, train_diff: true, n_epochs: 1, lr: 1e-3 }] } }",
  "",
].join("\n");

interface Ended {
  readonly code: number;
  readonly err: string;
}

/** Runs a command in this process, in the present folder. */
async function run(...args: string[]): Promise<Ended> {
  const err: string[] = [];
  let code = 0;
  const terminal = {
    ...{ color: false, interactive: false, redraws: false },
    out: () => assert.fail("nothing is done, so nothing is told"),
    err: (text: string) => void err.push(text),
    redrawn: () => assert.fail(),
    confirm: () => assert.fail(),
  };
  try {
    const program = buildProgram(terminal, (ended) => code = ended);
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    code = showFailure(error, terminal);
  }
  return { code, err: err.join("\n") };
}

/** Files of every kind, good ones and bad ones, in the present folder. */
async function writeFiles(): Promise<void> {
  await Deno.writeTextFile("p.yaml", PIPELINE);
  await Deno.mkdir("pictures");
  await Deno.writeFile("pictures/a.png", pictureBytes(0, 16, 16));
  await Deno.writeTextFile("captions.tsv", "a.png\ta\n");
  await writeOriginal("original");
  await Deno.writeTextFile(
    "original/tokenizer.json",
    JSON.stringify(buildWordTokenizer(["a red heart"], 64)),
  );
  const whole = await Deno.readFile(join("original", MAIN));
  await Deno.writeFile("cut.safetensors", whole.subarray(0, 9999));
  await Deno.writeFile("head.safetensors", whole.subarray(0, 4));
  await Deno.writeTextFile("text.safetensors", "no such format at all");
  await Deno.writeTextFile("model.pt", "pickled");
  await Deno.writeTextFile("zipped.safetensors", "PK\x03\x04 archive/data.pkl");
  await Deno.writeFile("picture.png", Uint8Array.of(0x89, 80, 78, 71, 0, 0));
  await Deno.mkdir("empty");
  const tensors = originalTensors();
  await writeOriginal("no_words", new Map([[MAIN, tensors.get(MAIN)!]]));
  await Deno.writeFile("binary.txt", Uint8Array.of(0, 1, 2, 3, 10, 65));
  await Deno.writeFile("utf16.txt", Uint8Array.of(0xff, 0xfe, 65, 0, 10, 0));
  await Deno.writeTextFile("blank.txt", "\n \n");
}

const DRAW = ["generate", "p.yaml", "--to", "made"];
const RED = [...DRAW, "--prompt", "red"];
const CASES: Readonly<
  Record<string, readonly [readonly string[], number, readonly RegExp[]]>
> = {
  "a checkpoint that is cut off": [
    [...RED, "--checkpoint", "cut.safetensors"],
    3,
    [/cut\.safetensors".*: its /],
  ],
  "a checkpoint without a whole header": [
    [...RED, "--checkpoint", "head.safetensors"],
    3,
    [/head\.safetensors"/],
  ],
  "a checkpoint that is text": [
    [...RED, "--checkpoint", "text.safetensors"],
    3,
    [/text\.safetensors".*: its header/],
  ],
  "a checkpoint that is a pickle": [
    [...RED, "--checkpoint", "model.pt"],
    3,
    [/model\.pt": it is a pickle, which can run any program/],
  ],
  "a checkpoint that is a pickle, whatever it is called": [
    [...RED, "--set", "model_checkpoint=zipped.safetensors"],
    3,
    [/zipped\.safetensors": it is a pickle, which can run any program/],
  ],
  "a checkpoint that is a picture": [
    [...RED, "--checkpoint", "picture.png"],
    3,
    [/picture\.png".*6 bytes, wanted/],
  ],
  "a checkpoint that is not there": [
    [...RED, "--checkpoint", "nowhere"],
    3,
    [/Cannot find the weights "nowhere"/],
  ],
  "a folder without weights": [
    [...RED, "--checkpoint", "empty"],
    3,
    [/has neither flxflow_final/],
  ],
  "weights that draw nothing": [
    [...RED, "--checkpoint", "no_words"],
    3,
    [/Cannot draw with "no_words": it has no text_encoder/],
  ],
  "prompts that are no text": [
    [...DRAW, "--prompts", "binary.txt", "--checkpoint", "original"],
    3,
    [/"binary\.txt" is no UTF-8 text/],
  ],
  "prompts in another encoding": [
    [...DRAW, "--prompts", "utf16.txt", "--checkpoint", "original"],
    3,
    [/"utf16\.txt" is no UTF-8 text/],
  ],
  "prompts without a word": [
    [...DRAW, "--prompts", "blank.txt", "--checkpoint", "original"],
    3,
    [/"blank\.txt" holds no prompt/],
  ],
  "prompts in a folder without any": [
    [...DRAW, "--prompts", "empty", "--checkpoint", "original"],
    3,
    [/"empty" holds no prompt/],
  ],
  "prompts below a file": [
    [...DRAW, "--prompts", "p.yaml/x.txt", "--checkpoint", "original"],
    3,
    [/there is no "p\.yaml\/x\.txt"/],
  ],
  "a target below a file": [
    [
      ...["generate", "p.yaml", "--prompt", "red", "--to", "p.yaml/made"],
      ...["--checkpoint", "original"],
    ],
    2,
    [/p\.yaml\/made": a part of its path is no folder/],
  ],
  "all that can be wrong with a drawing, at once": [
    [
      ...["generate", "p.yaml", "--to", "empty", "--prompt", " "],
      ...["--size", "18x30", "--steps", "500", "--checkpoint", "no_words"],
    ],
    2,
    [
      /Cannot draw a blank prompt/,
      /"[^"]*empty": it exists already/,
      /18x30.*multiples of 4/,
      /--steps 500: the diffusion has 100 times/,
      /it has no text_encoder/,
    ],
  ],
  "damaged weights beside other mistakes": [
    [
      ...["interpolate", "p.yaml", "--to", "empty", "--start-prompt", "red"],
      ...["--end-prompt", " ", "--checkpoint", "cut.safetensors"],
    ],
    2,
    [/cut\.safetensors"/, /blank prompt/, /it exists already/],
  ],
  "a refused pipeline beside a size and steps that the model cannot make": [
    [
      ...["generate", "p.yaml", "--to", "made", "--prompt", " "],
      ...["--size", "18x30", "--steps", "500", "--set", "sed=1"],
    ],
    2,
    [
      /unknown key "sed"/,
      /Cannot draw a blank prompt/,
      /18x30.*multiples of 4/,
      /--steps 500: the diffusion has 100 times/,
    ],
  ],
  "a target where no folder can be made": [
    [...RED.with(3, "/proc/made"), "--checkpoint", "original", "--size", "16"],
    4,
    [/Cannot make folder "\/proc\/made": the file system answers "No such/],
  ],
  "an export of no step, over a folder": [
    ["export", "p.yaml", "flw", "--to", "empty"],
    2,
    [/has no step "flw"/, /it exists already/],
  ],
  "an export of a step that has not run": [
    ["export", "p.yaml", "flow", "--to", "made"],
    3,
    [/"flow": it has not finished/],
  ],
  "an export below a file": [
    ["export", "p.yaml", "flow", "--to", "p.yaml/made"],
    2,
    [/a part of its path is no folder/],
  ],
  "an import over a folder": [
    ["import", "original", "--to", "empty"],
    2,
    [/it exists already/],
  ],
  "imports of every wrong kind, at once": [
    [
      ...["import", "cut.safetensors", "text.safetensors", "model.pt"],
      ...["--to", "made"],
    ],
    3,
    [/cut\.safetensors"/, /text\.safetensors"/, /model\.pt"/],
  ],
  "an import of a pickle, whatever it is called": [
    ["import", "zipped.safetensors", "--to", "made"],
    3,
    [/zipped\.safetensors": it is a pickle/],
  ],
  "an import to where no folder can be made": [
    ["import", "original", "--to", "/proc/made"],
    4,
    [/Cannot make folder "\/proc\/made"/],
  ],
  "an import below a file": [
    ["import", "original", "--to", "p.yaml/made"],
    2,
    [/a part of its path is no folder/],
  ],
};

Deno.test("input that cannot be used is refused: everything at once, with the way out, and nothing is left behind", async (t) => {
  const home = Deno.cwd();
  await withTemporaryFolder(async (folder) => {
    Deno.chdir(folder);
    try {
      await writeFiles();
      const before = [...Deno.readDirSync(".")].map(({ name }) => name).sort();
      for (const [name, [args, wanted, patterns]] of Object.entries(CASES)) {
        await t.step(name, async () => {
          const { code, err } = await run(...args);
          const errors = err.split("\n").filter((line) =>
            line.startsWith("error: ")
          );
          assert.equal(errors.length, patterns.length, err);
          for (const pattern of patterns) {
            assert.ok(errors.some((line) => pattern.test(line)), err);
          }
          assert.equal(code, wanted, err);
          const hints = err.match(/^ *(hint|= hint|help): /gm) ?? [];
          assert.ok(hints.length >= patterns.length, err);
          assert.doesNotMatch(err, /^ +at |defect/m);
          const after = [...Deno.readDirSync(".")].map(({ name }) => name);
          assert.deepEqual(after.sort(), before);
        });
      }
    } finally {
      Deno.chdir(home);
    }
  });
});
