// Pictures and tokenizers in a process that may read exactly the files named, as a step's process does.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { JPEG_WASM_FILE } from "../../lib/format/jpeg_decoder.ts";
import { RESIZE_WASM_FILE } from "../../lib/data/resize.ts";
import { WASM_FILE } from "../../lib/engines/wasm_backend.ts";
import {
  ENGINE_FILES,
  TASK_PACKAGE_FILES,
} from "../../lib/worker/permissions.ts";
import { jpegOfHalves } from "../format/jpeg_picture.ts";
import { pictureFolder } from "./picture_folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("a step is granted every package file that engine, decoder and resizer read", () => {
  assert.deepEqual(
    [...ENGINE_FILES.wasm, ...TASK_PACKAGE_FILES],
    [WASM_FILE, JPEG_WASM_FILE, RESIZE_WASM_FILE].map((file) => `npm:${file}`),
  );
});

Deno.test("datasets open with reads of the data and two package files alone", async () => {
  using places = pictureFolder(1, "0.png\tone\na.jpg\ttwo\n");
  await Deno.writeFile(
    join(places.imageFolder, "a.jpg"),
    await jpegOfHalves(16, 16, [[1, 2, 3], [4, 5, 6]]),
  );
  const read = [
    places.imageFolder,
    places.captionsFile,
    ...[JPEG_WASM_FILE, RESIZE_WASM_FILE].map((file) =>
      fileURLToPath(import.meta.resolve(file))
    ),
  ];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--cached-only",
      "--ignore-env",
      `--config=${join(ROOT, "deno.json")}`,
      `--allow-read=${read.join(",")}`,
      join(ROOT, "tests", "data", "open_main.ts"),
      JSON.stringify(places),
    ],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  assert.equal(new TextDecoder().decode(stdout), "2 pictures, 7 tokens");
});
