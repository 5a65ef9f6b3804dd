// The sizes of pictures that a discriminator judges, as far as the file tells them: each of its halvings needs two rows and two columns.
import type { DataSection } from "../catalog/data_section.ts";
import type { ModelSection } from "../catalog/model_section.ts";
import { judgeFault } from "../catalog/picture_size.ts";
import type { Step } from "../catalog/pipeline.ts";
import {
  type LocatedMap,
  type PathItem,
  placeOf,
} from "../source/located_tree.ts";
import type { Report } from "./report.ts";

/** Reports sizes of the `data` section that are too small for the discriminator of a step. */
export function checkJudgedPictures(
  { steps, model, data, document }: {
    readonly steps: readonly Step[];
    readonly model: ModelSection;
    readonly data: DataSection;
    readonly document: LocatedMap;
  },
  report: Report,
): void {
  const sizes = writtenSides(data, 2 ** model.downscales);
  for (const step of steps) {
    if (step.task !== "train" || !step.gan_training) continue;
    for (const { side, path } of sizes) {
      const fault = judgeFault({ height: side, width: side }, model.disc_depth);
      if (fault === null) continue;
      report.error(
        placeOf(document, ["data", ...path]),
        `Cannot judge ${fault.reason} (step "${step.name}")`,
        fault.hint,
      );
    }
  }
}

/** Sides that pictures are sure to have, with where they are written. Those of whole pictures depend on the pictures. */
function writtenSides(
  { img_size, img_fit, reduced_min_sizes }: DataSection,
  multiple: number,
): { readonly side: number; readonly path: readonly PathItem[] }[] {
  if (img_size === null || img_fit !== "crop") return [];
  const reduced = (reduced_min_sizes ?? []).flatMap((target, index) =>
    target >= img_size ? [] : [{
      side: Math.max(multiple, Math.floor(target / multiple) * multiple),
      path: ["reduced_min_sizes", index],
    }]
  );
  const full = Math.ceil(img_size / multiple) * multiple;
  return [{ side: full, path: ["img_size"] }, ...reduced];
}
