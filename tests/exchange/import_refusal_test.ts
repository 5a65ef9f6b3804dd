// What `fluxline import` refuses: everything at once, with the way out, an exit code, no stack, and no folder left behind.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Ended, runCli } from "../cli/cli_process.ts";
import {
  encodeSafetensors,
  type SafeTensor,
} from "../../lib/format/safetensors.ts";
import {
  ORIGINAL_MODEL,
  originalTensors,
  writeOriginal,
} from "./original_files.ts";

const MAIN = "flxflow_final.safetensors";
const TEXT = "text_encoder.safetensors";

/** Runs `body` in an empty folder with a way to import in it. */
async function inFolder(
  body: (
    root: string,
    importing: (...args: string[]) => Promise<Ended>,
  ) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "fluxline-import-" });
  try {
    await body(root, async (...args) => {
      const ended = await runCli(["import", ...args, "--to", "out"], {
        cwd: root,
      });
      assert.doesNotMatch(ended.err, /\n {4}at /);
      return ended;
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== null;
  } catch {
    return false;
  }
}

function tensor(...numbers: number[]): SafeTensor {
  return {
    dtype: "F32",
    shape: [numbers.length],
    data: Float32Array.from(numbers),
  };
}

Deno.test("missing, unexpected and misshapen names are told per component, and --no-strict lets the first two pass", async () => {
  await inFolder(async (root, importing) => {
    const files = originalTensors();
    const main = files.get(MAIN)!;
    main.delete("diffuser.expander.rgb_activation.p0");
    main.set("diffuser.compressor.extra", tensor(1));
    main.set("image_encoder.weight", tensor(1));
    main.set("diffuser.flow_processor.time_embed.1.bias", tensor(1, 2, 3));
    await writeOriginal(join(root, "original"), files);
    const { code, out, err } = await importing("original");
    assert.equal(code, 3);
    assert.match(
      out,
      /compressor {6}39 tensors {2}0 missing, 1 unexpected, 0 of another shape\n {2}expander +46 tensors {2}1 missing/,
    );
    for (
      const line of [
        "error: Names of compressor do not fit: 1 unexpected: diffuser.compressor.extra\nhint: ",
        "error: Names of expander do not fit: 1 missing: diffuser.expander.rgb_activation.p0\n",
        "error: Names of no component do not fit: 1 unexpected: image_encoder.weight\n",
        "error: Shapes of flow_processor do not fit: 1 of another shape: diffuser.flow_processor.time_embed.1.bias [3], wanted [8]\n",
      ]
    ) assert.ok(err.includes(line), err);
    const asData = await importing("original", "--json");
    assert.equal(asData.code, 3);
    const report = JSON.parse(asData.out);
    assert.deepEqual([report.ok, report.problems.length], [false, 4]);
    assert.deepEqual(report.components[1].missing, [
      "diffuser.expander.rgb_activation.p0",
    ]);
    assert.ok(!exists(join(root, "out")));
    main.set(
      "diffuser.flow_processor.time_embed.1.bias",
      tensor(...Array(8).fill(0)),
    );
    await Deno.writeFile(join(root, "original", MAIN), encodeSafetensors(main));
    const lax = await importing("original", "--no-strict");
    assert.deepEqual([lax.code, lax.err], [0, ""]);
    assert.match(lax.out, /\nmodel_checkpoint_strict: false\n/);
    assert.match(lax.out, /Names of expander do not fit: 1 missing/);
  });
});

Deno.test("NaN and infinite weights are named and refused", async () => {
  await inFolder(async (root, importing) => {
    const files = originalTensors();
    const { data } = files.get(MAIN)!.get(
      "diffuser.compressor.mu_proj.0.0.bias",
    )!;
    data.set([NaN, Infinity, -Infinity]);
    files.get(TEXT)!.get("text_encoder.ouput_layer.0.bias")!.data[1] = NaN;
    await writeOriginal(join(root, "original"), files);
    const { code, err } = await importing("original");
    assert.equal(code, 3);
    assert.match(
      err,
      /flxflow_final\.safetensors": NaN or infinite numbers in 1 array: diffuser\.compressor\.mu_proj\.0\.0\.bias \(3 of 40\)\nhint: Take an earlier checkpoint/,
    );
    assert.match(err, /text_encoder\.ouput_layer\.0\.bias \(1 of 20\)/);
    assert.ok(!exists(join(root, "out")));
  });
});

Deno.test("damaged files, pickles, and names of another program are each refused for what they are", async () => {
  await inFolder(async (root, importing) => {
    await writeOriginal(join(root, "original"));
    const path = (name: string) => join(root, name);
    const whole = await Deno.readFile(path(`original/${MAIN}`));
    await Deno.writeFile(path("cut.safetensors"), whole.subarray(0, 9999));
    await Deno.writeTextFile(path("text.safetensors"), "no such format");
    await Deno.writeTextFile(path("model.pt"), "pickled");
    await Deno.writeFile(
      path("other.safetensors"),
      encodeSafetensors(new Map([["encoder.weight", tensor(1)]])),
    );
    const { code, err } = await importing(
      ...["cut.safetensors", "text.safetensors", "model.pt"],
    );
    assert.equal(code, 3);
    assert.match(err, /"cut\.safetensors": Cannot read safetensors file: its /);
    assert.match(
      err,
      /"text\.safetensors": Cannot read safetensors file: its header claims/,
    );
    assert.match(err, /"model\.pt": it is a pickle, which can run any program/);
    assert.equal(err.match(/^error: /gm)?.length, 3);
    const other = await importing("other.safetensors");
    assert.equal(other.code, 3);
    assert.match(
      other.err,
      /"other\.safetensors": no name of FluxFlow's in it\nhint: Names must start with diffuser\./,
    );
    const twice = await importing("original", `original/${MAIN}`, "original");
    assert.equal(twice.code, 0, twice.err);
  });
});

Deno.test("no such path, an existing target, and a folder without weights", async () => {
  await inFolder(async (root, importing) => {
    const absent = await importing("nowhere", "neither.safetensors");
    assert.deepEqual([absent.code, absent.err], [
      2,
      'error: Cannot import "nowhere", "neither.safetensors": there is no such file or folder\nhint: Name FluxFlow\'s output folder, or files in it\n',
    ]);
    await Deno.mkdir(join(root, "empty", MAIN), { recursive: true });
    await Deno.writeTextFile(join(root, "tokenizer.json"), "{}");
    const words = await importing("tokenizer.json");
    assert.equal(words.code, 3);
    assert.match(
      words.err,
      /^error: Cannot import "tokenizer\.json": no weight file is among them\nhint: /,
    );
    const empty = await importing("empty");
    assert.equal(empty.code, 3);
    assert.match(empty.err, /folder "empty": it has none of flxflow_final/);
    await Deno.mkdir(join(root, "out"));
    const taken = await importing("empty");
    assert.equal(taken.code, 2);
    assert.match(taken.err, /it exists already\nhint: Name a folder/);
  });
});

Deno.test("files of two models are refused, by variant and by size; a tokenizer with too many words too", async () => {
  await inFolder(async (root, importing) => {
    const files = originalTensors();
    const wider = originalTensors({
      ...ORIGINAL_MODEL,
      text_embedding_dim: 12,
    });
    await writeOriginal(
      join(root, "sizes"),
      new Map([...files, [TEXT, wider.get(TEXT)!]]),
    );
    const sizes = await importing("sizes");
    assert.equal(sizes.code, 3);
    assert.match(
      sizes.err,
      /"model\.text_embedding_dim" is 8 by diffuser\.flow_processor\.text_proj\.weight and 12 by text_encoder\.ouput_layer\.3\.weight/,
    );
    await Deno.writeFile(
      join(root, "ours.safetensors"),
      encodeSafetensors(files.get(TEXT)!, {
        fluxline_version: "0.1.0",
        format_version: "1",
        variant: "fluxline",
      }),
    );
    await writeOriginal(
      join(root, "original"),
      new Map([[MAIN, files.get(MAIN)!]]),
    );
    const variants = await importing("original", "ours.safetensors");
    assert.equal(variants.code, 3);
    assert.match(variants.err, /together: they are of different variants/);
    const vocab = Object.fromEntries(
      Array.from(
        { length: 65 },
        (_, id) => [id === 0 ? "[PAD]" : `w${id}`, id],
      ),
    );
    await Deno.writeTextFile(
      join(root, "tokenizer.json"),
      JSON.stringify({ model: { type: "WordLevel", vocab } }),
    );
    await Deno.writeFile(
      join(root, "text.safetensors"),
      encodeSafetensors(files.get(TEXT)!),
    );
    const words = await importing("text.safetensors");
    assert.equal(words.code, 3);
    assert.match(
      words.err,
      /tokenizer\.json": it has 65 tokens, and the text encoder knows 64/,
    );
  });
});

Deno.test("a torn training_state.json stops no import; a legacy one has no steps", async () => {
  await inFolder(async (root, importing) => {
    await writeOriginal(join(root, "original"), originalTensors(), {
      version: "1.0",
      mode: "legacy",
      epoch: 5,
      batch_idx: 30,
      global_step: 1200,
    });
    const legacy = await importing("original");
    assert.equal(legacy.code, 0, legacy.err);
    assert.match(
      legacy.out,
      /stood at a legacy run without steps, epoch 5, batch 30, global step 1200\n/,
    );
    await Deno.remove(join(root, "out"), { recursive: true });
    await Deno.writeTextFile(
      join(root, "original/training_state.json"),
      '{"ver',
    );
    const torn = await importing("original");
    assert.equal(torn.code, 0, torn.err);
    assert.match(
      torn.out,
      /training_state\.json: no JSON object; where the run stood is not known/,
    );
  });
});
