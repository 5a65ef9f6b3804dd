// The sizes of a folder's pictures, by their headers: what an epoch's batches are counted from without decoding anything.
import { join } from "node:path";
import { RefusedError } from "../error/failure.ts";
import type { Caption } from "../format/captions.ts";
import { PictureFailure, readPictureHeader } from "../format/image_header.ts";
import type { HeaderFinding } from "./sample_source.ts";

/** Bytes of a file that hold its size, unless a photo puts a long preview before it. */
export const HEADER_BYTES = 64 * 1024;

/** A picture is held in memory while it is decoded. */
const LONGEST_PICTURE_BYTES = 256 * 1024 * 1024;
/** Why a picture of more is not read. */
export const TOO_LONG = "its file is longer than 256 MiB";

/** Whether the file of a picture is too long to be read. */
export function isTooLong(fileBytes: number): boolean {
  return fileBytes > LONGEST_PICTURE_BYTES;
}

/**
 * What the header of each caption's picture says, in the order of the captions; each file is read once.
 *
 * @throws {RefusedError} for a caption without a picture.
 */
export async function readPictureHeaders(
  captions: readonly Caption[],
  place: { readonly imageFolder: string; readonly captionsFile: string },
): Promise<HeaderFinding[]> {
  const known = new Map<string, HeaderFinding>();
  const findings: HeaderFinding[] = [];
  for (const { name, line } of captions) {
    const finding = known.get(name) ??
      await readHeader(join(place.imageFolder, name));
    if (finding === null) {
      throw new RefusedError(
        `Cannot read pictures: ${place.captionsFile}:${line} names picture "${name}", which is not in "${place.imageFolder}"`,
        { hint: "Add the picture, or remove the line" },
      );
    }
    known.set(name, finding);
    findings.push(finding);
  }
  return findings;
}

/** Size by the first bytes of a picture's file, or the reason why there is none. */
export function headerOf(bytes: Uint8Array): HeaderFinding {
  try {
    const { width, height } = readPictureHeader(bytes);
    return { width, height };
  } catch (error) {
    if (error instanceof PictureFailure) return error.reason;
    throw error;
  }
}

/** Null where there is no such file. */
async function readHeader(path: string): Promise<HeaderFinding | null> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) return null;
    throw error;
  }
  using _open = file;
  const info = await file.stat();
  if (!info.isFile) return null;
  if (isTooLong(info.size)) return TOO_LONG;
  const start = await readStart(file, Math.min(info.size, HEADER_BYTES));
  const finding = headerOf(start);
  if (typeof finding !== "string" || start.length === info.size) return finding;
  return headerOf(await Deno.readFile(path));
}

async function readStart(
  file: Deno.FsFile,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) break;
    at += count;
  }
  return bytes.subarray(0, at);
}
