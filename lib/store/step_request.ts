// The one record that a step's process is started with; request.json in the step folder holds the same.
import type {
  DataSection,
  FolderEntry,
  ModelSection,
  OutputSection,
  ShardEntry,
  Step,
  Task,
} from "../catalog/pipeline.ts";
import type { EngineChoice } from "../engine_setup/engine_choice.ts";
import type {
  PlannedBytes,
  PlannedWeightFile,
} from "../exchange/read_weights.ts";

/** Version of the record below; a child refuses any other. */
export const REQUEST_VERSION = 1;

/** A dataset entry with the places that it stands for. */
export type ResolvedDataset = FolderDataset | ShardDataset;

/** Tar shards with where they lie. */
export type ShardDataset = ShardEntry & { readonly places: ShardPlaces };

/** Where a step finds the shards of a dataset, all paths absolute. */
export interface ShardPlaces {
  /** Folder of all shards. */
  readonly root: string;
  /** What is read of the user's own, and the folder of its indexes. */
  readonly read: readonly string[];
  /** Folders that shards are fetched into. */
  readonly folders: readonly string[];
  /** Hosts with ports that they are fetched from. */
  readonly hosts: readonly string[];
  /** Local shards, with the content that the step's key stands for. */
  readonly files: readonly LocalShardFile[];
}

/** A shard of the user's own. */
export interface LocalShardFile extends RequestedFile {
  readonly bytes: number;
  /** Start of the names of its indexes. */
  readonly index: string;
}

/** A folder with captions, with its absolute places. */
export type FolderDataset = FolderEntry & {
  /** Absolute folder of the pictures; inside `output/` of a step folder where `from` names a step. */
  readonly imageFolder: string;
  /** Absolute file of `name<TAB>caption` lines. */
  readonly captionsFile: string;
  /** File of picture sizes that were read before, and what it has to be kept under; absent where the data are yet to be made. */
  readonly dimensions?: {
    readonly path: string;
    readonly fingerprint: string;
    readonly multiple: number;
  };
};

/** Weight files that a step starts from, with the content that its key stands for. */
export interface RequestedWeights {
  /** False where missing names start anew and unexpected ones are passed over. */
  readonly strict: boolean;
  readonly files: readonly PlannedWeightFile[];
  /** Tokenizer of a text encoder that starts from them; null where the step takes none. */
  readonly tokenizer: RequestedFile | null;
}

/** A file that a step reads, with the content that its key stands for. */
export interface RequestedFile {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
}

/** Files that a step's captions and text encoder start from. */
export interface RequestedText {
  /** Null where the tokenizer comes with the weights, or is built from the captions. */
  readonly tokenizer: RequestedFile | null;
  /** DistilBERT's weights; null where the text encoder starts from other ones. */
  readonly pretrained: RequestedFile | null;
}

/** Everything that one step's process needs to know. */
export interface StepRequest {
  readonly version: typeof REQUEST_VERSION;
  /** Path of the pipeline file as the user gave it. */
  readonly pipeline: string;
  readonly run: string;
  /** `index` counts from 0. */
  readonly step: {
    readonly name: string;
    readonly index: number;
    readonly count: number;
  };
  readonly task: Task;
  /** First 16 hex digits of the SHA-256 of `work` as canonical JSON. */
  readonly key: string;
  /** All that can change the result, and nothing else. */
  readonly work: Readonly<Record<string, unknown>>;
  /** The resolved step, cosmetic keys included. */
  readonly options: Step;
  readonly model: ModelSection;
  readonly data: DataSection;
  readonly output: OutputSection;
  readonly seed: number;
  /** The datasets that the step names, by name. */
  readonly datasets: Readonly<Record<string, ResolvedDataset>>;
  /** Files of `model_checkpoint` that the step starts from; absent where it starts from none. */
  readonly weight_files?: RequestedWeights;
  /** Absent where the step needs none. */
  readonly text_files?: RequestedText;
  /** Weights of the perceptual loss; absent where the step has none. */
  readonly lpips?: PlannedBytes;
  /** Absolute; the only folder that the step may write. */
  readonly folder: string;
  /** Needed step name to its absolute folder. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Absolute path of the lock file beside `folder`. */
  readonly lock: string;
  readonly engine: EngineChoice;
  /** Absolute folder that holds fluxline's own `lib/`. */
  readonly packageRoot: string;
  readonly plan: {
    /** Optimizer updates of the whole step, where the data already exists to count them. */
    readonly trainSteps: number | null;
  };
}
