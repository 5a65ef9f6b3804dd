// The train loop told once, as the list of its events in their order. `train_loop.ts` reports each of them; a test compares.
//
//   start                     weights, optimizer and cursor are in place
//   for every unit of work until the transition is reached or a stop is asked for:
//     if the epoch has batches left:
//       read the batch that the cursor names
//         corrupt             samples of the batch that cannot be used, told when they are first met
//       per trainer, a discriminator before its generator: forward, backward, finite check
//         accumulate          gradients kept for an update that further batches belong to
//         update              or: their mean clipped, optimizer, learning rate, average of the weights
//         skip                or: something was not finite, the batch is left out
//       batch                 cursor moved, metrics in their windows, row in the log where one is due
//     else, once per epoch:
//       validation            every `eval_interval_epochs` epochs, on the average of the weights
//       epoch                 transition judged, cursor at the next epoch
//     samples                 pictures, where a checkpoint by batches or the end is due
//     checkpoint              where one is due: by batches, by minutes, asked for, at a stop, at the end
//     one turn of the event loop: a stop message may arrive
//   stop                      a stop was asked for; the same command goes on
//   end                       the transition was reached

import type { TrainCursor } from "./train_progress.ts";

/** Names of the events above, in their order. */
export const TRAIN_EVENTS = [
  "start",
  "corrupt",
  "accumulate",
  "update",
  "skip",
  "batch",
  "validation",
  "epoch",
  "samples",
  "checkpoint",
  "stop",
  "end",
] as const;

/** One of {@linkcode TRAIN_EVENTS}. */
export type TrainEventName = typeof TRAIN_EVENTS[number];

/** What an observer is told. It may look, and may not touch. */
export interface TrainEvent {
  readonly name: TrainEventName;
  /** After the event. */
  readonly cursor: TrainCursor;
  readonly batchesPerEpoch: number;
  /** Values by metric name that belong to the event. */
  readonly metrics: Readonly<Record<string, number>>;
  /** One sentence where there is something to say: what was skipped, what a transition waits for, what was saved. */
  readonly text: string | null;
}

/** Is told of every event, and waited for. */
export type TrainObserver = (event: TrainEvent) => void | Promise<void>;
