// Samples that cannot be used: skipped, counted and named, and too many of them end the step.
import { StepFailure } from "../error/failure.ts";

/** A sample that is left out. */
export interface CorruptSample {
  /** Name inside the dataset. */
  readonly name: string;
  /** Where it lies, for a message. */
  readonly place: string;
  /** One clause. */
  readonly reason: string;
}

/** A sample turned out to be damaged when its picture was decoded. */
export class CorruptSampleError extends StepFailure {
  override readonly name: string = "CorruptSampleError";
  readonly sample: CorruptSample;

  constructor(sample: CorruptSample, cause?: unknown) {
    super(`Cannot read picture "${sample.place}": ${sample.reason}`, {
      cause,
      hint: HINT,
    });
    this.sample = sample;
  }
}

const HINT =
  "Replace the picture, or leave its sample out of the dataset; `data.max_corrupt_share` says how many may be skipped";

/** How many corrupt samples a dataset may have. */
export interface CorruptLimit {
  /** Largest share of `total`. */
  readonly share: number;
  /** Samples of the dataset, the corrupt ones included. */
  readonly total: number;
}

/** What is known after a batch: earlier corrupt samples and those of the batch, each once. */
export function withCorrupt(
  known: readonly CorruptSample[],
  found: readonly CorruptSample[],
): readonly CorruptSample[] {
  const names = new Set(known.map(({ name }) => name));
  const fresh = found.filter(({ name }) => !names.has(name));
  return fresh.length === 0 ? known : [...known, ...fresh];
}

/** @throws {StepFailure} that names the last one, when there are more than the limit allows. */
export function refuseTooManyCorrupt(
  corrupt: readonly CorruptSample[],
  { share, total }: CorruptLimit,
): void {
  const last = corrupt.at(-1);
  if (last === undefined || corrupt.length <= share * total) return;
  const count = corrupt.length === 1
    ? `1 of ${total} samples is corrupt`
    : `${corrupt.length} of ${total} samples are corrupt`;
  throw new StepFailure(
    `Cannot read picture "${last.place}": ${last.reason}; ${count}, more than the share of ${share} that "data.max_corrupt_share" allows`,
    { hint: HINT },
  );
}
