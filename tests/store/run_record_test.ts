import assert from "node:assert/strict";
import { EMBEDDED_ENGINE } from "../../lib/engine_setup/engine_choice.ts";
import { join } from "node:path";
import {
  appendEvent,
  listRuns,
  readEvents,
  readRunManifest,
  writeRunManifest,
} from "../../lib/store/run_record.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { writeFiles } from "./stored_step.ts";

const MANIFEST = {
  run: "spade",
  pipeline: "pipelines/spade.yaml",
  digest: "d",
  mode: "pipeline",
  seed: 0,
  engine: "wasm",
  engineChoice: EMBEDDED_ENGINE,
  versions: { fluxline: "0.1.0" },
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  steps: [{ name: "a", task: "train", key: "0123456789abcdef", state: "done" }],
} as const;

Deno.test("writeRunManifest() and readRunManifest() are a round trip", async () => {
  await withTemporaryFolder(async (runs) => {
    assert.equal(await readRunManifest(runs, "spade"), null);
    assert.deepEqual(listRuns(join(runs, "none")), []);
    await writeRunManifest(runs, MANIFEST);
    await writeRunManifest(runs, { ...MANIFEST, seed: 1 });
    assert.deepEqual(await readRunManifest(runs, "spade"), {
      version: 1,
      ...MANIFEST,
      seed: 1,
    });
    await writeFiles(runs, { "store/a-0123456789abcdef/x": "" });
    assert.deepEqual(listRuns(runs), ["spade"]);
  });
});

Deno.test("readRunManifest() refuses what it does not understand", async () => {
  await withTemporaryFolder(async (runs) => {
    const path = join(runs, "spade", "manifest.json");
    const table: [string, string][] = [
      ["[]", `Cannot read "${path}": found no JSON object`],
      ['{"version":9}', `Cannot read "${path}": found version 9, wanted 1`],
      [
        '{"version":1}',
        `Cannot read "${path}": it lacks fields of a run manifest`,
      ],
    ];
    for (const [text, message] of table) {
      await writeFiles(runs, { "spade/manifest.json": text });
      await assert.rejects(readRunManifest(runs, "spade"), {
        name: "StoredStateError",
        message,
      });
    }
  });
});

Deno.test("appendEvent() keeps order, and a torn line is cut by the next one", async () => {
  await withTemporaryFolder(async (runs) => {
    const at = "2026-01-01T00:00:00.000Z";
    await appendEvent(runs, "r", { at, kind: "run_started" });
    await Deno.writeTextFile(join(runs, "r", "events.jsonl"), '{"at":', {
      append: true,
    });
    assert.deepEqual(await readEvents(runs, "r"), [{
      at,
      kind: "run_started",
    }]);
    await appendEvent(runs, "r", { at, kind: "step_started", step: "a" });
    assert.deepEqual(await readEvents(runs, "r"), [
      { at, kind: "run_started" },
      { at, kind: "step_started", step: "a" },
    ]);
  });
});

Deno.test("readRunManifest() says what to do about one that is damaged or a folder", async () => {
  await withTemporaryFolder(async (runs) => {
    const path = join(runs, "spade", "manifest.json");
    const hint =
      `Move "${path}" away; finished steps are found again by their keys`;
    await writeFiles(runs, { "spade/manifest.json": "{" });
    await assert.rejects(readRunManifest(runs, "spade"), { hint });
    await Deno.remove(path);
    await Deno.mkdir(path);
    await assert.rejects(readRunManifest(runs, "spade"), {
      message: `Cannot read "${path}": it is not a regular file`,
      hint,
    });
  });
});
