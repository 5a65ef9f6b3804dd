// What a run tells whoever watches it. The watcher may look; nothing it does changes the run.
import type { EngineChoice } from "../engine_setup/engine_choice.ts";
import type { Failure } from "../error/failure.ts";
import type { Plan, PlannedStep } from "../plan/plan.ts";
import type { ProgressUpdate } from "../worker/step_message.ts";
import type { StepSummary } from "./run_summary.ts";
import type { StopSignal } from "./stop_control.ts";

/** Something that a person may want to see while the run goes on. */
export type RunNotice =
  | { readonly kind: "planned"; readonly plan: Plan }
  | {
    readonly kind: "engine";
    readonly engine: EngineChoice;
    /** One clause. */
    readonly reason: string;
  }
  | { readonly kind: "fetching_code" }
  | {
    readonly kind: "waiting_for_run";
    readonly run: string;
    readonly holder: string;
  }
  /** A record of the run that could not be understood was moved aside. */
  | {
    readonly kind: "record_set_aside";
    readonly path: string;
    readonly reason: string;
  }
  | {
    readonly kind: "waiting_for_step";
    readonly step: PlannedStep;
    readonly holder: string;
  }
  | {
    readonly kind: "set_aside";
    readonly step: PlannedStep;
    readonly reason: string;
    readonly folder: string;
  }
  | {
    readonly kind: "step_started";
    readonly step: PlannedStep;
    readonly attempt: number;
  }
  | {
    readonly kind: "step_progress";
    readonly step: PlannedStep;
    readonly update: ProgressUpdate;
  }
  | {
    readonly kind: "step_log";
    readonly step: PlannedStep;
    readonly level: "info" | "warning";
    readonly text: string;
  }
  | {
    readonly kind: "step_picture";
    readonly step: PlannedStep;
    readonly path: string;
  }
  | {
    readonly kind: "step_retry";
    readonly step: PlannedStep;
    readonly failure: Failure;
    readonly attempt: number;
    readonly delayMs: number;
  }
  | {
    readonly kind: "step_ended";
    readonly step: PlannedStep;
    readonly summary: StepSummary;
  }
  /** What became of a step's job on a cluster. */
  | {
    readonly kind: "step_job";
    readonly step: PlannedStep;
    /** One clause. */
    readonly text: string;
  }
  | { readonly kind: "following_jobs"; readonly run: string }
  | { readonly kind: "report_failed"; readonly text: string }
  | { readonly kind: "hook_failed"; readonly text: string }
  | { readonly kind: "stopping"; readonly signal: StopSignal };

/** Receives notices, in order. */
export type RunObserver = (notice: RunNotice) => void;
