// Generations on disk: what is written reads back, what is not vouched for is not used, what is foreign stays.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  findCheckpoint,
  readCurrent,
  readTensors,
} from "../../lib/checkpoint/load_checkpoint.ts";
import {
  type CheckpointContent,
  removeUnreferenced,
  saveCheckpoint,
} from "../../lib/checkpoint/save_checkpoint.ts";
import { probeDisk } from "../../lib/disk/operation.ts";
import { StoredStateError } from "../../lib/error/failure.ts";
import { madeState } from "./made_state.ts";

const POLICY = { keepLast: 2, keepBest: null };
const START = { usable: [] };

function content(globalStep: number, value: number): CheckpointContent {
  const array = { shape: [2], data: Float32Array.of(value, -value) };
  return {
    state: madeState(globalStep),
    weights: new Map([["expander.a", array]]),
    frozen: new Map(),
    average: null,
    optimizer: new Map([["vae/exp_avg/expander.a", array]]),
    score: null,
  };
}

async function inFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function generationsIn(folder: string): string[] {
  const entries = Deno.readDirSync(join(folder, "checkpoints"));
  return [...entries].map((entry) => entry.name).sort();
}

Deno.test("saveCheckpoint() writes what readCurrent() and readTensors() give back", () =>
  inFolder(async (folder) => {
    await saveCheckpoint(folder, content(3, 0.5), START, POLICY);
    const current = await readCurrent(folder);
    assert.equal(current.state.global_step, 3);
    assert.equal(current.generation.folder, "checkpoints/00000003");
    const weights = await readTensors(current, "weights");
    assert.deepEqual([...weights.get("expander.a")!.data], [0.5, -0.5]);
  }));

Deno.test("saveCheckpoint() deletes older generations and nothing else", () =>
  inFolder(async (folder) => {
    Deno.mkdirSync(join(folder, "checkpoints", "mine"), { recursive: true });
    let history = await saveCheckpoint(folder, content(1, 1), START, POLICY);
    for (const step of [2, 3]) {
      history = await saveCheckpoint(
        folder,
        content(step, 1),
        history,
        POLICY,
      );
    }
    assert.deepEqual(generationsIn(folder), ["00000002", "00000003", "mine"]);
  }));

Deno.test("saveCheckpoint() removes nothing where the disk did not keep what was written", () =>
  inFolder(async (folder) => {
    const policy = { keepLast: 1, keepBest: null };
    const history = await saveCheckpoint(folder, content(1, 1), START, policy);
    const lie = (path: string) => {
      const weights = join(path, "weights.safetensors");
      const bytes = Deno.readFileSync(weights);
      bytes[bytes.length - 1]! ^= 1;
      Deno.writeFileSync(weights, bytes);
    };
    probeDisk({
      before: () => {},
      after: (operation) => {
        const to = operation.kind === "rename" ? operation.to ?? "" : "";
        if (to.endsWith("/00000002")) lie(to);
      },
    });
    try {
      await assert.rejects(
        saveCheckpoint(folder, content(2, 2), history, policy),
        /"checkpoints\/00000002": it does not read back: /,
      );
    } finally {
      probeDisk(null);
    }
    assert.ok(generationsIn(folder).includes("00000001"));
    assert.equal((await readCurrent(folder)).state.global_step, 1);
  }));

Deno.test("saveCheckpoint() gives a second generation of one step a name of its own", () =>
  inFolder(async (folder) => {
    const history = await saveCheckpoint(folder, content(1, 1), START, POLICY);
    await saveCheckpoint(folder, content(1, 2), history, POLICY);
    assert.deepEqual(generationsIn(folder), ["00000001", "00000001-2"]);
    const weights = await readTensors(await readCurrent(folder), "weights");
    assert.equal(weights.get("expander.a")!.data[0], 2);
  }));

Deno.test("findCheckpoint() finds the newest whole generation where checkpoint.json is gone", () =>
  inFolder(async (folder) => {
    const history = await saveCheckpoint(folder, content(1, 1), START, POLICY);
    await saveCheckpoint(folder, content(2, 2), history, POLICY);
    await Deno.remove(join(folder, "checkpoint.json"));
    const lookup = await findCheckpoint(folder);
    assert.equal(lookup.found?.state.global_step, 2);
    assert.deepEqual(lookup.problems, ["checkpoint.json is missing"]);
    await removeUnreferenced(folder, []);
    assert.deepEqual(generationsIn(folder), []);
  }));

Deno.test("findCheckpoint() falls back for every file of a generation that is changed, cut or missing", () =>
  inFolder(async (folder) => {
    const history = await saveCheckpoint(folder, content(1, 1), START, POLICY);
    await saveCheckpoint(folder, content(2, 2), history, POLICY);
    const current = join(folder, "checkpoints", "00000002");
    for (const entry of [...Deno.readDirSync(current)]) {
      const path = join(current, entry.name);
      const bytes = Deno.readFileSync(path);
      const flipped = bytes.slice();
      flipped[flipped.length - 3]! ^= 4;
      const damages = [
        () => Deno.writeFileSync(path, flipped),
        () => Deno.writeFileSync(path, bytes.subarray(0, bytes.length - 1)),
        () => Deno.removeSync(path),
      ];
      for (const damage of damages) {
        damage();
        const lookup = await findCheckpoint(folder);
        assert.equal(lookup.found?.state.global_step, 1, entry.name);
        assert.equal(lookup.damaged.length, 1);
        assert.match(lookup.problems[0]!, /00000002/);
        await assert.rejects(readCurrent(folder), StoredStateError);
        Deno.writeFileSync(path, bytes);
      }
    }
    assert.equal((await findCheckpoint(folder)).found?.state.global_step, 2);
  }));
