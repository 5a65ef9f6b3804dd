// Keeps the run's manifest and events up to date while the run goes on. The caller holds the run's lock.
import { FLUXLINE_VERSION } from "../exchange/file_metadata.ts";
import type { RunObserver } from "./run_notice.ts";
import type { Plan } from "../plan/plan.ts";
import { listValues } from "../plan/resolved_node.ts";
import { resolvedValues } from "../plan/resolved_values.ts";
import { writeResolvedRecord } from "../store/resolved_record.ts";
import {
  appendEvent,
  type RunEvent,
  type StepState,
  writeRunManifest,
} from "../store/run_record.ts";

/** How often the manifest is written over a run's steps: writing thousands of them at each of their changes is a square. */
const MANIFESTS_PER_RUN = 200;

/** The written side of one run. */
export class RunJournal {
  readonly #plan: Plan;
  readonly #createdAt: string;
  readonly #states: Map<string, StepState>;
  /** Changes of steps from one manifest to the next; the events tell what a killed run's manifest does not. */
  readonly #changesPerManifest: number;
  #changes = 0;
  // Steps end at the same time under --jobs; their records must not overtake each other.
  #last: Promise<void> = Promise.resolve();

  constructor(
    plan: Plan,
    states: ReadonlyMap<string, StepState>,
  ) {
    this.#plan = plan;
    this.#createdAt = plan.manifest?.createdAt ?? new Date().toISOString();
    this.#states = new Map(states);
    this.#changesPerManifest = Math.ceil(
      2 * plan.steps.length / MANIFESTS_PER_RUN,
    );
  }

  /** Writes the manifest with a step's new state, if one is given and enough have gathered, and then the event. */
  async record(
    event: Omit<RunEvent, "at">,
    change?: { readonly step: string; readonly state: StepState },
  ): Promise<void> {
    const at = new Date().toISOString();
    if (change !== undefined) this.#states.set(change.step, change.state);
    const isManifestDue = event.kind.startsWith("run_") ||
      event.kind === "step_failed" ||
      (change !== undefined &&
        this.#changes++ % this.#changesPerManifest === 0);
    this.#last = this.#last.catch(() => {}).then(async () => {
      if (isManifestDue) await this.#writeManifest(at);
      if (event.kind === "run_started") await this.#writeResolved();
      await appendEvent(this.#plan.runsDir, this.#plan.run, { at, ...event });
    });
    await this.#last;
  }

  /** An observer that also keeps what belongs to the history of the run: retries, and what was moved aside. */
  follow(observe: RunObserver): RunObserver {
    return (notice) => {
      observe(notice);
      if (notice.kind === "step_retry") {
        const { name: step, key } = notice.step;
        const text =
          `attempt ${notice.attempt} failed: ${notice.failure.message}`;
        this.#keep({ kind: "step_retried", step, key, text });
      } else if (notice.kind === "set_aside") {
        const { name: step, key } = notice.step;
        const text = `${notice.reason}; kept in ${notice.folder}`;
        this.#keep({ kind: "step_set_aside", step, key, text });
      }
    };
  }

  /** A disk that refuses this line will refuse the next record, which is waited for. */
  #keep(event: Omit<RunEvent, "at">): void {
    this.record(event).catch(() => {});
  }

  async #writeManifest(at: string): Promise<void> {
    const { pipeline } = this.#plan;
    await writeRunManifest(this.#plan.runsDir, {
      run: this.#plan.run,
      pipeline: pipeline.file,
      digest: pipeline.digest,
      mode: pipeline.mode,
      seed: pipeline.seed,
      engine: this.#plan.engine.name,
      engineChoice: this.#plan.engine,
      versions: {
        fluxline: FLUXLINE_VERSION,
        deno: Deno.version.deno,
        v8: Deno.version.v8,
      },
      createdAt: this.#createdAt,
      updatedAt: at,
      steps: this.#plan.steps.map((step) => ({
        name: step.name,
        task: step.task,
        key: step.key,
        state: this.#states.get(step.name) ?? "waiting",
        needs: step.needs,
        action: step.action,
      })),
    });
  }

  async #writeResolved(): Promise<void> {
    const { runsDir, run, pipeline } = this.#plan;
    const values = listValues(resolvedValues(pipeline));
    await writeResolvedRecord(runsDir, run, values);
  }
}
