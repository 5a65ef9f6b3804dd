// Records of a run that carry the digest of themselves: what was changed from outside is seen, and kept aside.
import assert from "node:assert/strict";
import { join } from "node:path";
import { StoredStateError } from "../../lib/error/failure.ts";
import {
  appendEvent,
  readEvents,
  readRunManifest,
  setDamagedManifestAside,
  writeRunManifest,
} from "../../lib/store/run_record.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

const AT = "2026-01-01T00:00:00.000Z";
const MANIFEST = {
  run: "r",
  pipeline: "p.yaml",
  digest: "d",
  mode: "pipeline",
  seed: 0,
  engine: "wasm",
  engineChoice: null,
  versions: {},
  createdAt: AT,
  updatedAt: AT,
  steps: [],
} as const;

Deno.test("readRunManifest() refuses a changed value, and reads one without a seal by an older fluxline", async () => {
  await withTemporaryFolder(async (runs) => {
    await writeRunManifest(runs, MANIFEST);
    const path = join(runs, "r", "manifest.json");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"seed": 0', '"seed": 1'));
    await assert.rejects(readRunManifest(runs, "r"), StoredStateError);
    await Deno.writeTextFile(path, text.replace('"seal"', '"sea1"'));
    await assert.rejects(readRunManifest(runs, "r"), StoredStateError);
    const { seal: _seal, engineChoice: _engine, ...old } = JSON.parse(text);
    await Deno.writeTextFile(path, JSON.stringify(old));
    assert.equal((await readRunManifest(runs, "r"))?.digest, "d");
  });
});

Deno.test("setDamagedManifestAside() moves what cannot be understood and leaves the rest", async () => {
  await withTemporaryFolder(async (runs) => {
    await writeRunManifest(runs, MANIFEST);
    assert.equal(await setDamagedManifestAside(runs, "r"), null);
    const path = join(runs, "r", "manifest.json");
    await Deno.writeTextFile(path, "{");
    const moved = await setDamagedManifestAside(runs, "r");
    assert.match(moved!.reason, /found no JSON object$/);
    assert.equal(await Deno.readTextFile(moved!.path), "{");
    assert.equal(await readRunManifest(runs, "r"), null);
  });
});

Deno.test("readEvents() leaves out a line that is not what was written", async () => {
  await withTemporaryFolder(async (runs) => {
    for (const text of ["one", "two"]) {
      await appendEvent(runs, "r", { at: AT, kind: "run_started", text });
    }
    const path = join(runs, "r", "events.jsonl");
    const lines = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, lines.replace('"one"', '"0ne"'));
    const events = await readEvents(runs, "r");
    assert.deepEqual(events, [{ at: AT, kind: "run_started", text: "two" }]);
  });
});
