// Which samples of a source are used, and at which sizes: known from headers alone, so a plan can count the batches.
import type { PictureSize } from "../format/image_header.ts";
import { bucketsOf } from "./batch_order.ts";
import type { CorruptSample } from "./corrupt_sample.ts";
import type { SampleSource } from "./sample_source.ts";
import { type Sizing, trainedSizes } from "./size_class.ts";
import { ViewTable } from "./view_table.ts";

/** The size that most pictures have; of equally frequent ones the smallest. */
export function commonSize(
  pictures: { readonly views: ViewTable; readonly size: number },
): PictureSize {
  const counts = bucketsOf(pictures.views).map(({ size, views }) => ({
    size,
    count: views.filter((view) => view < pictures.size).length,
  }));
  const most = Math.max(...counts.map(({ count }) => count));
  return counts.find(({ count }) => count === most)!.size;
}

/** The samples that are used, and the views of their pictures: what a plan counts batches from. */
export interface SelectedSamples {
  /** Places in the source. */
  readonly samples: readonly number[];
  readonly corrupt: readonly CorruptSample[];
  readonly views: ViewTable;
}

/** Looks at headers alone. */
export function selectSamples(
  source: Pick<SampleSource, "size" | "name" | "place" | "header">,
  sizing: Sizing,
): SelectedSamples {
  const samples: number[] = [];
  const corrupt: CorruptSample[] = [];
  const sizes: (readonly PictureSize[])[] = [];
  const known = new Map<string, readonly PictureSize[]>();
  for (let index = 0; index < source.size; index++) {
    const header = source.header(index);
    if (typeof header === "string") {
      corrupt.push(corruptSample(source, index, header));
      continue;
    }
    const key = `${header.width}x${header.height}`;
    const own = known.get(key) ?? trainedSizes(header, sizing);
    known.set(key, own);
    samples.push(index);
    sizes.push(own);
  }
  return { samples, corrupt, views: new ViewTable(sizes) };
}

/** What is told of a sample that is left out. */
export function corruptSample(
  source: Pick<SampleSource, "name" | "place">,
  index: number,
  reason: string,
): CorruptSample {
  return { name: source.name(index), place: source.place(index), reason };
}
