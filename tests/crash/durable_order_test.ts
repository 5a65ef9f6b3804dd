// The order of operations on the disk: nothing is named before what it names is durable.
import assert from "node:assert/strict";
import { relative } from "node:path";
import { writeAtomically } from "../../lib/disk/atomic_write.ts";
import { makeFolder } from "../../lib/disk/folder_entries.ts";
import { probeDisk } from "../../lib/disk/operation.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { commitMarker } from "../../lib/store/marker.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { requestOf, TinyProject, train, vaeStep } from "../train/tiny_step.ts";

await startEngine("wasm");

/** What `act` does to the disk below `folder`, in order, such as `rename .a.tmp a`; the folder itself is `.`. */
async function operationsOf(
  folder: string,
  act: () => Promise<unknown>,
): Promise<string[]> {
  const operations: string[] = [];
  const shown = (path: string) =>
    (relative(folder, path) || ".").replaceAll(/\.[0-9a-f-]{36}\.tmp/g, ".tmp");
  probeDisk({
    before: () => {},
    after: ({ kind, path, to }) => {
      const target = to === undefined ? "" : ` ${shown(to)}`;
      operations.push(`${kind} ${shown(path)}${target}`);
    },
  });
  try {
    await act();
  } finally {
    probeDisk(null);
  }
  return operations;
}

/** Place of the first operation from `from` on; it must be there. */
function placeOf(
  operations: readonly string[],
  operation: string,
  from = 0,
): number {
  const place = operations.indexOf(operation, from);
  assert.ok(place >= 0, `no "${operation}" behind place ${from}`);
  return place;
}

Deno.test("writeAtomically() syncs the content, renames, and syncs the folder", async () => {
  await withTemporaryFolder(async (folder) => {
    const write = () => writeAtomically(`${folder}/a`, "text");
    assert.deepEqual(await operationsOf(folder, write), [
      "open .a.tmp",
      "write .a.tmp",
      "sync .a.tmp",
      "rename .a.tmp a",
      "sync .",
    ]);
  });
});

Deno.test("makeFolder() syncs every entry that it makes", async () => {
  await withTemporaryFolder(async (folder) => {
    const make = () => makeFolder(`${folder}/a/b`);
    assert.deepEqual(await operationsOf(folder, make), [
      "make a",
      "sync .",
      "make a/b",
      "sync a",
    ]);
  });
});

Deno.test("commitMarker() writes the marker behind the syncs of all that it names", async () => {
  await withTemporaryFolder(async (runs) => {
    const folder = `${runs}/step-0123456789abcdef`;
    await Deno.mkdir(`${folder}/output`, { recursive: true });
    await Deno.writeTextFile(`${folder}/output/one.txt`, "one");
    const request = {
      key: "0123456789abcdef",
      task: "script",
      step: { name: "step" },
    } as unknown as StepRequest;
    const commit = () =>
      commitMarker(folder, {
        request,
        result: { outcome: "done", metrics: {} },
        engines: [],
        attempts: 1,
        elapsedMs: 1,
        finishedAt: new Date(0),
      });
    assert.deepEqual(await operationsOf(folder, commit), [
      "sync output/one.txt",
      "sync output",
      "sync .",
      "open .complete.json.tmp",
      "write .complete.json.tmp",
      "sync .complete.json.tmp",
      "rename .complete.json.tmp complete.json",
      "sync .",
    ]);
  });
});

Deno.test("saveCheckpoint() names a generation only once all of it is durable", async () => {
  const operations = await trainedOperations();
  const staged = "checkpoints/.00000001.tmp";
  const published = placeOf(
    operations,
    `rename ${staged} checkpoints/00000001`,
  );
  for (const name of ["weights", "ema", "optimizer"]) {
    const content = `sync ${staged}/${name}.safetensors`;
    assert.ok(placeOf(operations, content) < published, name);
  }
  assert.ok(placeOf(operations, `sync ${staged}`) < published);
  const named = placeOf(
    operations,
    "rename .checkpoint.json.tmp checkpoint.json",
  );
  const synced = placeOf(operations, "sync checkpoints", published);
  assert.ok(synced < named);
  assert.equal(operations[named + 1], "sync .");
});

Deno.test("trainBody() syncs the rows before a checkpoint counts them", async () => {
  const operations = await trainedOperations();
  const named = placeOf(
    operations,
    "rename .checkpoint.json.tmp checkpoint.json",
  );
  const row = operations.lastIndexOf("write metrics.jsonl", named);
  assert.ok(row >= 0);
  assert.ok(placeOf(operations, "sync metrics.jsonl", row) < named);
});

/** One train step that saves after each of its batches. */
async function trainedOperations(): Promise<string[]> {
  using project = new TinyProject(3);
  const checkpoint = {
    interval_batches: 1,
    interval_minutes: null,
    max_lost_minutes: null,
    keep_last: 1,
    keep_best: null,
  };
  const folder = project.folder("vae");
  const step = vaeStep({ n_epochs: 1, checkpoint });
  const request = requestOf(project, step, { folder });
  return await operationsOf(folder, () => train(request));
}
