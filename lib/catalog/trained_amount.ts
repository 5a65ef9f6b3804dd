// How much a train step trained: what its process reports, its marker keeps, and the summary of a run shows.

/** What a train step has done when it ends, all attempts together; none of it depends on a clock. */
export interface TrainedAmount {
  /** Updates of the weights; null where an older version counted none. */
  readonly updates: number | null;
  /** Batches, those left out included. */
  readonly batches: number;
  /** Batches that were left out because a number was not finite. */
  readonly skipped: number;
  /** Samples of the data that could not be used. */
  readonly corrupt: number;
  /** Pictures, each as often as it was trained on; null where an older version counted none. */
  readonly images: number | null;
  /** The total loss in the first and the last row of metrics; null where no row has one. */
  readonly loss: { readonly first: number; readonly last: number } | null;
  /** Components that the step used without training them. */
  readonly frozen: readonly string[];
}
