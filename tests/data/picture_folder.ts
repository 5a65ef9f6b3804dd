// A dataset on disk for tests: small pictures, each of one colour, with captions.
import { join } from "node:path";
import { encodePng } from "../../lib/format/image_codec.ts";

/** Places of a dataset; disposing it removes the folder. */
export interface PictureFolder extends Disposable {
  readonly imageFolder: string;
  readonly captionsFile: string;
}

/** PNG bytes of one colour that depends on `index`; the left column is black. */
export function pictureBytes(
  index: number,
  width = 4,
  height = 4,
): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    if (at % width > 0) data.fill(index + 1, at * 3, at * 3 + 3);
  }
  return encodePng({ width, height, channels: 3, data });
}

/** Writes `count` pictures and the captions file; `captions` replaces its text. */
export function pictureFolder(
  count: number,
  captions?: string,
): PictureFolder {
  const root = Deno.makeTempDirSync();
  const imageFolder = join(root, "images");
  const captionsFile = join(root, "captions.txt");
  Deno.mkdirSync(imageFolder);
  const lines: string[] = [];
  for (let index = 0; index < count; index++) {
    Deno.writeFileSync(
      join(imageFolder, `${index}.png`),
      pictureBytes(index),
    );
    lines.push(`${index}.png\tpicture ${index}\n`);
  }
  Deno.writeTextFileSync(captionsFile, captions ?? lines.join(""));
  return {
    imageFolder,
    captionsFile,
    [Symbol.dispose]: () => Deno.removeSync(root, { recursive: true }),
  };
}
