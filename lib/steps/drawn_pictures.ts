// Drawn pictures on disk: one PNG each, all of them in a grid, and a list that says which is which.
import { join } from "node:path";
import { writeAtomically, writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { imageGrid } from "../evaluation/image_grid.ts";
import { bytesOf, unitValues } from "../evaluation/picture.ts";
import { encodePng } from "../format/image_codec.ts";
import type { DrawnPicture, PictureOrder } from "../sampling/draw_pictures.ts";
import type { StepContext } from "./step_context.ts";
import { SAMPLE_GRID } from "./train_samples.ts";

/** Words of a prompt that a file name has room for. */
const NAME_LENGTH = 40;
/** Pictures wider than this are large enough to see as they are. */
const SMALL_WIDTH = 64;

/** Writes them to `output/` and answers the path of the grid, `name`, which has one row per prompt or per way between two. */
export async function writeDrawnPictures(
  context: StepContext,
  pictures: readonly DrawnPicture[],
  { columns, name }: { readonly columns: number; readonly name: string },
): Promise<string> {
  const output = join(context.folder, "output");
  await makeFolder(output);
  const list: ({ readonly file: string } & Record<string, unknown>)[] = [];
  for (const [index, picture] of pictures.entries()) {
    const { caption: prompt, towards } = picture.order;
    const file = `${String(index + 1).padStart(3, "0")}-${
      fileWords(picture.order)
    }.png`;
    await writeAtomically(
      join(output, file),
      await encodePng(bytesOf(unitValues(picture.values), picture)),
    );
    list.push({
      file,
      prompt,
      ...(towards === undefined
        ? {}
        : { towards: towards.caption, share: towards.share }),
    });
  }
  await writeJsonAtomically(join(output, "prompts.json"), list);
  const isSmall = (pictures[0]?.width ?? 0) <= SMALL_WIDTH;
  const grid = await imageGrid(
    pictures.map((one) => bytesOf(unitValues(one.values), one)),
    { ...SAMPLE_GRID, columns, ...(isSmall ? {} : { scale: 1 }) },
  );
  const path = join(output, name);
  await writeAtomically(path, grid);
  context.picture(path);
  return path;
}

/** Letters and digits of a prompt, safe as part of a file name. */
function fileWords({ caption, towards }: PictureOrder): string {
  const end = towards === undefined ? "" : ` to ${towards.caption}`;
  const words = `${caption}${end}`.toLowerCase().replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "").slice(0, NAME_LENGTH);
  return words || "empty";
}
