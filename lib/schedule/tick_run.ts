// Runs one tick in this process: the tick's lock, its claim in the history, the run, and how it ended. The lock dies with the
// process, so that others can tell a tick that is running from one whose process is gone.
import { loadRuns, namesOfRuns } from "../config/load_matrix.ts";
import { formatDuration } from "../clock/duration.ts";
import { startTimer } from "../clock/timer.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock/clock.ts";
import { FileLock } from "../disk/file_lock.ts";
import { removeEntry } from "../disk/folder_entries.ts";
import {
  describeHolder,
  holderNow,
  type LockHolder,
} from "../disk/lock_holder.ts";
import { EXIT_CODE } from "../error/exit_code.ts";
import { matrixPaths } from "../matrix/matrix_record.ts";
import { inspectWorkLock, sharingOf } from "../store/shared_folder.ts";
import { runPaths } from "../store/store_layout.ts";
import type { TickHistory } from "./history.ts";
import { tickName } from "./overlap.ts";
import { type SchedulePaths, tickLock } from "./schedule_paths.ts";
import type { Tick } from "./tick.ts";

/** Jobs of runs on a cluster. */
export interface ClusterJobs {
  /** Whether some wait or run. */
  areThere(runs: readonly string[]): Promise<boolean>;
  /** Cancels them and waits for their ends; never throws. Answers why some may go on, or null. */
  cancel(runs: readonly string[]): Promise<string | null>;
}

/** What a tick is run with. */
export interface TickScene {
  readonly history: TickHistory;
  readonly paths: SchedulePaths;
  readonly runsDir: string;
  /** Runs the pipeline and answers the exit code of `train`; never throws. */
  readonly train: (tick: Tick) => Promise<number>;
  /** Makes the run that {@linkcode TickScene.train} has begun save and end. */
  readonly stop: () => void;
  /** Asked for ticks whose steps run on a cluster. */
  readonly jobs: ClusterJobs;
  readonly clock?: Clock;
}

/** How a tick was dealt with. */
export type TickResult =
  | { readonly kind: "ran"; readonly exitCode: number }
  | { readonly kind: "skipped"; readonly reason: string }
  /** It has to wait for another run of its schedule. */
  | { readonly kind: "waiting" }
  /** Another process deals, or has dealt, with it. */
  | { readonly kind: "gone" };

const POLL_MS = 200;
/** Each look at jobs asks the cluster's controller. */
const JOBS_POLL_MS = 3000;
const REPLACE_WAIT_MS = 90_000;

/** Runs the tick unless its overlap policy, or another process, says otherwise. */
export async function runTick(
  id: number,
  scene: TickScene,
): Promise<TickResult> {
  const path = tickLock(scene.paths, id);
  const attempt = await FileLock.tryAcquire(path);
  if (!attempt.ok) return { kind: "gone" };
  await using _lock = attempt.lock;
  const result = await claimAndRun(id, scene);
  // Numbers of ticks are never used again, and whoever opened the file before finds the tick dealt with.
  if (result.kind !== "waiting") await removeEntry(path);
  return result;
}

async function claimAndRun(id: number, scene: TickScene): Promise<TickResult> {
  const { history, clock = SYSTEM_CLOCK } = scene;
  const nowMs = () => clock.now().getTime();
  const deadline = clock.elapsedMs() + REPLACE_WAIT_MS;
  for (;;) {
    const claim = history.claim(id, Deno.pid, nowMs());
    const tick = history.tick(id);
    if (claim.kind === "gone" || tick === null) return { kind: "gone" };
    if (claim.kind === "wait") return { kind: "waiting" };
    if (claim.kind === "skip") {
      return { kind: "skipped", reason: claim.reason };
    }
    if (claim.kind === "start") return await runClaimed(tick, scene);
    if (clock.elapsedMs() > deadline) return { kind: "waiting" };
    for (const running of claim.running) {
      await askToStop(running, tick, scene);
    }
    await clock.sleep(POLL_MS);
  }
}

/** Signals the process of a running tick, once; nothing but the holder of the tick's lock can be its process. */
async function askToStop(
  running: number,
  by: Tick,
  { history, paths }: TickScene,
): Promise<void> {
  if (history.stopReason(running) !== null) return;
  const state = await FileLock.inspect(tickLock(paths, running));
  if (state.kind === "free" || state.holder === null) return;
  history.askToStop(running, `replaced by ${tickName(by)}`);
  signalHolder(state.holder);
}

async function runClaimed(tick: Tick, scene: TickScene): Promise<TickResult> {
  const { history, clock = SYSTEM_CLOCK } = scene;
  const nowMs = () => clock.now().getTime();
  const named = await workOf(tick);
  if (named.name !== null) history.nameRun(tick.id, named.name);
  const busy = await waitForRuns(tick, named, scene);
  if (busy !== null) {
    history.skip(tick.id, busy, nowMs());
    return { kind: "skipped", reason: busy };
  }
  const code = await trainWithin(tick, scene, nowMs());
  const stopReason = await withoutJobs(tick, named, scene);
  const end = endOf(code, stopReason);
  history.end(tick.id, { ...end, nowMs: nowMs() });
  return { kind: "ran", exitCode: end.exitCode };
}

/** Runs the pipeline for as long as the tick may last. */
async function trainWithin(
  tick: Tick,
  { history, stop, train }: TickScene,
  nowMs: number,
): Promise<number> {
  const { max_run_time_ms: limitMs, executor } = tick.work;
  if (limitMs === null) return await train(tick);
  const askToStop = () =>
    history.askToStop(
      tick.id,
      `ran longer than its max_run_time of ${formatDuration(limitMs)}`,
    );
  // Jobs go on while no process of the tick is there.
  const usedMs = executor === "slurm" ? nowMs - (tick.startedMs ?? nowMs) : 0;
  if (usedMs >= limitMs) {
    askToStop();
    return EXIT_CODE.terminated;
  }
  using _timer = startTimer(limitMs - usedMs, () => {
    askToStop();
    stop();
  });
  return await train(tick);
}

/** Why the tick was asked to stop; its jobs, which do not end with this process, are then cancelled. */
async function withoutJobs(
  { id, work }: Tick,
  { runs }: NamedWork,
  { history, jobs }: TickScene,
): Promise<string | null> {
  const reason = history.stopReason(id);
  if (reason === null || work.executor === "local") return reason;
  const trouble = await jobs.cancel(runs);
  return trouble === null ? reason : `${reason}; ${trouble}`;
}

/** A stop that somebody gave a reason for ends the tick; any other stop lets it go on later. */
function endOf(
  code: number,
  stopReason: string | null,
): { state: "finished" | "stopped"; exitCode: number; reason: string | null } {
  const isStop = code === EXIT_CODE.interrupted ||
    code === EXIT_CODE.terminated;
  if (!isStop) return { state: "finished", exitCode: code, reason: null };
  if (stopReason === null) {
    return {
      state: "stopped",
      exitCode: code,
      reason: "stopped by a signal; the next daemon goes on with it",
    };
  }
  const exitCode = stopReason.startsWith("ran longer")
    ? EXIT_CODE.timedOut
    : code;
  return { state: "finished", exitCode, reason: stopReason };
}

/**
 * Runs that a person started count too: looks whether one holds the lock of one of the tick's runs or has jobs on the cluster, and
 * does as the overlap policy says. Answers why the tick is skipped, or null where it may run.
 */
async function waitForRuns(
  tick: Tick,
  named: NamedWork,
  scene: TickScene,
): Promise<string | null> {
  const { name, runs } = named;
  const { runsDir, clock = SYSTEM_CLOCK } = scene;
  const { overlap } = tick.work;
  if (overlap === "allow") return null;
  // A process may hold the locks of several cells; a second signal would not let it save.
  const asked = new Set<number>();
  for (;;) {
    const held = await findHeldRun(named, runsDir);
    if (held === null) {
      if (!await hasOthersJobs(tick, runs, scene)) return null;
      if (overlap === "skip") return `"${name}" has jobs in the queue`;
      if (overlap === "replace") await scene.jobs.cancel(runs);
      await clock.sleep(JOBS_POLL_MS);
      continue;
    }
    const { run, holder } = held;
    // A run that was interrupted may still be on its way out; the tick that goes on waits for it.
    if (overlap === "skip" && tick.attempts <= 1) {
      return `${describeHolder(holder)} is running "${run}"`;
    }
    if (overlap === "replace" && holder !== null && !asked.has(holder.pid)) {
      asked.add(holder.pid);
      signalHolder(holder);
    }
    await clock.sleep(POLL_MS);
  }
}

/** What of the tick's work somebody works on, and who does: the first such run, or the matrix between two of its cells. */
async function findHeldRun(
  { name, runs }: NamedWork,
  runsDir: string,
): Promise<{ run: string; holder: LockHolder | null } | null> {
  const sharing = await sharingOf(runsDir);
  const locks = runs.map((run) => [run, runPaths(runsDir, run).lock] as const);
  // The last look: whoever trains a matrix holds its lock before and behind each cell's.
  if (name !== null) locks.push([name, matrixPaths(runsDir, name).lock]);
  for (const [run, lock] of locks) {
    const state = await inspectWorkLock(lock, sharing);
    if (state.kind !== "free") return { run, holder: state.holder };
  }
  return null;
}

/** Jobs that were there before this tick began are somebody else's. */
async function hasOthersJobs(
  { work, attempts }: Tick,
  runs: readonly string[],
  { jobs }: TickScene,
): Promise<boolean> {
  return work.executor === "slurm" && attempts <= 1 &&
    await jobs.areThere(runs);
}

/** What a tick runs, by name. */
interface NamedWork {
  /** Of the pipeline; null where it cannot be read. */
  readonly name: string | null;
  /** One, or one per cell of the pipeline's matrix. */
  readonly runs: readonly string[];
}

/** Whatever is wrong with the pipeline, `train` tells it; the run that the tick had before is still the tick's. */
async function workOf({ work, run }: Tick): Promise<NamedWork> {
  const before = { name: run, runs: run === null ? [] : [run] };
  try {
    const loaded = await loadRuns(work.pipeline, {
      overrides: work.set,
      checkPaths: false,
    });
    if (!loaded.ok) return before;
    const { value } = loaded;
    const { name } = value.kind === "run" ? value.pipeline : value;
    return { name, runs: namesOfRuns(value) };
  } catch {
    return before;
  }
}

/** A process of another machine cannot be asked: its number may be anybody's here. */
function signalHolder({ host, pid }: LockHolder): void {
  if (host !== holderNow(Deno.pid).host) return;
  try {
    Deno.kill(pid, "SIGTERM");
  } catch {
    // It ended in this very moment.
  }
}
