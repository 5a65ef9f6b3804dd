import assert from "node:assert/strict";
import { join } from "node:path";
import { FileLock } from "../../lib/disk/file_lock.ts";
import { clearUnfinished } from "../../lib/store/clear_unfinished.ts";
import { appendEvent, writeRunManifest } from "../../lib/store/run_record.ts";
import { readRunStatus } from "../../lib/store/run_status.ts";
import { stepPaths } from "../../lib/store/store_layout.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { finishStep, writeFiles } from "./stored_step.ts";

const AT = "2026-01-01T00:00:00.000Z";

function key(digit: number): string {
  return String(digit).repeat(16);
}

Deno.test("readRunStatus() tells the state of every step from its folder", async () => {
  await withTemporaryFolder(async (runs) => {
    assert.equal(await readRunStatus(runs, "r"), null);
    const names = [
      "done",
      "damaged",
      "running",
      "stopped",
      "failed",
      "waiting",
    ];
    await writeRunManifest(runs, {
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
      steps: names.map((name, index) => ({
        name,
        task: "train",
        key: key(index),
        state: name === "failed" ? "failed" : "running",
      })),
    });
    await appendEvent(runs, "r", { at: AT, kind: "run_started" });
    const folder = (index: number) =>
      join(runs, "store", `${names[index]}-${key(index)}`);
    await finishStep(folder(0), key(0), { x: "" });
    await finishStep(folder(1), key(1), { x: "" });
    await Deno.remove(join(folder(1), "x"));
    for (const index of [2, 3, 4]) {
      await writeFiles(folder(index), { "request.json": "{}" });
    }
    const attempt = await FileLock.acquire(stepPaths(folder(2)).lock);
    assert.ok(attempt.ok);
    await using _held = attempt.lock;
    const status = await readRunStatus(runs, "r");
    assert.deepEqual(status?.steps.map((step) => step.state), names);
    assert.equal(status?.steps[0]?.result?.metrics["loss"], 0.5);
    assert.equal(status?.steps[1]?.problem, '"x" is missing');
    assert.deepEqual(status?.lock, { kind: "free" });
    assert.equal(status?.lastEvent?.kind, "run_started");
  });
});

Deno.test("clearUnfinished() empties a folder but for attempts, and never one that holds saved work", async () => {
  await withTemporaryFolder(async (runs) => {
    const folder = join(runs, "store", `a-${key(0)}`);
    assert.deepEqual(await clearUnfinished(folder), []);
    await writeFiles(folder, {
      "request.json": "{}",
      "output/x": "",
      "attempts/1/log.txt": "",
    });
    assert.deepEqual(await clearUnfinished(folder), ["output", "request.json"]);
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), [
      "attempts",
    ]);
    await writeFiles(folder, { "checkpoint.json": "{}", "output/x": "" });
    await assert.rejects(clearUnfinished(folder), {
      name: "StoredStateError",
      message: `Cannot clear "${folder}": it holds "checkpoint.json"`,
    });
    assert.ok(Deno.statSync(join(folder, "output", "x")).isFile);
  });
});
