import assert from "node:assert/strict";
import { seal } from "../../lib/disk/sealed_record.ts";
import { readCheckpointCursor } from "../../lib/store/checkpoint_record.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { writeFiles } from "./stored_step.ts";

function sealed(record: object): string {
  return JSON.stringify(seal(record));
}

function generation(globalStep: number): Record<string, unknown> {
  const folder = `checkpoints/${String(globalStep).padStart(8, "0")}`;
  return {
    globalStep,
    folder,
    files: [{ path: "weights.safetensors", bytes: 4, sha256: "" }],
  };
}

function state(epoch: number, batch: number): string {
  return sealed({
    version: 1,
    step_epoch: epoch,
    batch,
    batches_per_epoch: 9,
    engine: "wasm",
  });
}

Deno.test("readCheckpointCursor() reads the newest generation", async () => {
  await withTemporaryFolder(async (folder) => {
    assert.deepEqual(await readCheckpointCursor(folder), { kind: "absent" });
    await writeFiles(folder, {
      "checkpoint.json": sealed({
        version: 1,
        current: generation(21),
        previous: null,
      }),
      "checkpoints/00000021/weights.safetensors": "1234",
      "checkpoints/00000021/state.json": state(2, 3),
    });
    assert.deepEqual(await readCheckpointCursor(folder), {
      kind: "ready",
      cursor: {
        globalStep: 21,
        epoch: 2,
        batch: 3,
        batchesPerEpoch: 9,
        engines: ["wasm"],
        fallback: null,
      },
    });
  });
});

Deno.test("readCheckpointCursor() falls back to the generation before, and says why", async () => {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, {
      "checkpoint.json": sealed({
        version: 1,
        current: generation(21),
        previous: generation(12),
      }),
      "checkpoints/00000021/weights.safetensors": "123",
      "checkpoints/00000012/weights.safetensors": "1234",
      "checkpoints/00000012/state.json": state(1, 3),
    });
    assert.deepEqual(await readCheckpointCursor(folder), {
      kind: "ready",
      cursor: {
        globalStep: 12,
        epoch: 1,
        batch: 3,
        batchesPerEpoch: 9,
        engines: ["wasm"],
        fallback:
          '"checkpoints/00000021/weights.safetensors" has 3 bytes, wanted 4',
      },
    });
  });
});

Deno.test("readCheckpointCursor() tells why no generation can be used", async () => {
  await withTemporaryFolder(async (folder) => {
    const table: [string, string][] = [
      [sealed({ version: 1 }), "checkpoint.json names no generation"],
      [
        sealed({ version: 1, current: {} }),
        "checkpoint.json names a generation without its fields",
      ],
      [
        sealed({ version: 1, current: generation(3) }),
        '"checkpoints/00000003/weights.safetensors" is missing',
      ],
    ];
    for (const [text, reason] of table) {
      await writeFiles(folder, { "checkpoint.json": text });
      assert.deepEqual(await readCheckpointCursor(folder), {
        kind: "damaged",
        reason,
      });
    }
  });
});

Deno.test("readCheckpointCursor() finds the generations of a lost checkpoint.json by themselves", async () => {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, {
      "checkpoint.json": "{",
      "checkpoints/00000012/state.json": state(1, 3),
      "checkpoints/00000021/state.json": state(2, 3),
      "checkpoints/00000030.damaged-1/state.json": state(3, 3),
    });
    const found = await readCheckpointCursor(folder);
    assert.equal(found.kind === "ready" && found.cursor.globalStep, 21);
    assert.match(
      (found.kind === "ready" && found.cursor.fallback) || "",
      /found no JSON object$/,
    );
  });
});
