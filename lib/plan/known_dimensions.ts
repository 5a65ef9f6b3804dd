// Sizes of a dataset's pictures for a plan: from the cache where they are known, else from the headers of all pictures.
import { dirname, join } from "node:path";
import { readCaptionsFile } from "../data/captions_file.ts";
import { contentOf } from "../data/dataset_part.ts";
import {
  dimensionCachePath,
  type DimensionKey,
  readDimensionCache,
  writeDimensionCache,
} from "../data/dimension_cache.ts";
import { readPictureHeaders } from "../data/picture_headers.ts";
import type { SampleSource } from "../data/sample_source.ts";
import { makeFolder } from "../disk/folder_entries.ts";

/** Samples of a dataset with what their headers say. */
export interface SampleHeaders
  extends Pick<SampleSource, "size" | "name" | "place" | "header"> {
  /** What each picture is known by; asked for where a dataset is split. */
  contents(
    digest: (path: string) => Promise<string>,
  ): Promise<readonly string[]>;
  /** Keeps the headers for the next plan and for the step; writes nothing where they are kept already. */
  save(): Promise<void>;
}

/**
 * Headers of every picture of a folder with captions. `folder` is that of all dimension caches.
 *
 * @throws {RefusedError} for a missing file, a wrong line, or a caption without a picture.
 */
export async function knownDimensions(
  place: { readonly imageFolder: string; readonly captionsFile: string },
  folder: string,
  key: DimensionKey,
): Promise<SampleHeaders> {
  const captions = await readCaptionsFile(place.captionsFile);
  const path = dimensionCachePath(folder, key);
  const kept = await readDimensionCache(path, key);
  const isKept = kept?.headers.length === captions.length;
  const headers = isKept
    ? kept.headers
    : await readPictureHeaders(captions, place);
  let contents = isKept ? kept.contents : undefined;
  let isNew = !isKept;
  return {
    size: captions.length,
    name: (index) => captions[index]!.name,
    place: (index) => join(place.imageFolder, captions[index]!.name),
    header: (index) => headers[index]!,
    async contents(digest) {
      if (contents !== undefined) return contents;
      isNew = true;
      return contents = await Promise.all(
        captions.map(async ({ name }) =>
          contentOf(await digest(join(place.imageFolder, name)))
        ),
      );
    },
    async save() {
      if (!isNew) return;
      await makeFolder(dirname(path));
      const found = contents === undefined ? {} : { contents };
      await writeDimensionCache(path, key, { headers, ...found });
      isNew = false;
    },
  };
}
