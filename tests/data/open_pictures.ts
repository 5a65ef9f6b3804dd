// Opens a folder of pictures as a step does, with settings that a test leaves out.
import { openImageTextFolder } from "../../lib/data/image_text_folder.ts";
import {
  openPictureSet,
  type PictureSet,
  type PictureSetOptions,
} from "../../lib/data/picture_set.ts";

/** The pictures of a folder; sides of any length unless `multiple` says otherwise. */
export async function openPictures(
  options:
    & { readonly imageFolder: string; readonly captionsFile: string }
    & Partial<PictureSetOptions>,
): Promise<PictureSet> {
  const source = await openImageTextFolder(options);
  return openPictureSet(source, {
    multiple: 1,
    imageSize: null,
    fit: "crop",
    reducedSizes: [],
    ...options,
  });
}
