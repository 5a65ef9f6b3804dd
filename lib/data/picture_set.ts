// The pictures of a step: samples of a folder or of shards that can be used, decoded and brought to the sizes they are trained at.
import { StepFailure } from "../error/failure.ts";
import type { PictureSize } from "../format/image_header.ts";
import {
  type Augmentation,
  type CropDraw,
  croppedWindow,
  NO_AUGMENTATION,
} from "./augmentation.ts";
import { type CorruptSample, CorruptSampleError } from "./corrupt_sample.ts";
import { type Decode, decodeHere } from "./picture_decoding.ts";
import { PixelCache } from "./pixel_cache.ts";
import { fittingWindow, type PictureWindow } from "./resize.ts";
import type { SampleSource } from "./sample_source.ts";
import { corruptSample, selectSamples } from "./selected_samples.ts";
import type { Sizing } from "./size_class.ts";
import type { ViewTable } from "./view_table.ts";

/** How a source's pictures are seen. */
export interface PictureSetOptions extends Sizing {
  /** How training sees a picture; without it as it is. */
  readonly augmentation?: Augmentation;
  /** Where pictures are decoded; in this thread where nothing is said. */
  readonly decode?: Decode;
  /** Bytes of decoded pictures that may stay in memory. */
  readonly cacheBytes?: number;
}

/** Pictures with their captions. Samples whose headers cannot be read are not among them. */
export interface PictureSet {
  /** How many pictures. */
  readonly size: number;
  /** Samples that the data name, corrupt ones included. */
  readonly total: number;
  readonly augmentation: Augmentation;
  /** Every picture at every size that it is trained at. */
  readonly views: ViewTable;
  /** Samples that were left out. */
  readonly corrupt: readonly CorruptSample[];
  caption(index: number): string;
  /** Name inside the dataset. */
  name(index: number): string;
  /** Full size that picture `index` is brought to. */
  sizeOf(index: number): PictureSize;
  /**
   * RGB bytes [height * width * 3] of a view, or of a picture at its full size, since these have the same number. The bytes are
   * shared, so do not change them. `crop` shows a part of it; else it is the window that the sizing asks for.
   *
   * @throws {CorruptSampleError} naming a picture that is damaged.
   * @throws {StepFailure} naming a picture that is gone or was replaced.
   */
  pixels(view: number, crop?: CropDraw | null): Promise<Uint8Array>;
}

/** The usable pictures of a source. */
export function openPictureSet(
  source: SampleSource,
  options: PictureSetOptions,
): PictureSet {
  const { augmentation = NO_AUGMENTATION, decode = decodeHere } = options;
  const { samples, corrupt, views } = selectSamples(source, options);
  const cache = new PixelCache(options.cacheBytes);
  const sampleAt = (index: number) => {
    const sample = samples[index];
    if (sample !== undefined) return sample;
    throw new RangeError(`Cannot read picture ${index} of ${samples.length}`);
  };
  return {
    size: samples.length,
    total: source.size,
    augmentation,
    views,
    corrupt,
    caption: (index) => source.caption(sampleAt(index)),
    name: (index) => source.name(sampleAt(index)),
    sizeOf: (index) => views.sizeOf(index),
    async pixels(view, crop = null) {
      const sample = sampleAt(views.pictureOf(view));
      const size = views.sizeOf(view);
      // Several captions may name one picture.
      const key = `${size.width}x${size.height}/${source.name(sample)}`;
      const known = crop === null ? cache.get(key) : undefined;
      if (known !== undefined) return known;
      const wanted = source.header(sample) as PictureSize;
      const whole = fittingWindow(wanted, options);
      const window = crop === null ? whole : croppedWindow(wanted, whole, crop);
      const place = { source, sample };
      const data = await decodeSample(place, { wanted, window, size }, decode);
      // No epoch shows the same part again.
      if (crop === null) cache.keep(key, data);
      return data;
    },
  };
}

async function decodeSample(
  { source, sample }: {
    readonly source: SampleSource;
    readonly sample: number;
  },
  shown: {
    readonly wanted: PictureSize;
    readonly window: PictureWindow;
    readonly size: PictureSize;
  },
  decode: Decode,
): Promise<Uint8Array> {
  const bytes = await source.read(sample);
  const decoding = await decode({ bytes, ...shown });
  switch (decoding.kind) {
    case "pixels":
      return decoding.data;
    case "corrupt":
      throw new CorruptSampleError(
        corruptSample(source, sample, decoding.reason),
      );
    case "replaced":
      throw replaced(source.place(sample), decoding.found, shown.wanted);
    default:
      return decoding satisfies never;
  }
}

/** The picture may have been replaced since the source was opened. */
function replaced(
  place: string,
  found: PictureSize,
  wanted: PictureSize,
): StepFailure {
  return new StepFailure(
    `Cannot read picture "${place}": it is ${found.width}x${found.height}, wanted ${wanted.width}x${wanted.height}`,
    { hint: "Leave the pictures alone while a step reads them" },
  );
}
