// The `output` section: what is logged, sampled and saved how often. None of it changes a result.
import * as v from "valibot";
import {
  closedMap,
  finiteNumber,
  nullable,
  option,
  someText,
  wholeNumber,
} from "./option.ts";
import { PICTURE_SIZE } from "./picture_size.ts";

const A_LEVEL = "DEBUG, INFO, WARNING, ERROR or CRITICAL";
const LOG_LEVELS = /^(debug|info|warning|error|critical)$/i;

/** Schema of the `output` section. */
export const OUTPUT_SECTION = closedMap({
  output_path: nullable(
    someText(),
    "Accepted with a warning; what a run makes lies under --runs",
  ),
  log_interval: option(
    wholeNumber({ min: 1 }),
    10,
    "Batches between two rows of metrics",
  ),
  checkpoint_save_interval: option(
    wholeNumber({ min: 1 }),
    50,
    "Batches between two checkpoints",
  ),
  samples_per_checkpoint: option(
    wholeNumber({ min: 0 }),
    1,
    "Pictures of each caption at a checkpoint; 0 draws no samples at all",
  ),
  no_samples: option(v.boolean(), false, "Draw no samples"),
  test_image_address: option(
    v.array(someText()),
    [],
    "Pictures that are reconstructed as samples",
  ),
  sample_captions: option(
    v.array(someText()),
    ["A sample caption"],
    "Captions that are drawn as samples",
  ),
  sample_sizes: nullable(
    v.array(PICTURE_SIZE),
    "Sides, or width and height, of drawn samples; null takes the data's own size",
  ),
  generate_diagrams: option(v.boolean(), false, "Draw diagrams after the run"),
  log_level: nullable(
    v.pipe(v.string(), v.regex(LOG_LEVELS, A_LEVEL)),
    "Python's words: above INFO a run prints its summary alone, as --quiet does",
  ),
  log_file: nullable(
    someText(),
    "File to which a run's progress and summary are added, beside the terminal",
  ),
});

/** Schema of `checkpoint`, at the top and in a step. */
export const CHECKPOINT_OPTIONS = closedMap({
  interval_batches: nullable(
    wholeNumber({ min: 1 }),
    "Batches between two checkpoints",
  ),
  interval_minutes: nullable(
    finiteNumber({ above: 0 }),
    "Minutes between two checkpoints",
  ),
  max_lost_minutes: nullable(
    finiteNumber({ above: 0 }),
    "Work that a kill may cost: within it checkpoints are left out that would take more than 3 % of the time",
  ),
  keep_last: option(wholeNumber({ min: 1 }), 2, "Newest generations to keep"),
  keep_best: nullable(
    closedMap({
      metric: someText(),
      count: option(wholeNumber({ min: 1 }), 1, "Best generations to keep"),
    }) as v.GenericSchema<{ metric: string; count: number }>,
    "Best generations to keep, by a metric",
  ),
});

/** The `output` section with its defaults filled in. */
export type OutputSection = Readonly<v.InferOutput<typeof OUTPUT_SECTION>>;
/** When a step saves, and what it keeps. At least one interval is set once a pipeline is loaded. */
export type CheckpointOptions = Readonly<
  v.InferOutput<typeof CHECKPOINT_OPTIONS>
>;
