// A folder of pictures with captions, as samples: checked when it is opened, read when it is asked.
import { join } from "node:path";
import { RefusedError, StepFailure } from "../error/failure.ts";
import { readCaptionsFile } from "./captions_file.ts";
import type { KnownHeaders } from "./dimension_cache.ts";
import { readPictureHeaders } from "./picture_headers.ts";
import type { SampleSource } from "./sample_source.ts";

/** Where the data lie. */
export interface FolderPlace {
  readonly imageFolder: string;
  readonly captionsFile: string;
}

/**
 * Opens a folder after a look at every line of the captions and at the header of every picture. `known` are headers that were
 * read before; they are taken where they fit the captions.
 *
 * @throws {RefusedError} for a missing folder or file, a wrong line, or a caption without a picture.
 */
export async function openImageTextFolder(
  place: FolderPlace,
  known: KnownHeaders | null = null,
): Promise<SampleSource> {
  const { imageFolder, captionsFile } = place;
  await requireFolder(imageFolder);
  const captions = await readCaptionsFile(captionsFile);
  const headers = known?.headers.length === captions.length
    ? known.headers
    : await readPictureHeaders(captions, place);
  const captionAt = (index: number) => {
    const caption = captions[index];
    if (caption !== undefined) return caption;
    throw new RangeError(`Cannot read picture ${index} of ${captions.length}`);
  };
  const pathOf = (index: number) => join(imageFolder, captionAt(index).name);
  return {
    size: captions.length,
    name: (index) => captionAt(index).name,
    caption: (index) => captionAt(index).caption,
    place: pathOf,
    header: (index) => headers[index]!,
    read: (index) => readPicture(pathOf(index)),
  };
}

async function readPicture(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new StepFailure(
      `Cannot read picture "${path}": it is no longer there`,
      { cause, hint: "Leave the pictures alone while a step reads them" },
    );
  }
}

async function requireFolder(path: string): Promise<void> {
  try {
    if ((await Deno.stat(path)).isDirectory) return;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  throw new RefusedError(`Cannot read pictures: there is no folder "${path}"`, {
    hint: "Correct image_folder, or make the data first",
  });
}
