// A folder of pictures with captions: checked when it is opened, decoded when it is asked.
import { join } from "node:path";
import { RefusedError, StepFailure } from "../error/failure.ts";
import type { Caption } from "../format/captions.ts";
import { type DecodedPicture, decodeImage } from "../format/image_codec.ts";
import { PictureFailure, readPictureHeader } from "../format/image_header.ts";
import { readCaptionsFile } from "./captions_file.ts";
import { PixelCache } from "./pixel_cache.ts";
import { resizeToSquare } from "./resize.ts";

/** Where the data lie and how they are to be seen. */
export interface ImageTextOptions {
  readonly imageFolder: string;
  readonly captionsFile: string;
  /** Side in pixels that every picture is brought to; null keeps their own size, which then has to be one for all. */
  readonly imageSize: number | null;
  /** Whether training mirrors a picture in every second epoch, by chance; {@linkcode ImageTextFolder.pixels} never does. */
  readonly flip?: boolean;
  /** Bytes of decoded pictures that may stay in memory. */
  readonly cacheBytes?: number;
}

/** Pictures of one size with their captions, in the order of the captions file. */
export interface ImageTextFolder {
  /** How many. */
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly flip: boolean;
  caption(index: number): string;
  /** Path inside the image folder. */
  name(index: number): string;
  /**
   * RGB bytes [height * width * 3]; shared, so do not change them.
   *
   * @throws {StepFailure} naming a picture that is damaged or gone.
   */
  pixels(index: number): Promise<Uint8Array>;
}

/** Bytes of a file that hold its size, unless a photo puts a long preview before it. */
const HEADER_BYTES = 64 * 1024;

/**
 * Opens a dataset after a look at every line of the captions and at the header of every picture.
 *
 * @throws {RefusedError} for a missing folder or file, a wrong line, a caption without a picture, or pictures of several sizes.
 * @throws {StepFailure} for a picture whose header cannot be read.
 */
export async function openImageTextFolder(
  options: ImageTextOptions,
): Promise<ImageTextFolder> {
  const { imageFolder, captionsFile, imageSize, flip = false } = options;
  await requireFolder(imageFolder);
  const captions = await readCaptionsFile(captionsFile);
  const { height, width } = await checkPictures(captions, options);
  const cache = new PixelCache(options.cacheBytes);
  const captionAt = (index: number): Caption => {
    const caption = captions[index];
    if (caption === undefined) {
      throw new RangeError(
        `Cannot read picture ${index} of ${captions.length}`,
      );
    }
    return caption;
  };
  return {
    size: captions.length,
    height,
    width,
    flip,
    caption: (index) => captionAt(index).caption,
    name: (index) => captionAt(index).name,
    async pixels(index) {
      const { name } = captionAt(index);
      const known = cache.get(name);
      if (known !== undefined) return known;
      const picture = await decodePicture(join(imageFolder, name), imageSize);
      requireSize(name, picture, { height, width });
      cache.keep(name, picture.data);
      return picture.data;
    },
  };
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

interface Size {
  readonly height: number;
  readonly width: number;
}

/** Answers the size that all pictures will have. */
async function checkPictures(
  captions: readonly Caption[],
  options: ImageTextOptions,
): Promise<Size> {
  const { imageFolder, captionsFile, imageSize } = options;
  let first: (Size & { readonly name: string }) | null = null;
  const seen = new Set<string>();
  for (const { name, line } of captions) {
    if (seen.has(name)) continue;
    seen.add(name);
    const size = await readSize(join(imageFolder, name));
    if (size === null) {
      throw new RefusedError(
        `Cannot read pictures: ${captionsFile}:${line} names picture "${name}", which is not in "${imageFolder}"`,
        { hint: "Add the picture, or remove the line" },
      );
    }
    first ??= { ...size, name };
    if (imageSize !== null) continue;
    if (size.height !== first.height || size.width !== first.width) {
      throw new RefusedError(
        `Cannot read pictures: "${name}" is ${size.width}x${size.height}, wanted ${first.width}x${first.height} as "${first.name}"`,
        { hint: "Set `data.img_size` to bring all pictures to one size" },
      );
    }
  }
  if (imageSize !== null) return { height: imageSize, width: imageSize };
  return first!;
}

/** Size of a picture by its header; null where there is no such file. */
async function readSize(path: string): Promise<Size | null> {
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
  const start = await readStart(file, Math.min(info.size, HEADER_BYTES));
  try {
    return readPictureHeader(start);
  } catch (error) {
    if (start.length === info.size) throw named(path, error);
  }
  try {
    return readPictureHeader(await Deno.readFile(path));
  } catch (error) {
    throw named(path, error);
  }
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

async function decodePicture(
  path: string,
  imageSize: number | null,
): Promise<DecodedPicture> {
  try {
    const picture = await decodeImage(await Deno.readFile(path));
    return imageSize === null
      ? picture
      : await resizeToSquare(picture, imageSize);
  } catch (error) {
    throw named(path, error);
  }
}

/** The picture may have been replaced since the folder was opened. */
function requireSize(name: string, found: Size, wanted: Size): void {
  if (found.height === wanted.height && found.width === wanted.width) return;
  throw new StepFailure(
    `Cannot read picture "${name}": it is ${found.width}x${found.height}, wanted ${wanted.width}x${wanted.height}`,
    { hint: "Leave the pictures alone while a step reads them" },
  );
}

/** Damage with the picture's name; anything else as it is. */
function named(path: string, error: unknown): unknown {
  if (error instanceof PictureFailure) {
    return new StepFailure(
      `Cannot read picture "${path}": ${error.reason}`,
      {
        cause: error,
        hint: "Replace the picture, or remove its line from the captions file",
      },
    );
  }
  if (error instanceof Deno.errors.NotFound) {
    return new StepFailure(
      `Cannot read picture "${path}": it is no longer there`,
      {
        cause: error,
        hint: "Leave the pictures alone while a step reads them",
      },
    );
  }
  return error;
}
