// One attempt at one step: permissions, link check, process, timeout, and what its end means.
import { join } from "node:path";
import { EXIT_CODE } from "../error/exit_code.ts";
import { Failure, StepFailure } from "../error/failure.ts";
import { activeDiskTest } from "../disk/disk_test.ts";
import { nameHolder } from "../disk/file_lock.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import type { PlannedStep } from "../plan/plan.ts";
import type { StepRequest } from "../store/step_request.ts";
import {
  type AccessSummary,
  AUDIT_FILE,
  summarizeAudit,
} from "../worker/access_audit.ts";
import type { Confinement } from "../worker/confinement.ts";
import { type GrantedPaths, refuseStrayLinks } from "../worker/link_check.ts";
import {
  permissionFlags,
  type ResolvedPermissions,
  resolvePermissions,
  stepEntry,
} from "../worker/permission_flags.ts";
import { shownPath } from "../worker/permissions.ts";
import { printableText } from "../worker/printable_text.ts";
import type { ReportedFailure } from "../worker/protocol.ts";
import { type StepEnd, StepProcess } from "../worker/spawn.ts";
import { ownVariables } from "../worker/variable_names.ts";
import type { StepResult } from "../worker/step_message.ts";
import {
  type AttemptFolder,
  noteAccess,
  notePermissions,
} from "./attempt_record.ts";
import { watchLimits } from "./attempt_limits.ts";
import type { CheckpointWish } from "./checkpoint_wish.ts";
import type { RunObserver } from "./run_notice.ts";
import type { GraphOf } from "./step_code.ts";
import { LiveEventFile } from "./step_event_file.ts";
import { declaredSecrets, stepSecrets } from "./step_secrets.ts";
import type { StopControl } from "./stop_control.ts";
import type { WaitingSteps } from "./waiting_steps.ts";

/** What all attempts of a run have in common. */
export interface AttemptScene {
  readonly stop: StopControl;
  readonly observe: RunObserver;
  /** How long a step may take to save after it was asked to stop. */
  readonly stopGraceMs: number;
  /** The way out where a process ended without a word; by default its log is named. */
  readonly diedHint?: string;
  /** What the step is held to here; only its own \`timeout\` where it is left out. */
  readonly confinement?: Confinement;
  /** Asks running steps to save and go on. */
  readonly checkpointWish: CheckpointWish;
  /** Reads a module graph; each entry is looked up once per run. */
  readonly graphOf: GraphOf;
  /** The module that the process starts with; that of the task where it is left out. */
  readonly entry?: string;
  /** Processes that were started before their turn; none where it is left out. */
  readonly waiting?: WaitingSteps;
}

/** How an attempt ended. */
export type AttemptOutcome =
  | {
    readonly kind: "done";
    readonly result: StepResult;
    readonly pictures: readonly string[];
    readonly peakMemoryBytes: number | null;
  }
  | { readonly kind: "stopped" }
  | {
    readonly kind: "failed";
    readonly failure: Failure;
    readonly isRetryable: boolean;
  };

/** Runs the step's process to its end. */
export async function runAttempt(
  step: PlannedStep,
  attempt: AttemptFolder,
  scene: AttemptScene,
): Promise<AttemptOutcome> {
  const { request } = step;
  const permissions = await resolvePermissions(
    step.permissions,
    request.packageRoot,
    (entry) => scene.graphOf(entry, request.packageRoot),
  );
  await notePermissions(attempt, permissions);
  await makeShardFolders(request);
  await refuseStrayLinks(step.name, dataGrants(permissions));
  const pictures: string[] = [];
  const events = new LiveEventFile(step, scene.observe);
  const diskTest = activeDiskTest();
  const process = await StepProcess.start({
    ...(diskTest === null ? {} : { diskTest: diskTest.test }),
    ...(scene.confinement === undefined
      ? {}
      : { confinement: scene.confinement }),
    entry: scene.entry ?? stepEntry(request.packageRoot, request.task),
    flags: permissionFlags(permissions, request.folder, request.packageRoot),
    request,
    secrets: stepSecrets(request),
    declaredSecrets: declaredSecrets(permissions.env),
    waiting: await scene.waiting?.take(step) ?? null,
    attemptFolder: attempt.path,
    onText: (text) =>
      scene.observe({ kind: "step_log", step, level: "info", text }),
    onMessage: (message) => {
      switch (message.type) {
        case "ready":
          // The step's process may only read its lock file.
          nameHolder(request.lock, process.pid);
          break;
        case "log":
          scene.observe({
            kind: "step_log",
            step,
            level: message.level,
            text: printableText(message.text),
          });
          break;
        case "progress":
          scene.observe({
            kind: "step_progress",
            step,
            update: message.update,
          });
          break;
        case "picture":
          pictures.push(message.path);
          scene.observe({ kind: "step_picture", step, path: message.path });
          break;
        case "saved":
          events.update();
          break;
        case "disk":
          diskTest?.hear(message.operation);
          break;
      }
    },
  });
  const { end, exceeded } = await follow(process, step, scene);
  await events.settled();
  const access = await sumUpAccess(step, attempt, permissions);
  // A step that failed on a refused read says so itself.
  if (end.kind !== "failed") {
    reportUndeclaredReads(step, access.undeclaredReads, scene);
  }
  reportUndeclaredVariables(step, access.undeclaredVariables, scene);
  if (end.kind === "ended" && end.result.outcome === "done") {
    const { result, peakMemoryBytes } = end;
    return { kind: "done", result, pictures, peakMemoryBytes };
  }
  if (exceeded !== null) {
    return { kind: "failed", failure: exceeded, isRetryable: false };
  }
  return outcomeOf(end, step, attempt, scene);
}

/** A step may write in the folders of its shards, not beside them. */
async function makeShardFolders({ datasets }: StepRequest): Promise<void> {
  for (const dataset of Object.values(datasets)) {
    if (dataset.type !== "webdataset") continue;
    for (const folder of dataset.places.folders) await makeFolder(folder);
  }
}

async function follow(
  process: StepProcess,
  step: PlannedStep,
  scene: AttemptScene,
): Promise<{ readonly end: StepEnd; readonly exceeded: Failure | null }> {
  const { stop, stopGraceMs } = scene;
  const askToStop = () => process.stop(stopGraceMs);
  const kill = () => process.kill();
  stop.asked.addEventListener("abort", askToStop);
  stop.forced.addEventListener("abort", kill);
  if (stop.forced.aborted) kill();
  else if (stop.asked.aborted) askToStop();
  const forgetWish = scene.checkpointWish.listen(() => process.askCheckpoint());
  using limits = watchLimits(process, step, scene.confinement, stopGraceMs);
  try {
    const end = await process.ended;
    return { end, exceeded: limits.failure() };
  } finally {
    forgetWish();
    stop.asked.removeEventListener("abort", askToStop);
    stop.forced.removeEventListener("abort", kill);
  }
}

function outcomeOf(
  end: StepEnd,
  step: PlannedStep,
  attempt: AttemptFolder,
  { stop, diedHint }: AttemptScene,
): AttemptOutcome {
  switch (end.kind) {
    case "ended":
      return { kind: "stopped" };
    case "failed":
      return {
        kind: "failed",
        failure: toFailure(end.failure),
        isRetryable: end.failure.isRetryable,
      };
    case "died": {
      if (stop.asked.aborted) return { kind: "stopped" };
      const how = end.signal === null
        ? `ended without a result, with exit code ${end.code}`
        : `was ended by ${end.signal}`;
      const failure = new StepFailure(`Step "${step.name}" ${how}`, {
        hint: diedHint ??
          `See ${
            shownPath(join(attempt.path, "log.txt"))
          }, then run the same command again: finished work is kept`,
      });
      return { kind: "failed", failure, isRetryable: true };
    }
    default:
      return end satisfies never;
  }
}

function toFailure(reported: ReportedFailure): Failure {
  return new Failure(reported.exitCode, reported.message, {
    ...(reported.hint === null ? {} : { hint: reported.hint }),
    // Only a defect shows its stack; that of a user's task stays in the log.
    ...(reported.exitCode === EXIT_CODE.defect && reported.stack !== null
      ? { cause: reported.stack }
      : {}),
  });
}

/** Keeps the summary beside the audit. */
async function sumUpAccess(
  step: PlannedStep,
  attempt: AttemptFolder,
  permissions: ResolvedPermissions,
): Promise<AccessSummary> {
  const { packageRoot } = step.request;
  const access = await summarizeAudit(join(attempt.path, AUDIT_FILE), {
    read: [
      ...permissions.read,
      join(packageRoot, "lib"),
      join(packageRoot, "mod.ts"),
    ],
    env: permissions.env,
  });
  await noteAccess(attempt, access);
  return access;
}

/** A task finds them unset and may not say so. Libraries ask for many that are not: only those that are set here are told. */
function reportUndeclaredVariables(
  step: PlannedStep,
  names: readonly string[],
  scene: AttemptScene,
): void {
  if (step.task !== "script") return;
  const own = new Set(ownVariables());
  const found = names.filter((name) => own.has(name));
  if (found.length === 0) return;
  scene.observe({
    kind: "step_log",
    step,
    level: "warning",
    text:
      `Found variables unset that are set, since the step does not declare them: permissions: { env: ${
        JSON.stringify(found)
      } }`,
  });
}

function reportUndeclaredReads(
  step: PlannedStep,
  paths: readonly string[],
  scene: AttemptScene,
): void {
  if (paths.length === 0) return;
  const named = paths.slice(0, 3).map((path) => `"${shownPath(path)}"`).join(
    ", ",
  );
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : "";
  scene.observe({
    kind: "step_log",
    step,
    level: "warning",
    text: `Asked to read what the step does not declare: ${named}${more}`,
  });
}

/** The granted places that hold data: code and package files are Deno's own and have no links of users in them. */
function dataGrants({ code, read, write }: ResolvedPermissions): GrantedPaths {
  const codeFiles = new Set(code);
  return { read: read.filter((path) => !codeFiles.has(path)), write };
}
