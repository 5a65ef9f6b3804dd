// The pictures of a step: samples of a folder or of shards that can be used, decoded and brought to the sizes they are trained at.
import { StepFailure } from "../error/failure.ts";
import { type DecodedPicture, decodeImage } from "../format/image_codec.ts";
import { PictureFailure, type PictureSize } from "../format/image_header.ts";
import { type CorruptSample, CorruptSampleError } from "./corrupt_sample.ts";
import { PixelCache } from "./pixel_cache.ts";
import { fittingWindow, resizePicture } from "./resize.ts";
import type { SampleSource } from "./sample_source.ts";
import { corruptSample, selectSamples } from "./selected_samples.ts";
import type { Sizing } from "./size_class.ts";
import type { ViewTable } from "./view_table.ts";

/** How a source's pictures are seen. */
export interface PictureSetOptions extends Sizing {
  /** Whether training mirrors a picture in every second epoch, by chance; {@linkcode PictureSet.pixels} never does. */
  readonly flip?: boolean;
  /** Bytes of decoded pictures that may stay in memory. */
  readonly cacheBytes?: number;
}

/** Pictures with their captions. Samples whose headers cannot be read are not among them. */
export interface PictureSet {
  /** How many pictures. */
  readonly size: number;
  /** Samples that the data name, corrupt ones included. */
  readonly total: number;
  readonly flip: boolean;
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
   * shared, so do not change them.
   *
   * @throws {CorruptSampleError} naming a picture that is damaged.
   * @throws {StepFailure} naming a picture that is gone or was replaced.
   */
  pixels(view: number): Promise<Uint8Array>;
}

/** The usable pictures of a source. */
export function openPictureSet(
  source: SampleSource,
  options: PictureSetOptions,
): PictureSet {
  const { flip = false } = options;
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
    flip,
    views,
    corrupt,
    caption: (index) => source.caption(sampleAt(index)),
    name: (index) => source.name(sampleAt(index)),
    sizeOf: (index) => views.sizeOf(index),
    async pixels(view) {
      const sample = sampleAt(views.pictureOf(view));
      const size = views.sizeOf(view);
      // Several captions may name one picture.
      const key = `${size.width}x${size.height}/${source.name(sample)}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      const picture = await decodeSample(source, sample);
      const window = fittingWindow(picture, options);
      const { data } = await resizePicture(picture, window, size);
      cache.keep(key, data);
      return data;
    },
  };
}

async function decodeSample(
  source: SampleSource,
  sample: number,
): Promise<DecodedPicture> {
  const bytes = await source.read(sample);
  let picture: DecodedPicture;
  try {
    picture = await decodeImage(bytes);
  } catch (error) {
    if (!(error instanceof PictureFailure)) throw error;
    throw new CorruptSampleError(
      corruptSample(source, sample, error.reason),
      error,
    );
  }
  refuseReplaced(source, sample, picture);
  return picture;
}

/** The picture may have been replaced since the source was opened. */
function refuseReplaced(
  source: SampleSource,
  sample: number,
  found: PictureSize,
): void {
  const wanted = source.header(sample) as PictureSize;
  if (found.height === wanted.height && found.width === wanted.width) return;
  throw new StepFailure(
    `Cannot read picture "${
      source.place(sample)
    }": it is ${found.width}x${found.height}, wanted ${wanted.width}x${wanted.height}`,
    { hint: "Leave the pictures alone while a step reads them" },
  );
}
