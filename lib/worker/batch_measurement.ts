// What the process that measures one batch of a train step answers, as the metrics of its result.

/** One batch by the clock. Times are in milliseconds. */
export interface BatchMeasurement {
  /** From the start of the process until model and data are open. */
  readonly open_ms: number;
  /** Of what is done once before the first batch, for `prepared_share` of the data. */
  readonly prepare_ms: number;
  readonly prepared_share: number;
  /** Reading included. */
  readonly batch_ms: number;
  /** Batches of the whole step. */
  readonly batches: number;
  readonly save_ms: number;
  /** Of one whole checkpoint, frozen weights included. */
  readonly checkpoint_bytes: number;
  /** The part of it that all checkpoints of the step share. */
  readonly frozen_bytes: number;
}

const NAMES: readonly (keyof BatchMeasurement)[] = [
  ...["open_ms", "prepare_ms", "prepared_share", "batch_ms"] as const,
  ...["batches", "save_ms", "checkpoint_bytes", "frozen_bytes"] as const,
];

/** The measurement in the metrics of a result; null where one of its values is missing. */
export function batchMeasurementOf(
  metrics: Readonly<Record<string, number>>,
): BatchMeasurement | null {
  return NAMES.every((name) => metrics[name] !== undefined)
    ? metrics as unknown as BatchMeasurement
    : null;
}
