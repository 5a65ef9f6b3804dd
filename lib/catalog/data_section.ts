// The `data` section, the named `datasets`, and the options of both.
import * as v from "valibot";
import {
  closedMap,
  finiteNumber,
  nullable,
  option,
  someText,
  wholeNumber,
} from "./option.ts";

/** Keys of web datasets, which both the `data` section and a dataset entry may hold. */
const WEB_KEYS = {
  webdataset_url: nullable(
    someText(),
    "Tar shards: https://host/data-{000..046}.tar, a file, a folder, a path with * in it, or hf://datasets/... in hub_dir",
  ),
  webdataset_token: nullable(
    someText(),
    "Environment variable that holds the token for the shards' host, as ${HF_TOKEN}; wanted only where the server asks for one",
  ),
  webdataset_image_key: option(
    someText(),
    "png",
    "File ending of pictures inside a shard; several as jpg;png",
  ),
  webdataset_label_key: option(
    someText(),
    "json",
    "File ending of labels inside a shard: json, or txt for the caption itself",
  ),
  webdataset_caption_key: option(
    someText(),
    "prompt",
    "Key of the caption inside a json label",
  ),
  webdataset_size: nullable(
    wholeNumber({ min: 1 }),
    "Accepted; the samples of the shards are counted",
  ),
  webdataset_samples_per_shard: nullable(
    wholeNumber({ min: 1 }),
    "Accepted; the samples of the shards are counted",
  ),
} as const;

/** How the pictures of a dataset are seen, in the `data` section and in a dataset entry. */
const VIEW_KEYS = {
  flip: option(
    v.boolean(),
    false,
    "Mirror each picture left to right in every second epoch, by chance",
  ),
  crop: option(
    v.picklist(["center", "random"]),
    "center",
    "Which part of a picture is trained on; random: another part in each epoch, by chance",
  ),
  crop_scale: nullable(
    finiteNumber({ above: 0, max: 1 }),
    "Smallest share of the area that a random crop shows; 0.75",
  ),
  holdout: nullable(
    finiteNumber({ above: 0, below: 1 }),
    "Share of the pictures that is kept out of it, as the dataset NAME.holdout; by content and seed",
  ),
} as const;

/** Schema of the `data` section. */
export const DATA_SECTION = closedMap({
  data_path: nullable(
    someText(),
    "Folder of the pictures; the data of steps that name no dataset",
  ),
  captions_file: nullable(someText(), "Lines of name, tab, caption"),
  img_size: nullable(
    wholeNumber({ min: 1 }),
    "Side that pictures are brought to; null keeps each one's own size, rounded to what the model can halve",
  ),
  img_fit: option(
    v.picklist(["crop", "keep"]),
    "crop",
    "crop: the middle square of img_size; keep: the whole picture in its own shape, with about as many pixels as that square at most",
  ),
  channels: option(wholeNumber({ min: 1 }), 3, "Colour channels; 3"),
  tokenizer_name: option(
    someText(),
    "words",
    "words: built from the captions; else a tokenizer.json, a folder that holds one, or a name in hub_dir",
  ),
  hub_dir: nullable(
    someText(),
    "Folder in which names on the Hugging Face hub are looked for; nothing is downloaded",
  ),
  max_tokens: option(
    wholeNumber({ min: 2 }),
    128,
    "Longest caption in tokens; the rest is cut",
  ),
  fixed_prompt_prefix: nullable(someText(), "Text put before every caption"),
  use_webdataset: option(
    v.boolean(),
    false,
    "Read tar shards instead of a folder",
  ),
  ...WEB_KEYS,
  ...VIEW_KEYS,
  use_tt2m: option(v.boolean(), false, "Old name of use_webdataset"),
  tt2m_token: nullable(someText(), "Old name of webdataset_token"),
  dataloader_max_retries: option(
    wholeNumber({ min: 0 }),
    5,
    "Further tries to fetch a shard after one that brought nothing",
  ),
  dataloader_retry_delay: option(
    finiteNumber({ min: 0 }),
    5,
    "Seconds before the first of them; each next one waits twice as long",
  ),
  reduced_min_sizes: nullable(
    v.array(wholeNumber({ min: 16 })),
    "Short sides of smaller versions that each larger picture is trained at too",
  ),
  max_corrupt_share: option(
    finiteNumber({ min: 0, max: 1 }),
    0.01,
    "Share of a dataset's samples that may be damaged: they are skipped, counted and named; more end the step",
  ),
});

/** Schema of one entry of `training.pipeline.datasets`. */
export const DATASET_ENTRY = closedMap({
  type: option(
    v.picklist(["local", "webdataset"]),
    "local",
    "local: a folder with captions; webdataset: tar shards, which webdataset_url names",
  ),
  from: nullable(
    someText(),
    "Step whose output holds the folder and the captions",
  ),
  image_folder: nullable(someText(), "Folder of the pictures"),
  captions_file: nullable(someText(), "Lines of name, tab, caption"),
  ...WEB_KEYS,
  batch_size: nullable(
    wholeNumber({ min: 1 }),
    "Pictures per batch for steps that name none",
  ),
  workers: nullable(
    wholeNumber({ min: 0 }),
    "Threads that decode pictures for steps that name none",
  ),
  ...VIEW_KEYS,
});

/** The `data` section with its defaults filled in. */
export type DataSection = Readonly<v.InferOutput<typeof DATA_SECTION>>;
