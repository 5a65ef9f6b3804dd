// A finished step's weights as FluxFlow's files. Typed arrays only: no tensor is made.
import { join, resolve } from "node:path";
import type { Component, StoredArray } from "../blueprint/parameter_spec.ts";
import type { Pipeline } from "../catalog/pipeline.ts";
import type { VerifiedGeneration } from "../checkpoint/generation.ts";
import {
  hasAverage,
  readCurrent,
  readTensors,
} from "../checkpoint/load_checkpoint.ts";
import { TENSOR_FILES } from "../checkpoint/tensor_files.ts";
import { RefusedError, UsageError } from "../error/failure.ts";
import { GatheredFailures } from "../error/several_failures.ts";
import {
  exportMetadata,
  type ExportOrigin,
} from "../exchange/file_metadata.ts";
import { TOKENIZER_FILE } from "../exchange/file_names.ts";
import {
  type ExportedFile,
  writeExchangeFiles,
} from "../exchange/write_files.ts";
import { type PlannedStep, planPipeline } from "../plan/plan.ts";
import { didYouMean } from "../source/suggestion.ts";
import { requireAbsent } from "./new_folder.ts";

/** What to export. */
export interface ExportOptions {
  /** Name of a train step. */
  readonly step: string;
  /** Folder that is made; it must not exist. */
  readonly to: string;
  readonly runsDir: string;
  /** `ema` takes the averages where the step kept some, and the last weights for the rest. */
  readonly weights: "ema" | "raw";
}

/** What was exported. */
export interface StepExport {
  /** Absolute. */
  readonly folder: string;
  readonly origin: ExportOrigin;
  readonly files: readonly ExportedFile[];
  /** Absolute; null where the step has no tokenizer. */
  readonly tokenizer: string | null;
  /** Components of the checkpoint for which there is no file. */
  readonly leftOut: readonly string[];
}

/**
 * Writes the weights of a finished step.
 *
 * @throws {UsageError} where there is no such step, it has no weights, or the folder exists
 * @throws {RefusedError} where the step has not finished
 * @throws {StoredStateError} where its checkpoint does not verify
 */
export async function exportStep(
  pipeline: Pipeline,
  options: ExportOptions,
): Promise<StepExport> {
  const folder = resolve(options.to);
  const gathered = new GatheredFailures();
  await gathered.of(() => requireTrainStep(pipeline, options.step));
  await gathered.of(() => requireAbsent(folder, "export to"));
  gathered.throwAny();
  const { steps } = await planPipeline(pipeline, { runsDir: options.runsDir });
  const planned = steps.find(({ name }) => name === options.step)!;
  requireFinished(planned);
  const verified = await readCurrent(planned.folder);
  const average = options.weights === "ema" && hasAverage(verified);
  const stored = await readTensors(verified, "weights");
  const arrays: Map<string, StoredArray> = average
    ? new Map([...stored, ...await readTensors(verified, "average")])
    : stored;
  const tokenizer = await readTokenizer(planned.folder);
  const origin = originOf(pipeline, planned, { verified, average });
  const files = await writeExchangeFiles(folder, {
    arrays,
    metadata: (_components, added) => exportMetadata(origin, added),
    tokenizer,
  });
  const written = files.flatMap((file): Component[] => [
    ...file.components,
  ]);
  return {
    folder,
    origin,
    files,
    tokenizer: tokenizer === null ? null : join(folder, TOKENIZER_FILE),
    leftOut: verified.state.components.filter((name) =>
      !written.some((component) => component === name)
    ),
  };
}

function originOf(
  pipeline: Pipeline,
  planned: PlannedStep,
  { verified, average }: {
    readonly verified: VerifiedGeneration;
    readonly average: boolean;
  },
): ExportOrigin {
  const { step } = planned;
  const read: string[] = [
    ...[TENSOR_FILES.weights, TENSOR_FILES.frozen],
    ...(average ? [TENSOR_FILES.average] : []),
  ];
  return {
    model: pipeline.model,
    run: pipeline.name,
    step: planned.name,
    key: planned.key,
    globalStep: verified.state.global_step,
    weights: average ? "ema" : "raw",
    spade: step.task === "train" && step.decode_spade,
    source: Object.fromEntries(
      verified.state.files.filter(({ path }) => read.includes(path))
        .map(({ path, sha256 }) => [path, sha256]),
    ),
  };
}

function requireTrainStep(pipeline: Pipeline, name: string): void {
  const trained = pipeline.steps.filter(({ task }) => task === "train");
  const names = trained.map((step) => step.name);
  const hint = trained.length === 0
    ? "No step of this pipeline trains"
    : `Name one of its steps that train: ${names.join(", ")}`;
  const step = pipeline.steps.find((one) => one.name === name);
  if (step === undefined) {
    throw new UsageError(
      `Cannot export: pipeline "${pipeline.file}" has no step "${name}"${
        didYouMean(name, names)
      }`,
      { hint },
    );
  }
  if (step.task === "train") return;
  throw new UsageError(
    `Cannot export step "${name}": it is of task "${step.task}", which has no weights`,
    { hint },
  );
}

function requireFinished({ name, action, reason }: PlannedStep): void {
  if (action === "reuse") return;
  throw new RefusedError(
    `Cannot export step "${name}": it has not finished with these options (${action}: ${reason})`,
    { hint: "Run `train` on the pipeline first; `plan` tells what is left" },
  );
}

async function readTokenizer(folder: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(join(folder, TOKENIZER_FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
