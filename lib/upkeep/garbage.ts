// What no run refers to any more: finds it, and removes it where that is asked for.
import { dirname, join } from "node:path";
import { LockedError, StoredStateError } from "../error/failure.ts";
import { removeTree, renameEntry, syncFolder } from "../disk/folder_entries.ts";
import { FileLock } from "../disk/file_lock.ts";
import type { LeaseTiming } from "../disk/lease.ts";
import { describeHolder } from "../disk/lock_holder.ts";
import { stampOf } from "../disk/present_entries.ts";
import { listRuns, readRunManifest } from "../store/run_record.ts";
import {
  acquireWorkLock,
  inspectWorkLock,
  sharingOf,
} from "../store/shared_folder.ts";
import { shardFiles, ShardUse } from "./shard_use.ts";
import {
  parseStepFolder,
  runPaths,
  stepPaths,
  storeLayout,
} from "../store/store_layout.ts";

/** Something that may go. */
export interface Garbage {
  /** Path of the file or folder. */
  readonly path: string;
  readonly bytes: number;
  readonly reason: string;
}

const ASIDE = /^.+-[0-9a-f]{16}\.aside-/;
const HALF_REMOVED = /^.+-[0-9a-f]{16}\.removed-[0-9a-f]{8}$/;
const DAMAGED_GENERATION = /^\d{8,}(-\d+)?\.damaged-[0-9a-f]{8}$/;
/** Names of manifests that were moved aside in the folder of a run. */
export const DAMAGED_MANIFEST = /^manifest\.json\.damaged-[0-9a-f]{8}$/;

/**
 * What no run refers to: step folders of other keys, shards and indexes of shards, folders and records that were moved aside. Files with other names are not
 * fluxline's and are left alone, and so are lock files: somebody may be waiting at one.
 *
 * @throws {LockedError} where a run is at work: it may be about to use what no manifest names yet
 * @throws {StoredStateError} where a manifest cannot be understood: nobody knows what that run refers to
 */
export async function findGarbage(runsDir: string): Promise<Garbage[]> {
  await refuseRunsAtWork(runsDir, await sharingOf(runsDir));
  const { store } = storeLayout(runsDir);
  const keys = new Set<string>();
  const shards = new ShardUse(runsDir);
  const found: Garbage[] = [];
  const add = (path: string, reason: string) =>
    found.push({ path, bytes: sizeOfTree(path), reason });
  for (const run of listRuns(runsDir)) {
    const manifest = await readManifestOrRefuse(runsDir, run);
    for (const { key } of manifest) keys.add(key);
    await orUnknown(run, () => shards.addRun(runsDir, run));
    for (const { name } of entriesOf(join(runsDir, run))) {
      if (!DAMAGED_MANIFEST.test(name)) continue;
      add(join(runsDir, run, name), "a manifest that was moved aside");
    }
  }
  for (const { name, isDirectory } of entriesOf(store)) {
    if (!isDirectory) continue;
    const path = join(store, name);
    const key = parseStepFolder(name)?.key;
    if (key === undefined) {
      if (ASIDE.test(name)) add(path, "it was moved aside");
      else if (HALF_REMOVED.test(name)) add(path, "its removal was cut short");
    } else if (!keys.has(key)) add(path, "no run refers to it");
    else {
      await shards.addStep(path);
      const checkpoints = join(path, "checkpoints");
      for (const generation of entriesOf(checkpoints)) {
        if (!DAMAGED_GENERATION.test(generation.name)) continue;
        add(join(checkpoints, generation.name), "a damaged checkpoint");
      }
    }
  }
  for (const path of shardFiles(runsDir)) {
    if (!shards.has(path)) add(path, "a shard that no run refers to");
  }
  return found;
}

/**
 * Removes what {@linkcode findGarbage} found. What somebody works in, or what a run has come to refer to since, is left out and answered.
 *
 * @throws {LockedError} where a run has started since
 * @throws {StoredStateError} where a manifest that changed since cannot be understood
 */
export async function removeGarbage(
  runsDir: string,
  garbage: readonly Garbage[],
): Promise<Garbage[]> {
  const left: Garbage[] = [];
  const isUnneeded = unneeded(runsDir);
  for (const one of garbage) {
    const sharing = await sharingOf(runsDir);
    await using held = new AsyncDisposableStack();
    if (parseStepFolder(one.path) !== null) {
      const { lock, runnerLock } = stepPaths(one.path);
      const outer = await acquireWorkLock(runnerLock, sharing, { waitMs: 0 });
      if (outer.ok) held.use(outer.lock);
      const inner = await FileLock.acquire(lock);
      if (inner.ok) held.use(inner.lock);
      if (!outer.ok || !inner.ok) {
        left.push(one);
        continue;
      }
    }
    await refuseRunsAtWork(runsDir, sharing);
    if (await isUnneeded(one)) await removeWhole(one.path);
    else left.push(one);
  }
  const { store } = storeLayout(runsDir);
  if (garbage.length > left.length && isThere(store)) await syncFolder(store);
  return left;
}

/** A step folder is whole or gone: what is left of it where this process ends has a name that no key finds, and goes next time. */
async function removeWhole(path: string): Promise<void> {
  if (parseStepFolder(path) === null) return await removeTree(path);
  const away = `${path}.removed-${crypto.randomUUID().slice(0, 8)}`;
  await renameEntry(path, away);
  await syncFolder(dirname(path));
  await removeTree(away);
}

/** A run may begin, take what was garbage into use and end between two looks at the locks: asked again whenever a manifest has changed. */
function unneeded(runsDir: string): (one: Garbage) => Promise<boolean> {
  let seen: string | null = null;
  let paths: ReadonlySet<string> = new Set();
  return async ({ path }) => {
    const now = manifestStamps(runsDir);
    if (now !== seen) {
      paths = new Set((await findGarbage(runsDir)).map((one) => one.path));
      seen = now;
    }
    return paths.has(path);
  };
}

function manifestStamps(runsDir: string): string {
  return listRuns(runsDir).map((run) =>
    `${run} ${stampOf(Deno.statSync(runPaths(runsDir, run).manifest))}`
  ).join("\n");
}

async function refuseRunsAtWork(
  runsDir: string,
  sharing: LeaseTiming | null,
): Promise<void> {
  for (const { name, isFile } of entriesOf(runsDir)) {
    if (!isFile || !name.endsWith(".lock")) continue;
    const state = await inspectWorkLock(join(runsDir, name), sharing);
    if (state.kind === "free") continue;
    throw new LockedError(
      `Cannot tell what is no longer needed: ${
        describeHolder(state.holder)
      } is running "${name.slice(0, -".lock".length)}"`,
      { hint: "Wait until the run has ended" },
    );
  }
}

async function readManifestOrRefuse(
  runsDir: string,
  run: string,
): Promise<readonly { readonly key: string }[]> {
  const manifest = await orUnknown(run, () => readRunManifest(runsDir, run));
  return manifest?.steps ?? [];
}

/** Where a record cannot be read, nobody knows what is still needed. */
async function orUnknown<T>(run: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    throw new StoredStateError(
      `Cannot tell what run "${run}" still needs: ${error.message}`,
      {
        hint:
          "Start the run once: its manifest is written anew, and what it needs is known again",
        cause: error,
      },
    );
  }
}

/** Bytes that go with the tree: a file that has a name elsewhere stays. */
export function sizeOfTree(path: string): number {
  const namesHere = new Map<number, number>();
  let bytes = 0;
  const walk = (at: string) => {
    const found = Deno.lstatSync(at);
    if (found.isDirectory) {
      for (const { name } of entriesOf(at)) walk(join(at, name));
      return;
    }
    const { ino, nlink, size } = found;
    const names = (namesHere.get(ino ?? 0) ?? 0) + 1;
    if (ino === null || nlink === null) bytes += size;
    else if (names === nlink) bytes += size;
    if (ino !== null) namesHere.set(ino, names);
  };
  walk(path);
  return bytes;
}

function entriesOf(folder: string): Deno.DirEntry[] {
  return isThere(folder)
    ? [...Deno.readDirSync(folder)].sort((left, right) =>
      left.name < right.name ? -1 : 1
    )
    : [];
}

function isThere(folder: string): boolean {
  try {
    return Deno.lstatSync(folder).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
