// One dataset of a pipeline after its checks: a folder with captions, or tar shards.

/** A dataset of pictures with captions. */
export type DatasetEntry = FolderEntry | ShardEntry;

/** How the pictures of a dataset are seen. */
export interface DatasetView {
  readonly flip: boolean;
  readonly crop: "center" | "random";
  /** Smallest share of the area that a random crop shows; null without one. */
  readonly crop_scale: number | null;
  /** The part of the pictures that it is; null where it is all of them. */
  readonly split: DatasetSplit | null;
}

/** A folder of pictures with a captions file. */
export interface FolderEntry extends DatasetView {
  readonly type: "local";
  /** Step in whose `output/` the paths below lie; null for paths of the user. */
  readonly from: string | null;
  /** As written; relative to the working directory, or to `output/` of `from`. */
  readonly image_folder: string;
  /** As written; see `image_folder`. */
  readonly captions_file: string;
  readonly batch_size: number | null;
  readonly workers: number | null;
  /** Absolute; null where a step makes the data. */
  readonly image_folder_path: string | null;
  /** Absolute; null where a step makes the data. */
  readonly captions_file_path: string | null;
}

/** One of the two parts of a dataset's pictures; which one a picture is in depends on its content and the seed. */
export interface DatasetSplit {
  /** Share of the pictures that is held out. */
  readonly share: number;
  readonly part: "training" | "holdout";
}

/** Tar shards, each of many samples. */
export interface ShardEntry extends DatasetView {
  readonly type: "webdataset";
  /** No step makes shards. */
  readonly from: null;
  /** As written. */
  readonly webdataset_url: string;
  /** As written: the name of an environment variable, never a token. */
  readonly webdataset_token: string | null;
  readonly webdataset_image_key: string;
  readonly webdataset_label_key: string;
  readonly webdataset_caption_key: string;
  readonly batch_size: number | null;
  readonly workers: number | null;
  /** Environment variable that holds the token; null where the dataset names none. */
  readonly token_variable: string | null;
  readonly shards: ShardList;
}

/** The shards behind an address, in their order. */
export type ShardList =
  | { readonly kind: "remote"; readonly urls: readonly string[] }
  /** `paths` are absolute, and none where no step reads the dataset. */
  | {
    readonly kind: "local";
    readonly patterns: readonly string[];
    readonly paths: readonly string[];
  };
