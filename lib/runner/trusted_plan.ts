// The plan of a run that is about to start, and what it is asked for.
import type { ExecutorName } from "../catalog/executor_options.ts";
import type { Pipeline } from "../catalog/pipeline.ts";
import type { EngineChoice } from "../engine_setup/engine_choice.ts";
import type { EngineWish } from "../engine_setup/engine_wish.ts";
import { RefusedError } from "../error/failure.ts";
import { type Plan, planPipeline } from "../plan/plan.ts";
import type { CheckpointWish } from "./checkpoint_wish.ts";
import { planOnEngine } from "./engine_decision.ts";
import { setAsideDamagedInputs } from "./input_check.ts";
import { isFinished } from "./ready_set.ts";
import { refuseNarrowDisk } from "./disk_room.ts";
import type { RunObserver } from "./run_notice.ts";
import type { StepGate } from "./step_gate.ts";
import type { SubmitBatch } from "./submit_batch.ts";
import type { StopControl } from "./stop_control.ts";

/** How to run a pipeline. */
export interface RunOptions {
  /** Folder of all runs, relative or absolute. */
  readonly runsDir: string;
  /** Where steps run; this machine by default. */
  readonly executor?: ExecutorName;
  /** The one step to run, while other processes may run other ones; all where it is left out. */
  readonly only?: string;
  /** Steps at the same time; 1 by default. */
  readonly jobs?: number;
  /** Lets steps of several runs in; left out for a run alone. */
  readonly gate?: StepGate;
  /** Runs whose steps go to a cluster together; left out for a run alone. */
  readonly batch?: SubmitBatch;
  /** Steps to redo although they are finished. */
  readonly force?: readonly string[];
  /** Steps to redo with everything that needs them. */
  readonly from?: readonly string[];
  /** Left out: the engine that the run recorded, else the embedded one. */
  readonly engine?: EngineWish;
  /** Redo finished steps whose results come from another numeric class. */
  readonly sameEngine?: boolean;
  /** Start although the checkpoints may take more than is free; refused by default. */
  readonly ignoreFreeSpace?: boolean;
  /** Asked before finished work that other runs refer to is moved aside; without it such work is refused. */
  readonly confirm?: (question: string) => boolean;
  readonly observe?: RunObserver;
  /** Stops the run from outside. */
  readonly stop?: StopControl;
  /** Asks running steps to save and go on. */
  readonly checkpointWish?: CheckpointWish;
  /** How long a step may take to save after it was asked to stop; 30 s by default. */
  readonly stopGraceMs?: number;
  /**
   * How long to wait for others who work on the run: another runner (not at all by default), another run that works on a shared
   * step (60 s by default), the run's jobs on a cluster (not at all by default).
   */
  readonly waitMs?: number;
}

/** The plan, after everything finished that is about to be used was hashed: what does not match is moved aside and planned anew. */
export async function planTrusted(
  pipeline: Pipeline,
  options: RunOptions,
  stop: StopControl,
  observe: RunObserver,
): Promise<Plan> {
  const draw = (engine?: EngineChoice) =>
    planPipeline(pipeline, {
      runsDir: options.runsDir,
      force: options.force ?? [],
      from: options.from ?? [],
      sameEngine: options.sameEngine ?? false,
      saveFingerprints: true,
      ...(engine === undefined ? {} : { engine }),
    });
  let plan = await planOnEngine(draw, options, stop.asked, observe);
  refuseShared(plan, options);
  while (await setAsideDamagedInputs(plan, observe)) {
    plan = await draw(plan.engine);
  }
  refuseNarrowDisk(plan, options.ignoreFreeSpace ?? false);
  observe({ kind: "planned", plan });
  return plan;
}

function refuseShared(plan: Plan, options: RunOptions): void {
  for (const { name, sharedWith } of plan.steps) {
    if (sharedWith.length === 0) continue;
    const runs = sharedWith.map((run) => `"${run}"`).join(", ");
    const question =
      `Step "${name}" is also part of run ${runs}: redo it for all of them?`;
    if (options.confirm?.(question) === true) continue;
    throw new RefusedError(
      `Cannot redo step "${name}": run ${runs} refers to the same work`,
      { hint: "Give --yes to redo it for all of them" },
    );
  }
}

/** Whether the manifest tells of this very plan, finished. */
export function isManifestCurrent(plan: Plan): boolean {
  const { manifest, pipeline } = plan;
  if (manifest === null || manifest.digest !== pipeline.digest) return false;
  if (manifest.steps.length !== plan.steps.length) return false;
  const known = new Map(manifest.steps.map((step) => [step.name, step]));
  return plan.steps.every(({ name, key }) => {
    const old = known.get(name);
    return old?.key === key && isFinished(old.state);
  });
}

/** Whether the manifest knows every step of this plan, in whatever state. */
export function hasRecords({ manifest, steps }: Plan): boolean {
  const keys = new Set(manifest?.steps.map(({ key }) => key));
  return steps.every(({ key }) => keys.has(key));
}
