// Brings TensorFlow's library into the user's cache folder: whole or not at all.
import { join, resolve } from "node:path";
import { LockedError, RefusedError } from "../error/failure.ts";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder, removeTree } from "../disk/folder_entries.ts";
import { digestFile } from "../disk/digest.ts";
import { FileLock } from "../disk/file_lock.ts";
import { describeHolder } from "../disk/lock_holder.ts";
import { StagedFolder } from "../disk/staged_folder.ts";
import type { Device } from "./engine_choice.ts";
import {
  installedLibraries,
  type InstalledLibrary,
  librariesFolder,
  libraryFolder,
  libraryRecord,
  OLDEST_VERSION,
  RECORD_FILE,
} from "./library.ts";
import { DEFAULT_INDEX, offeredWheels } from "./package_index.ts";
import { pipDownload } from "./pip_download.ts";
import { isOlder } from "./version.ts";
import { downloadWheel } from "./wheel_download.ts";
import { unpackLibraries } from "./wheel_unpack.ts";
import {
  bestWheel,
  buildOf,
  fitsMachine,
  packageFor,
  parseWheelName,
} from "./wheel_name.ts";

/** What to install. */
export interface InstallOrder {
  readonly build: Device;
  /** Null: the newest release. */
  readonly version: string | null;
  /** A wheel, or a folder of wheels; null: from a package index. */
  readonly from: string | null;
  /** Null: PIP_INDEX_URL, else the default. */
  readonly index: string | null;
}

/** Who watches. */
export interface InstallObserver {
  /** Something that happened, one line. */
  readonly say: (text: string) => void;
  readonly progress: (
    label: string,
    done: number,
    total: number | null,
  ) => void;
  /** Whether pip may draw on the terminal. */
  readonly isTerminal: boolean;
}

/** How it ended. */
export interface Installed {
  readonly library: InstalledLibrary;
  /** Nothing was done: it was there. */
  readonly wasThere: boolean;
}

/**
 * Installs a library, or finds it installed.
 *
 * @throws {RefusedError} when there is no such wheel, or it cannot be had or trusted
 * @throws {LockedError} when another process is installing
 */
export async function installLibrary(
  order: InstallOrder,
  observer: InstallObserver,
): Promise<Installed> {
  if (order.version !== null && isOlder(order.version, OLDEST_VERSION)) {
    throw new RefusedError(
      `Cannot install TensorFlow ${order.version}: wanted ${OLDEST_VERSION} or newer`,
      { hint: "Leave --version out for the newest" },
    );
  }
  const root = librariesFolder();
  await makeFolder(root);
  await using _lock = await lockFolder(root);
  const there = order.version === null
    ? null
    : findInstalled(order.version, order.build);
  if (there !== null) return { library: there, wasThere: true };
  const downloads = join(root, "downloads");
  const wheel = order.from === null
    ? await fetchWheel(order, downloads, observer)
    : localWheel(order.from, order);
  const installed = await unpackWheel(wheel, order.build, observer);
  // Wheels of the user's own stay; ours have served.
  if (order.from === null) await removeTree(downloads);
  return installed;
}

async function lockFolder(root: string): Promise<FileLock> {
  const path = join(root, "install.lock");
  const attempt = await FileLock.acquire(path);
  if (attempt.ok) return attempt.lock;
  throw new LockedError(
    `Cannot install into "${root}": ${
      describeHolder(attempt.holder)
    } is installing`,
    { hint: "Wait for it, then run the same command again" },
  );
}

function findInstalled(
  version: string,
  build: Device,
): InstalledLibrary | null {
  return installedLibraries().find(({ record }) =>
    record.tensorflow === version && record.build === build
  ) ?? null;
}

function localWheel(from: string, order: InstallOrder): string {
  const path = resolve(from);
  const folder = statOf(path)?.isDirectory === true ? path : null;
  if (folder === null && statOf(path) !== null) return path;
  const found = folder === null
    ? []
    : [...Deno.readDirSync(folder)].flatMap(({ name }) => {
      const wheel = parseWheelName(name);
      return wheel === null ? [] : [{ wheel }];
    });
  const best = bestWheel(found, order);
  if (folder !== null && best !== null) return join(folder, best.wheel.file);
  throw new RefusedError(
    folder === null
      ? `Cannot install from "${from}": there is no such file or folder`
      : `Cannot install from "${from}": it holds no wheel of ${
        described(order)
      } for this machine`,
    { hint: "Name a wheel file, or a folder that holds one" },
  );
}

async function fetchWheel(
  order: InstallOrder,
  downloads: string,
  observer: InstallObserver,
): Promise<string> {
  const name = packageFor(order.build);
  const folder = join(downloads, "pip");
  await makeFolder(folder);
  const pip = await pipDownload({
    package: name,
    version: order.version,
    index: order.index,
    folder,
    showProgress: observer.isTerminal,
  });
  if (pip.kind === "fetched") return pip.wheel;
  if (pip.kind === "failed") {
    observer.say(`pip could not fetch ${described(order)}: ${pip.reason}`);
  }
  const index = order.index ?? Deno.env.get("PIP_INDEX_URL") ?? DEFAULT_INDEX;
  const offered = await offeredWheels(index, name);
  const best = bestWheel(offered, order);
  if (best === null) {
    throw new RefusedError(
      `Cannot find a wheel of ${
        described(order)
      } for this machine (Linux, ${Deno.build.arch}) in the package index`,
      {
        hint:
          "Leave --version out for the newest, or name another index with --index",
      },
    );
  }
  observer.say(`fetching ${best.wheel.file}`);
  return await downloadWheel(
    best,
    downloads,
    (done, total) => observer.progress("download", done, total),
  );
}

async function unpackWheel(
  path: string,
  build: Device,
  observer: InstallObserver,
): Promise<Installed> {
  const wheel = parseWheelName(path.split("/").at(-1)!);
  if (wheel === null || buildOf(wheel) === null || !fitsMachine(wheel)) {
    throw new RefusedError(
      `Cannot install "${path}": it is no wheel of tensorflow-cpu or tensorflow for this machine (Linux, ${Deno.build.arch})`,
      { hint: "Keep the name that the wheel was published under" },
    );
  }
  if (buildOf(wheel) !== build) {
    throw new RefusedError(
      `Cannot install "${path}": it is the ${
        buildOf(wheel)?.toUpperCase()
      } build, the ${build.toUpperCase()} build is wanted`,
      { hint: build === "gpu" ? "Leave --gpu out" : "Give --gpu" },
    );
  }
  const there = findInstalled(wheel.version, build);
  if (there !== null) return { library: there, wasThere: true };
  const target = libraryFolder(wheel.version, build);
  await using staged = await StagedFolder.create(target);
  const files = await unpackLibraries(
    path,
    staged.path,
    (done, total) => observer.progress("unpack", done, total),
  );
  const { sha256 } = await digestFile(path);
  const record = libraryRecord({
    tensorflow: wheel.version,
    build,
    wheel: wheel.file,
    sha256,
    files,
  });
  await writeJsonAtomically(join(staged.path, RECORD_FILE), record);
  await staged.publish();
  return { library: findInstalled(wheel.version, build)!, wasThere: false };
}

function described({ build, version }: InstallOrder): string {
  return `${packageFor(build)}${version === null ? "" : ` ${version}`}`;
}

function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
