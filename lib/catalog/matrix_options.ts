// The schema of `matrix`: one pipeline as many runs, one per cell.
import * as v from "valibot";
import {
  closedMap,
  finiteNumber,
  nullable,
  option,
  someText,
  wholeNumber,
} from "./option.ts";

/** Highest seed: seeds are 32-bit words. */
export const HIGHEST_SEED = 0xffff_ffff;
/** Most cells of a matrix: each is a run with a folder of its own. */
export const MOST_CELLS = 2000;

/** How the values of a range are spaced. */
export const SCALES = ["linear", "log"] as const;

/** An axis in its long form: the option it sets, and a list or a range of values. */
export const MATRIX_AXIS = closedMap({
  path: nullable(
    v.union([someText(), v.array(someText())]) as v.GenericSchema<
      string | string[],
      string | string[]
    >,
    "The option, or options, that the axis sets, as --set names them; default: the name of the axis",
  ),
  values: nullable(
    v.array(v.any()),
    "The values; { name: short, value: ... } gives one a name of its own",
  ),
  from: nullable(finiteNumber(), "First value of a range"),
  to: nullable(finiteNumber(), "Last value of a range"),
  step: nullable(finiteNumber({ above: 0 }), "Distance of its values"),
  count: nullable(
    wholeNumber({ min: 2, max: MOST_CELLS }),
    "Number of its values; instead of step",
  ),
  scale: option(
    v.picklist(SCALES),
    "linear",
    "linear: equal differences; log: equal ratios",
  ),
});

/** Search instead of every combination. */
export const MATRIX_SEARCH = closedMap({
  type: v.pipe(
    v.picklist(["random", "halving"]),
    v.description(
      "random: as many cells as the budget; halving: many short runs, of which the best go on to longer ones",
    ),
  ),
  budget: v.pipe(
    wholeNumber({ min: 1, max: MOST_CELLS }),
    v.description("Most cells that are run, seeds counted once"),
  ),
  seed: option(
    wholeNumber({ min: 0, max: HIGHEST_SEED }),
    0,
    "Seed of the draws",
  ),
  resource: nullable(
    someText(),
    "halving: the option that says how long a run trains, such as an n_epochs",
  ),
  from: nullable(
    wholeNumber({ min: 1 }),
    "halving: its value in the first round",
  ),
  to: nullable(wholeNumber({ min: 1 }), "halving: its value in the last round"),
  keep_one_in: option(
    wholeNumber({ min: 2 }),
    3,
    "halving: the best of so many go on, with so many times the resource",
  ),
});

const entry = v.record(v.string(), v.any());

/** Schema of the `matrix` section. */
export const MATRIX_SECTION = closedMap({
  axes: option(
    v.record(v.string(), v.any()),
    {},
    "By option path, as --set names it: a list of values, or a map with a range or a path",
  ),
  seeds: nullable(
    v.union([
      wholeNumber({ min: 1, max: MOST_CELLS }),
      v.array(wholeNumber({ min: 0, max: HIGHEST_SEED })),
    ]) as v.GenericSchema<number | number[], number | number[]>,
    "Each combination once per seed: how many, counted from the pipeline's seed, or a list",
  ),
  include: option(
    v.array(entry),
    [],
    "Cells beside the combinations, each a map of axes or option paths to values",
  ),
  exclude: option(
    v.array(entry),
    [],
    "Combinations left out, each a map of axes to values; one fits every cell that has its values",
  ),
  metric: nullable(
    someText(),
    "What cells are ranked by, STEP.METRIC; default: the last step that measures something",
  ),
  direction: nullable(
    v.picklist(["lower", "higher"]),
    "Which way the metric is better; default: as the vocabulary of metrics says",
  ),
  search: nullable(
    MATRIX_SEARCH as v.GenericSchema<
      v.InferInput<typeof MATRIX_SEARCH>,
      v.InferOutput<typeof MATRIX_SEARCH>
    > as never,
    "Draw cells from the axes instead of running every combination",
  ) as v.GenericSchema<unknown, v.InferOutput<typeof MATRIX_SEARCH> | null>,
});
