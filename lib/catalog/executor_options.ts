// Where steps run and what a step needs there: `resources` of a step, and the `executor` section of a file.
import * as v from "valibot";
import {
  closedMap,
  nullable,
  option,
  section,
  someText,
  type ValueSchema,
  wholeNumber,
} from "./option.ts";
import { lengthOfTime } from "./length_of_time.ts";

/** The executors, as in `--executor`. */
export const EXECUTORS = ["local", "slurm"] as const;
/** One of {@linkcode EXECUTORS}. */
export type ExecutorName = typeof EXECUTORS[number];

const AN_AMOUNT = "an amount of memory such as 512M, 16G or 1.5T";
const UNIT_BYTES: Readonly<Record<string, number>> = {
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** An amount of memory as people write it; the units are powers of 1024. */
const amountOfMemory: ValueSchema<string> = v.pipe(
  v.string(AN_AMOUNT),
  v.regex(/^(?=.*[1-9])\d+(\.\d+)?\s*[MGT](i?B)?$/, AN_AMOUNT),
);

/** Bytes of an amount that the schema let through. */
export function memoryBytes(written: string): number {
  const unit = /[MGT]/.exec(written)?.[0] ?? "M";
  return Math.round(Number.parseFloat(written) * (UNIT_BYTES[unit] as number));
}

/** Schema of a step's `resources`. */
export const RESOURCES = closedMap({
  cpus: nullable(wholeNumber({ min: 1 }), "Processor cores that it may use"),
  memory: nullable(
    amountOfMemory,
    "Memory that it may use, such as 512M or 16G; a step that takes more is ended",
  ),
  gpus: nullable(wholeNumber({ min: 0 }), "GPUs that it gets for itself"),
  time: nullable(
    lengthOfTime,
    "Longest time at a stretch; on a cluster the step then saves and goes on in its next job",
  ),
});

/** What a step needs of a machine; null where it says nothing. */
export type StepResources = Readonly<v.InferOutput<typeof RESOURCES>>;

const LOCAL = closedMap({
  cpus: nullable(
    wholeNumber({ min: 1 }),
    "Cores for all steps together; default: those of the machine",
  ),
  memory: nullable(
    amountOfMemory,
    "Memory for all steps together; default: that of the machine",
  ),
  gpus: nullable(
    wholeNumber({ min: 0 }),
    "GPUs for all steps together; default: those that nvidia-smi lists",
  ),
});

const words = v.array(someText());

const SLURM = closedMap({
  partition: nullable(someText(), "Partition; default: that of the cluster"),
  account: nullable(someText(), "Account that is charged"),
  qos: nullable(someText(), "Quality of service"),
  constraint: nullable(someText(), "Features that a node must have"),
  reservation: nullable(someText(), "Reservation to run in"),
  max_running: nullable(
    wholeNumber({ min: 1 }),
    "Most jobs of one array at the same time",
  ),
  save_before: option(
    lengthOfTime,
    "2m",
    "How long before its time is over a job is told to save",
  ),
  setup: option(
    words,
    [],
    "Lines of shell at the start of each job, such as module load cuda",
  ),
  options: option(words, [], "Further options of sbatch, such as --exclusive"),
});

/** Schema of the `executor` section. */
export const EXECUTOR_SECTION = closedMap({
  local: section(LOCAL),
  slurm: section(SLURM),
});

/** The checked `executor` section. */
export type ExecutorSection = Readonly<v.InferOutput<typeof EXECUTOR_SECTION>>;
/** What the runs folder's cluster is asked for with every job. */
export type SlurmOptions = ExecutorSection["slurm"];
/** Limits of this machine for all steps together. */
export type LocalOptions = ExecutorSection["local"];
