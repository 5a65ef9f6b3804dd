// Several runs that hand their steps to a cluster together: steps of theirs that are alike then share arrays.
import type { SubmitPart, SubmittedStep } from "../slurm/submit_jobs.ts";

/** Checks and submits the steps of all runs at once. */
export type SubmitAll = (
  parts: readonly SubmitPart[],
) => Promise<readonly SubmittedStep[]>;

/** Collects what the runs of a batch submit; the last of them that comes, or leaves, lets it go. */
export class SubmitBatch {
  readonly #awaited: Set<string>;
  readonly #parts: SubmitPart[] = [];
  readonly #submitted = Promise.withResolvers<readonly SubmittedStep[]>();
  #submitAll: SubmitAll | null = null;

  /**
   * @param name what jobs of several runs are called
   * @param runs each submits once, or leaves
   */
  constructor(readonly name: string, runs: readonly string[]) {
    this.#awaited = new Set(runs);
    // Where every run leaves, nobody waits for it.
    this.#submitted.promise.catch(() => {});
  }

  /** Answers the jobs of the run's own steps when all runs have come. */
  async submit(
    run: string,
    parts: readonly SubmitPart[],
    submitAll: SubmitAll,
  ): Promise<readonly SubmittedStep[]> {
    this.#parts.push(...parts);
    this.#submitAll = submitAll;
    this.leave(run);
    const submitted = await this.#submitted.promise;
    return submitted.filter((one) => one.run === run);
  }

  /** Says that the run submits nothing, or nothing more. */
  leave(run: string): void {
    if (!this.#awaited.delete(run) || this.#awaited.size > 0) return;
    const { resolve, reject } = this.#submitted;
    if (this.#submitAll === null) resolve([]);
    else this.#submitAll(this.#parts).then(resolve, reject);
  }
}
