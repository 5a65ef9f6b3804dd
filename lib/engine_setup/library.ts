// Where TensorFlow's C library lies in the user's cache folder, and what is installed there.
import { join, resolve } from "node:path";
import { grantedVariable, isGranted } from "../disk/granted.ts";
import { folderNames } from "../disk/present_entries.ts";
import { RefusedError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";
import type { Device } from "./engine_choice.ts";
import { compareVersions } from "./version.ts";

/** The first version whose wheels carry the library that the engine calls. */
export const OLDEST_VERSION = "2.9";

/** What an error about the library ends with. */
export const INSTALL_HINT =
  "Run `deno task engine install` for a library that fits, or use --engine wasm";

/** The library that is opened. */
export const MAIN_FILE = "libtensorflow_cc.so.2";

/** All that is taken out of a wheel; the first needs the second beside it. */
export const LIBRARY_FILES: readonly string[] = [
  MAIN_FILE,
  "libtensorflow_framework.so.2",
];

/** Written last into an installed folder: a folder without it does not count. */
export const RECORD_FILE = "library.json";

const RECORD_VERSION = 1;

/** What {@linkcode RECORD_FILE} holds. */
export interface LibraryRecord {
  readonly version: typeof RECORD_VERSION;
  /** TensorFlow's version, from the wheel's name. */
  readonly tensorflow: string;
  /** What the wheel was built for. */
  readonly build: Device;
  readonly wheel: string;
  /** SHA-256 of the wheel. */
  readonly sha256: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

/** A library that is installed. */
export interface InstalledLibrary {
  /** Absolute path of {@linkcode MAIN_FILE}. */
  readonly path: string;
  readonly record: LibraryRecord;
}

/** A record for {@linkcode RECORD_FILE}. */
export function libraryRecord(
  fields: Omit<LibraryRecord, "version">,
): LibraryRecord {
  return { version: RECORD_VERSION, ...fields };
}

/**
 * The folder of all libraries: `tensorflow` in the folder that FLUXLINE_CACHE names, else in `fluxline` of the user's cache
 * folder (XDG_CACHE_HOME, else ~/.cache).
 *
 * @throws {RefusedError} when no variable tells, or this process may not ask for them
 */
export function librariesFolder(): string {
  const own = grantedVariable("FLUXLINE_CACHE");
  if (own !== null) return join(resolve(own), "tensorflow");
  const cache = grantedVariable("XDG_CACHE_HOME");
  const home = grantedVariable("HOME");
  const base = cache ?? (home === null ? null : join(home, ".cache"));
  if (base !== null) return join(base, "fluxline", "tensorflow");
  throw new RefusedError(
    "Cannot tell where the native library lies: this process finds none of FLUXLINE_CACHE, XDG_CACHE_HOME and HOME",
    {
      hint:
        "Set FLUXLINE_CACHE to a folder, and start with `deno task`, whose commands may read it",
    },
  );
}

/** The folder of one version and build. */
export function libraryFolder(version: string, build: Device): string {
  return join(librariesFolder(), `${version}-${build}`);
}

/** What is installed, the best first: newest version, and of one version the GPU build. */
export function installedLibraries(): InstalledLibrary[] {
  const folder = librariesFolder();
  if (!isGranted({ name: "read", path: folder })) {
    throw new RefusedError(
      `Cannot look for the native library: this process may not read "${folder}"`,
      { hint: "Start with `deno task`, whose commands may read it" },
    );
  }
  const found: InstalledLibrary[] = [];
  for (const name of folderNames(folder)) {
    const record = readRecord(join(folder, name, RECORD_FILE));
    if (record === null) continue;
    found.push({ path: join(folder, name, MAIN_FILE), record });
  }
  return found.sort((left, right) =>
    compareVersions(right.record.tensorflow, left.record.tensorflow) ||
    right.record.build.localeCompare(left.record.build)
  );
}

/** The library that a run would take; null where none is installed. `device` "gpu" wants the GPU build. */
export function bestLibrary(device: Device | null): InstalledLibrary | null {
  const libraries = installedLibraries();
  return device === "gpu"
    ? libraries.find(({ record }) => record.build === "gpu") ?? null
    : libraries[0] ?? null;
}

function readRecord(path: string): LibraryRecord | null {
  let record: unknown;
  try {
    record = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) {
      return null;
    }
    throw error;
  }
  const isWhole = isRecord(record) && record["version"] === RECORD_VERSION &&
    typeof record["tensorflow"] === "string" &&
    (record["build"] === "cpu" || record["build"] === "gpu") &&
    Array.isArray(record["files"]);
  return isWhole ? record as unknown as LibraryRecord : null;
}
