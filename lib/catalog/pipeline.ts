// A pipeline as the rest of the program sees it: checked, defaults filled in, references resolved to step names.
import type * as v from "valibot";
import type { LocatedMap } from "../source/located_tree.ts";
import type { SourcePosition, SourceText } from "../source/position.ts";
import type { Component } from "./component.ts";
import type { DataSection } from "./data_section.ts";
import type { DatasetEntry } from "./dataset_entry.ts";
import type { ExecutorSection, StepResources } from "./executor_options.ts";
import type { RunHooks } from "./hook_options.ts";
import type { ModelSection } from "./model_section.ts";
import type { OptimizerEntry } from "./optimizer_options.ts";
import type { CheckpointOptions, OutputSection } from "./output_section.ts";
import type { ScheduleEntry } from "./schedule_options.ts";
import type { SchedulerEntry } from "./scheduler_options.ts";
import type {
  COMPARE_STEP,
  EVALUATE_STEP,
  GENERATE_STEP,
  OptimizerName,
  Task,
  TRAIN_STEP,
} from "./step_options.ts";

export type { Component } from "./component.ts";
export type { DataSection } from "./data_section.ts";
export type {
  DatasetEntry,
  DatasetSplit,
  FolderEntry,
  ShardEntry,
  ShardList,
} from "./dataset_entry.ts";
export type { ModelSection } from "./model_section.ts";
export type { OptimizerEntry, OptimizerType } from "./optimizer_options.ts";
export type { CheckpointOptions, OutputSection } from "./output_section.ts";
export type { SchedulerEntry, SchedulerType } from "./scheduler_options.ts";
export type { OptimizerName, PictureMetric, Task } from "./step_options.ts";

/** A checked pipeline file. */
export interface Pipeline {
  /** Path as the user gave it. */
  readonly file: string;
  /** SHA-256, in hex, of the text and the overrides. */
  readonly digest: string;
  readonly mode: "pipeline" | "legacy";
  /** Name of the run: `name`, else the file name without its ending. */
  readonly name: string;
  readonly seed: number;
  readonly model: ModelSection;
  readonly data: DataSection;
  readonly output: OutputSection;
  /** By name; the `data` section, where it names a folder, is the dataset `default`. */
  readonly datasets: Readonly<Record<string, DatasetEntry>>;
  /** What `model_checkpoint` names; absent where the file has none. */
  readonly weight_files?: WeightFilesEntry;
  /** Files behind `data.tokenizer_name` and `model.pretrained_bert_model`. */
  readonly text_files: TextFilesEntry;
  /** When the pipeline runs by itself; absent where it has no `schedule`. */
  readonly schedules?: readonly ScheduleEntry[];
  /** What is told to somebody when a run ends; it changes no result. */
  readonly hooks?: RunHooks;
  /** Where steps run; it changes no result. */
  readonly executor: ExecutorSection;
  /** In the order of the file. */
  readonly steps: readonly Step[];
  readonly sources: PipelineSources;
}

/** The written values behind a pipeline, each with its place: what positions and origins are read from. */
export interface PipelineSources {
  readonly text: SourceText;
  readonly document: LocatedMap;
  readonly steps: Readonly<Record<string, StepSources>>;
}

/** What was written for a step. A key that is absent has the schema's default. */
export interface StepSources {
  /** What the step itself says. */
  readonly own: LocatedMap;
  /** Its own keys over `defaults` over flat `training` keys. */
  readonly merged: LocatedMap;
}

/** Weight files of another run or program, by what their headers say. */
export interface WeightFilesEntry {
  /** As written. */
  readonly written: string;
  /** False where missing names start anew and unexpected ones are passed over. */
  readonly strict: boolean;
  readonly files: readonly {
    /** Absolute. */
    readonly path: string;
    readonly components: readonly Component[];
  }[];
  /** Absolute path of the tokenizer beside the text encoder; null where there is none. */
  readonly tokenizer: string | null;
  /** Whether their expander was trained with its context. */
  readonly spade: boolean;
}

/** Local files behind the names of a tokenizer and a pretrained model; null where no step needs one. */
export interface TextFilesEntry {
  /** Absolute path of a tokenizer.json. */
  readonly tokenizer: string | null;
  /** Absolute path of a DistilBERT's weights. */
  readonly pretrained: string | null;
}

/** Step whose checkpoint holds a component's weights, by component; an absent component starts anew from the seed. */
export type WeightSources = Readonly<Partial<Record<Component, string>>>;

/** What every step has. */
export interface StepBase {
  readonly name: string;
  /** Place in the file's list, from 0. */
  readonly index: number;
  readonly description: string;
  readonly task: Task;
  /** Everything that the step waits for: what it says (or the step before it), and all steps that its other keys refer to. */
  readonly needs: readonly string[];
  readonly permissions: {
    readonly read: readonly string[];
    readonly write: readonly string[];
    readonly net: readonly string[];
    readonly env: readonly string[];
  };
  readonly retry: {
    readonly attempts: number;
    readonly backoff_seconds: number;
  };
  readonly timeout_seconds: number | null;
  readonly resources: StepResources;
  readonly position: SourcePosition;
}

type Options<S extends v.GenericSchema> = Readonly<
  v.InferOutput<S>
>;
type SharedKey =
  | "name"
  | "description"
  | "task"
  | "needs"
  | "permissions"
  | "retry"
  | "timeout"
  | "resources";
type ResolvedTrainKey =
  | SharedKey
  | "freeze"
  | "unfreeze"
  | "dataset"
  | "init_from"
  | "optimization"
  | "transition_on"
  | "checkpoint";

/** A step that trains. Keys that are not listed here are those of the schema, with the same names. */
export interface TrainStep
  extends StepBase, Omit<Options<typeof TRAIN_STEP>, ResolvedTrainKey> {
  readonly task: "train";
  readonly freeze: readonly Component[];
  readonly unfreeze: readonly Component[];
  /** Derived from the flags, the optimizers and `freeze`. */
  readonly trains: readonly Component[];
  /** Components that the step uses without training them, and those that it lists in `freeze`. */
  readonly frozen: readonly Component[];
  /** Components that the step builds: what it trains and what that training runs through. */
  readonly components: readonly Component[];
  readonly dataset: string;
  /** Per component the step that last trained it; absent = fresh weights. */
  readonly init_from: WeightSources;
  /** Components that start from the files of `model_checkpoint`; absent where none does. */
  readonly from_files?: readonly Component[];
  /** Whether the expander is driven with its SPADE context: this step's flag, or in a flow step that of the step that trained the expander. */
  readonly decode_spade: boolean;
  /** Exactly the optimizers that train something, each with a scheduler. */
  readonly optimization: {
    readonly optimizers: Readonly<
      Partial<Record<OptimizerName, OptimizerEntry>>
    >;
    readonly schedulers: Readonly<
      Partial<Record<OptimizerName, SchedulerEntry>>
    >;
  };
  readonly transition_on: Transition;
  readonly checkpoint: CheckpointOptions;
}

/** When a train step ends. */
export type Transition = EpochTransition | ThresholdTransition;

/** After `n_epochs`. */
export interface EpochTransition {
  readonly mode: "epoch";
}

/** When the mean of a metric's last `window` values is good enough at the end of an epoch, or after `max_epochs`. */
export interface ThresholdTransition {
  readonly mode: "loss_threshold";
  readonly metric: string;
  readonly threshold: number;
  readonly max_epochs: number;
  readonly window: number;
  readonly direction: "below" | "above";
}

/** A step that measures one step's weights on a dataset. */
export interface EvaluateStep
  extends
    StepBase,
    Omit<Options<typeof EVALUATE_STEP>, SharedKey | "dataset" | "spade"> {
  readonly task: "evaluate";
  readonly dataset: string;
  /** As written, else the flag with which the expander was trained. */
  readonly spade: boolean;
  readonly init_from: WeightSources;
}

/** A step that compares two steps' weights on a held-out dataset. */
export interface CompareStep
  extends StepBase, Omit<Options<typeof COMPARE_STEP>, SharedKey | "dataset"> {
  readonly task: "compare";
  readonly dataset: string;
  /** Per arm the flag with which its expander was trained. */
  readonly arms_spade: readonly [boolean, boolean];
  /** Per arm the steps that hold its weights. */
  readonly arms_init_from: readonly [WeightSources, WeightSources];
}

/** A step that draws pictures from captions. */
export interface GenerateStep
  extends StepBase, Omit<Options<typeof GENERATE_STEP>, SharedKey | "from"> {
  readonly task: "generate";
  /** Step in whose folder the weights lie; null where they are those of `model_checkpoint`. */
  readonly from: string | null;
  /** Components that come from the files of `model_checkpoint`; absent where a step holds them. */
  readonly from_files?: readonly Component[];
  readonly init_from: WeightSources;
  /** The flag with which the expander was trained. */
  readonly decode_spade: boolean;
}

/** A step that runs a module of the user's. */
export interface ScriptStep extends StepBase {
  readonly task: "script";
  /** As written, relative to the pipeline file. */
  readonly uses: string;
  /** Absolute. */
  readonly uses_path: string;
  readonly with: Readonly<Record<string, unknown>>;
}

/** One step of a pipeline. */
export type Step =
  | TrainStep
  | EvaluateStep
  | CompareStep
  | GenerateStep
  | ScriptStep;
