// Opens the datasets of a step: pictures at sizes that the model can halve, and no more corrupt samples than are allowed.
import {
  CorruptSampleError,
  refuseTooManyCorrupt,
  withCorrupt,
} from "../data/corrupt_sample.ts";
import { pixelsOrCorrupt } from "../data/batch_stream.ts";
import { partPlaces, readContents, samplesAt } from "../data/dataset_part.ts";
import { readDimensionCache } from "../data/dimension_cache.ts";
import { openImageTextFolder } from "../data/image_text_folder.ts";
import type { Decode } from "../data/picture_decoding.ts";
import { openPictureSet, type PictureSet } from "../data/picture_set.ts";
import type { SampleSource } from "../data/sample_source.ts";
import { sizingOf } from "../data/size_class.ts";
import { canonicalJson } from "../disk/canonical_json.ts";
import { StepFailure } from "../error/failure.ts";
import type { ResolvedDataset, StepRequest } from "../store/step_request.ts";
import { type DataContext, openShards } from "./open_shards.ts";

/** What a step has open already: both parts of a dataset are of the same samples. */
export type OpenSources = Map<string, Promise<WholeSource>>;

/** Samples as they lie on the disk. */
interface WholeSource {
  readonly source: SampleSource;
  /** What each picture is known by; asked for where the dataset is split. */
  contents(): Promise<readonly string[]>;
}

/**
 * Opens a dataset that the step names.
 *
 * @throws {StepFailure} when more samples than `data.max_corrupt_share` allows have headers that cannot be read, or none is left.
 */
export async function openStepDataset(
  context: DataContext,
  name: string,
  { decode, sources = new Map() }: {
    readonly decode?: Decode;
    readonly sources?: OpenSources;
  } = {},
): Promise<PictureSet> {
  const { request } = context;
  const dataset = request.datasets[name];
  if (dataset === undefined) {
    throw new RangeError(`The request has no dataset "${name}"`);
  }
  const source = await openSource(context, dataset, sources);
  const { flip, crop, crop_scale: cropScale } = dataset;
  const opened = openPictureSet(source, {
    ...sizingOf(request.data, request.model),
    augmentation: { flip, crop, cropScale: cropScale ?? 1 },
    ...(decode === undefined ? {} : { decode }),
  });
  for (const { place, reason } of opened.corrupt) {
    context.log(`picture "${place}" is skipped: ${reason}`, "warning");
  }
  refuseTooManyCorrupt(opened.corrupt, corruptLimitOf(request, opened));
  if (opened.size > 0) return opened;
  throw new StepFailure(
    `Cannot use dataset "${name}": none of its ${opened.total} samples can be read`,
    { hint: "Look at the warnings above" },
  );
}

/** How many corrupt samples a dataset of the step may have. */
export function corruptLimitOf(
  request: StepRequest,
  dataset: PictureSet,
): { readonly share: number; readonly total: number } {
  return { share: request.data.max_corrupt_share, total: dataset.total };
}

/**
 * Those of the pictures that can be decoded: figures are then over the same pictures, whatever is measured.
 *
 * @throws {StepFailure} when more are corrupt than `data.max_corrupt_share` allows.
 */
export async function intactIndices(
  context: DataContext,
  dataset: PictureSet,
  indices: readonly number[],
): Promise<number[]> {
  const intact: number[] = [];
  let corrupt = dataset.corrupt;
  for (const index of indices) {
    const pixels = await pixelsOrCorrupt(dataset, index);
    if (!(pixels instanceof CorruptSampleError)) {
      intact.push(index);
      continue;
    }
    const { sample } = pixels;
    context.log(
      `picture "${sample.place}" is skipped: ${sample.reason}`,
      "warning",
    );
    corrupt = withCorrupt(corrupt, [sample]);
    refuseTooManyCorrupt(corrupt, corruptLimitOf(context.request, dataset));
  }
  return intact;
}

async function openSource(
  context: DataContext,
  dataset: ResolvedDataset,
  sources: OpenSources,
): Promise<SampleSource> {
  const { split } = dataset;
  const unseen = { flip: null, crop: null, crop_scale: null, split: null };
  const name = canonicalJson({ ...dataset, ...unseen });
  const whole = sources.get(name) ?? openWhole(context, dataset);
  sources.set(name, whole);
  const { source, contents } = await whole;
  if (split === null) return source;
  const { seed } = context.request;
  return samplesAt(source, partPlaces(await contents(), { ...split, seed }));
}

async function openWhole(
  context: DataContext,
  dataset: ResolvedDataset,
): Promise<WholeSource> {
  if (dataset.type === "webdataset") {
    const source = await openShards(context, dataset);
    return { source, contents: () => Promise.resolve(source.contents) };
  }
  const { dimensions } = dataset;
  const known = dimensions === undefined
    ? null
    : await readDimensionCache(dimensions.path, dimensions);
  const source = await openImageTextFolder(dataset, known);
  const kept = known?.contents?.length === source.size ? known.contents : null;
  let found: Promise<readonly string[]> | undefined;
  const contents = () =>
    found ??= kept === null ? readContents(source) : Promise.resolve(kept);
  return { source, contents };
}
