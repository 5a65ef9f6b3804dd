// Frozen weights: written once, shared by the generations of a step, and no more trusted for it.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  findCheckpoint,
  readCurrent,
  readTensors,
} from "../../lib/checkpoint/load_checkpoint.ts";
import {
  type CheckpointContent,
  saveCheckpoint,
  type SavedCheckpoint,
} from "../../lib/checkpoint/save_checkpoint.ts";
import { probeDisk } from "../../lib/disk/operation.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { madeState } from "./made_state.ts";

const POLICY = { keepLast: 2, keepBest: null };

function content(globalStep: number, frozen = 7): CheckpointContent {
  const array = (value: number, count: number) => ({
    shape: [count],
    data: new Float32Array(count).fill(value),
  });
  return {
    state: madeState(globalStep),
    weights: new Map([["expander.a", array(globalStep, 2)]]),
    frozen: new Map([["text_encoder.b", array(frozen, 1000)]]),
    average: null,
    optimizer: new Map(),
    score: null,
  };
}

async function saved(
  folder: string,
  ...contents: readonly CheckpointContent[]
): Promise<SavedCheckpoint> {
  let history = {
    usable: [],
    writtenBytes: 0,
    sharedBytes: 0,
  } as SavedCheckpoint;
  for (const one of contents) {
    history = await saveCheckpoint(folder, one, history, POLICY);
  }
  return history;
}

function frozenPath(folder: string, globalStep: number): string {
  const name = String(globalStep).padStart(8, "0");
  return join(folder, "checkpoints", name, "frozen.safetensors");
}

function fileOf(folder: string, globalStep: number): number | null {
  return Deno.statSync(frozenPath(folder, globalStep)).ino;
}

Deno.test("saveCheckpoint() gives frozen weights a second name in place of a second copy", () =>
  withTemporaryFolder(async (folder) => {
    const last = await saved(folder, content(1), content(2));
    assert.equal(fileOf(folder, 1), fileOf(folder, 2));
    assert.ok(last.sharedBytes > 4000, `${last.sharedBytes}`);
    assert.ok(last.writtenBytes < 4000, `${last.writtenBytes}`);
    const weights = await readTensors(await readCurrent(folder), "weights");
    assert.deepEqual([...weights.keys()], ["expander.a", "text_encoder.b"]);
    assert.equal(weights.get("text_encoder.b")!.data[999], 7);
  }));

Deno.test("frozen weights outlive the generation that they were written with", () =>
  withTemporaryFolder(async (folder) => {
    await saved(folder, ...[1, 2, 3, 4].map((step) => content(step)));
    assert.throws(() => fileOf(folder, 1), Deno.errors.NotFound);
    const { found } = await findCheckpoint(folder);
    assert.equal(found?.state.global_step, 4);
    assert.equal(Deno.statSync(frozenPath(folder, 4)).nlink, 2);
  }));

Deno.test("saveCheckpoint() writes frozen weights anew where they changed after all", () =>
  withTemporaryFolder(async (folder) => {
    const last = await saved(folder, content(1), content(2, 8));
    assert.equal(last.sharedBytes, 0);
    assert.notEqual(fileOf(folder, 1), fileOf(folder, 2));
    const { folder: newest } = (await findCheckpoint(folder)).found!;
    assert.match(newest, /00000002$/);
  }));

Deno.test("saveCheckpoint() never shares a file that was damaged since", () =>
  withTemporaryFolder(async (folder) => {
    const first = await saved(folder, content(1));
    flip(frozenPath(folder, 1));
    const last = await saveCheckpoint(folder, content(2), first, POLICY);
    assert.equal(last.sharedBytes, 0);
    assert.equal((await readCurrent(folder)).state.global_step, 2);
  }));

Deno.test("findCheckpoint() takes no generation whose frozen weights were damaged under another name", () =>
  withTemporaryFolder(async (folder) => {
    await saved(folder, content(1), content(2));
    flip(frozenPath(folder, 1));
    const { found, damaged, problems } = await findCheckpoint(folder);
    assert.equal(found, null);
    assert.equal(damaged.length, 2);
    assert.ok(problems.every((text) => text.includes("frozen.safetensors")));
  }));

for (
  const reason of [
    "Invalid cross-device link (os error 18)",
    "Operation not permitted (os error 1)",
    "Operation not supported (os error 95)",
    "Too many links (os error 31)",
  ]
) {
  Deno.test(`saveCheckpoint() copies where a link ends with ${reason}`, () =>
    withTemporaryFolder(async (folder) => {
      const first = await saved(folder, content(1));
      probeDisk({
        before: ({ kind }) => {
          if (kind === "link") throw new Error(reason);
        },
        after: () => {},
      });
      try {
        const last = await saveCheckpoint(folder, content(2), first, POLICY);
        assert.equal(last.sharedBytes, 0);
      } finally {
        probeDisk(null);
      }
      assert.notEqual(fileOf(folder, 1), fileOf(folder, 2));
      assert.equal((await readCurrent(folder)).state.global_step, 2);
    }));
}

Deno.test("saveCheckpoint() keeps the generation before it where a link ends with another error", () =>
  withTemporaryFolder(async (folder) => {
    const first = await saved(folder, content(1));
    probeDisk({
      before: ({ kind }) => {
        if (kind === "link") throw new Error("Input/output error (os error 5)");
      },
      after: () => {},
    });
    try {
      await assert.rejects(
        saveCheckpoint(folder, content(2), first, POLICY),
        /os error 5/,
      );
    } finally {
      probeDisk(null);
    }
    assert.equal((await readCurrent(folder)).state.global_step, 1);
  }));

/** Changes one byte in place: every name of the file sees it. */
function flip(path: string): void {
  using file = Deno.openSync(path, { read: true, write: true });
  const size = file.statSync().size;
  const byte = new Uint8Array(1);
  file.seekSync(size - 1, Deno.SeekMode.Start);
  file.readSync(byte);
  file.seekSync(size - 1, Deno.SeekMode.Start);
  file.writeSync(byte.map((value) => value ^ 1));
}
