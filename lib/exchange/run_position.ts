// FluxFlow's training_state.json: where a run of the original stood when it saved.
import { isRecord } from "../json/record.ts";

/** File of the position. */
export const STATE_FILE = "training_state.json";

/** A step of the original's pipeline. */
export interface StepPosition {
  /** From 0. */
  readonly index: number | null;
  readonly name: string | null;
  /** Steps of the pipeline. */
  readonly total: number | null;
}

/** Where the original run stood; null for what the file does not say. Epochs and batches count from 0. */
export interface RunPosition {
  readonly version: string | null;
  readonly timestamp: string | null;
  /** Null for a legacy run, which has no steps. */
  readonly step: StepPosition | null;
  /** Of the step, or of a legacy run. */
  readonly epoch: number | null;
  readonly batch: number | null;
  readonly globalStep: number | null;
  /** Names of the steps that it calls finished. */
  readonly completed: readonly string[];
}

/** Reads the file's text; null where it is no JSON object, as after a crash in the middle of a write. */
export function parseRunPosition(text: string): RunPosition | null {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(state)) return null;
  const pipeline = state.mode === "pipeline" && isRecord(state.pipeline)
    ? state.pipeline
    : null;
  const completed: unknown = pipeline?.steps_completed;
  return {
    version: textOr(state.version),
    timestamp: textOr(state.timestamp),
    step: pipeline === null ? null : {
      index: countOr(pipeline.current_step_index),
      name: textOr(pipeline.current_step_name),
      total: countOr(pipeline.total_steps),
    },
    // Old files have no position inside the step: the run's own stands for it.
    epoch: countOr(pipeline?.current_step_epoch) ?? countOr(state.epoch),
    batch: countOr(pipeline?.current_batch_idx) ?? countOr(state.batch_idx),
    globalStep: countOr(state.global_step),
    completed: Array.isArray(completed)
      ? completed.filter((name) => typeof name === "string")
      : [],
  };
}

/** One sentence without its full stop. */
export function describePosition(position: RunPosition): string {
  const { step, completed } = position;
  const places = [
    step === null ? "a legacy run without steps" : describeStep(step),
    ...counted("epoch", position.epoch),
    ...counted("batch", position.batch),
    ...counted("global step", position.globalStep),
    ...(completed.length === 0
      ? []
      : [`finished steps: ${completed.join(", ")}`]),
  ];
  return `The original run stood at ${places.join(", ")}`;
}

function describeStep({ index, name, total }: StepPosition): string {
  return [
    index === null ? "a step" : `step ${index + 1}`,
    ...(total === null ? [] : [`of ${total}`]),
    ...(name === null ? [] : [JSON.stringify(name)]),
  ].join(" ");
}

function counted(what: string, value: number | null): string[] {
  return value === null ? [] : [`${what} ${value}`];
}

function textOr(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function countOr(value: unknown): number | null {
  return Number.isSafeInteger(value) ? value as number : null;
}
