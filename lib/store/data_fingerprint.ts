// What identifies data that no step made: the captions and the content of every picture that they name, wherever both lie.
import { join } from "node:path";
import { RefusedError } from "../error/failure.ts";
import { digestRecord, sha256Hex } from "../disk/digest.ts";
import { isGranted } from "../disk/granted.ts";
import { statOrNull } from "../disk/present_entries.ts";
import { parseCaptions, problemList } from "../format/captions.ts";
import type { FingerprintCache } from "./fingerprint_cache.ts";

/** A dataset on disk. */
export interface DataPlace {
  /** Name of the dataset in the pipeline, for messages. */
  readonly name: string;
  /** Absolute. */
  readonly imageFolder: string;
  /** Absolute. */
  readonly captionsFile: string;
}

/** Identity and size of a dataset. */
export interface DataFingerprint {
  /** SHA-256, 64 hex digits; the same for the same captions and pictures in another place. */
  readonly digest: string;
  /** Lines of the captions file that name a picture. */
  readonly captions: number;
  /** Name and SHA-256 of the captions file and of every picture. */
  readonly files: readonly (readonly [name: string, sha256: string])[];
}

/**
 * Hashes the captions file and every picture that it names.
 *
 * @throws {RefusedError} where the folder, the file or a picture is missing, a line is wrong, or reading is not permitted
 */
export async function fingerprintData(
  place: DataPlace,
  cache: FingerprintCache,
): Promise<DataFingerprint> {
  for (const path of [place.captionsFile, place.imageFolder]) {
    requireReadable(place, path);
  }
  const text = await readCaptions(place);
  if (!isFolder(place.imageFolder)) {
    throw new RefusedError(
      `Cannot read dataset "${place.name}": there is no folder "${place.imageFolder}"`,
      { hint: "Correct image_folder, or make the data first" },
    );
  }
  const captions = parseCaptions(
    text,
    place.captionsFile,
    `dataset "${place.name}"`,
  );
  const lines = new Map(
    captions.toReversed().map(({ name, line }) => [name, line]),
  );
  const pictures: (readonly [string, number, string])[] = [];
  const missing: [name: string, line: number][] = [];
  for (const name of [...lines.keys()].sort()) {
    const path = join(place.imageFolder, name);
    const found = statOrNull(path);
    if (found === null || !found.isFile) {
      missing.push([name, lines.get(name)!]);
    } else if (missing.length === 0) {
      pictures.push([name, found.size, await cache.digest(path, found)]);
    }
  }
  if (missing.length > 0) refuseMissing(place, missing);
  const captionsDigest = sha256Hex(text);
  return {
    digest: digestRecord({ captions: captionsDigest, pictures }),
    captions: captions.length,
    files: [
      // Whatever it is called: the same data in another place are the same files.
      ["captions file", captionsDigest],
      ...pictures.map(([name, , sha256]) => [name, sha256] as const),
    ],
  };
}

function refuseMissing(
  { name, captionsFile, imageFolder }: DataPlace,
  missing: readonly (readonly [name: string, line: number])[],
): never {
  const told = missing.toSorted(([, left], [, right]) => left - right).map((
    [picture, line],
  ) => `${captionsFile}:${line} names picture "${picture}"`);
  const isOne = told.length === 1;
  throw new RefusedError(
    `Cannot read dataset "${name}": ${problemList(told, "pictures")}${
      isOne ? ", which is not" : ": none of them is"
    } in "${imageFolder}"`,
    {
      hint: isOne
        ? "Add the picture, or remove the line"
        : "Add the pictures, or remove the lines",
    },
  );
}

async function readCaptions(place: DataPlace): Promise<string> {
  try {
    return await Deno.readTextFile(place.captionsFile);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new RefusedError(
      `Cannot read dataset "${place.name}": there is no captions file "${place.captionsFile}"`,
      { hint: "Correct captions_file, or make the data first", cause: error },
    );
  }
}

/** Asks Deno whether the path may be read, so that a plan ends with a message and never with a prompt. */
function requireReadable(place: DataPlace, path: string): void {
  if (isGranted({ name: "read", path })) return;
  throw new RefusedError(
    `Cannot read dataset "${place.name}": this process may not read "${path}"`,
    { hint: `Run with -R=.,${path}, or with -R` },
  );
}

function isFolder(path: string): boolean {
  return statOrNull(path)?.isDirectory ?? false;
}
