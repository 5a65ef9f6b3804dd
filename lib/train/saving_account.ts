// What saving costs, measured as a step goes on: it decides whether a save is worth its time, and is told at the end.
import type { Clock } from "../clock/clock.ts";
import { formatDuration } from "../clock/duration.ts";
import {
  type CheckpointCadence,
  isDueByBatches,
  isDueByLoss,
  isDueByMinutes,
  mayBeLeftOut,
} from "./checkpoint_cadence.ts";
import type { TrainCursor } from "./train_progress.ts";

/** The saves of one process. Its clock decides only when something is saved, never what. */
export class SavingAccount {
  readonly #clock: Clock;
  readonly #cadence: CheckpointCadence;
  readonly #startMs: number;
  #savedAtMs: number;
  #lastSaveMs: number | null = null;
  #saves = 0;
  #leftOut = 0;
  #savingMs = 0;
  #longestUnsavedMs = 0;

  constructor(clock: Clock, cadence: CheckpointCadence) {
    this.#clock = clock;
    this.#cadence = cadence;
    this.#startMs = this.#savedAtMs = clock.elapsedMs();
  }

  /** Whether progress at this cursor is to be saved because of the cadence; one that is left out is counted. */
  isDue(cursor: TrainCursor, batchesPerEpoch: number): boolean {
    const sinceLastMs = this.#clock.elapsedMs() - this.#savedAtMs;
    if (isDueByLoss(this.#cadence, sinceLastMs)) return true;
    const byBatches = isDueByBatches(this.#cadence, cursor, batchesPerEpoch);
    if (!byBatches && !isDueByMinutes(this.#cadence, sinceLastMs)) return false;
    const lastSaveMs = this.#lastSaveMs;
    if (!mayBeLeftOut(this.#cadence, { sinceLastMs, lastSaveMs })) return true;
    // One by minutes is only put off: it stays due at every batch.
    if (byBatches) this.#leftOut++;
    return false;
  }

  /** Runs one save and measures it. */
  async measure<T>(save: () => Promise<T>): Promise<T> {
    const beganMs = this.#clock.elapsedMs();
    const result = await save();
    const endedMs = this.#clock.elapsedMs();
    this.#lastSaveMs = endedMs - beganMs;
    this.#savingMs += this.#lastSaveMs;
    this.#saves++;
    this.#longestUnsavedMs = Math.max(
      this.#longestUnsavedMs,
      endedMs - this.#savedAtMs,
    );
    this.#savedAtMs = endedMs;
    return result;
  }

  /** One sentence; null where nothing was saved. */
  describe(): string | null {
    if (this.#saves === 0) return null;
    const wholeMs = this.#clock.elapsedMs() - this.#startMs;
    const share = wholeMs === 0 ? 0 : 100 * this.#savingMs / wholeMs;
    const leftOut = this.#leftOut === 0
      ? ""
      : `, ${this.#leftOut} left out as too dear`;
    return `saving took ${formatDuration(this.#savingMs)} of ${
      formatDuration(wholeMs)
    } (${share.toFixed(1)} %): ${this.#saves} ${
      this.#saves === 1 ? "checkpoint" : "checkpoints"
    }${leftOut}; at most ${
      formatDuration(this.#longestUnsavedMs)
    } of work were unsaved`;
  }
}
