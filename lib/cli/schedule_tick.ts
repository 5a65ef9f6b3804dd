// `fluxline schedule tick|run-now`: run ticks in this process.
import { LONGEST_WAIT_MS } from "../clock/duration.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { Failure, LockedError } from "../error/failure.ts";
import { listenForSignals, StopControl } from "../runner/stop_control.ts";
import { TickHistory } from "../schedule/history.ts";
import { tickName } from "../schedule/overlap.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { ScheduleLoop } from "../schedule/schedule_loop.ts";
import { schedulePaths, tickLog } from "../schedule/schedule_paths.ts";
import type { Tick } from "../schedule/tick.ts";
import {
  type ClusterJobs,
  runTick,
  type TickScene,
} from "../schedule/tick_run.ts";
import { cancelJobs, jobsOfRuns } from "../slurm/run_jobs.ts";
import { LogTerminal } from "./log_terminal.ts";
import { requireRunPermissions } from "./process_permission.ts";
import {
  namedSchedules,
  type ScheduleOptions,
  type ScheduleScene,
  withSchedules,
} from "./schedule_scene.ts";
import { startTick } from "./schedule_daemon.ts";
import { tickTable, tickToJson } from "./schedule_view.ts";
import { showFailure } from "./show_failure.ts";
import type { Terminal } from "./terminal.ts";
import { trainCommand } from "./train_command.ts";

/** A schedule that was never looked at before begins this long ago: its timer fired because something is due. */
const FIRST_LOOK_MS = 60_000;
const POLL_MS = 300;

/** Options of `schedule tick`. */
export interface TickOptions extends ScheduleOptions {
  /** A tick that the daemon has found due: run that one only. */
  readonly id?: number;
}

/** Runs what is due of a schedule, as a timer of the system does, or the one tick that the daemon names. */
export async function tickCommand(
  name: string,
  options: TickOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  await requireRunPermissions("schedule tick", "");
  if (options.id !== undefined) {
    // What the tick runs was fixed when it became due: the files of the schedules are not needed.
    const paths = schedulePaths(options.runs);
    using history = await TickHistory.open(paths.history);
    const scene = { schedules: [], history, paths };
    await runTick(options.id, tickScene(scene, options, null));
    return EXIT_CODE.done;
  }
  return await withSchedules(options, terminal, async (scene) => {
    const [schedule] = namedSchedules(scene.schedules, [name]);
    return schedule === undefined
      ? EXIT_CODE.done
      : await runDue(schedule, scene, options, terminal);
  });
}

async function runDue(
  schedule: Schedule,
  scene: ScheduleScene,
  options: TickOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { history, paths } = scene;
  const stop = new StopControl();
  using _signals = listenForSignals(stop);
  const begunMs = Date.now();
  history.look(schedule, begunMs, begunMs - FIRST_LOOK_MS);
  const ended = new Map<number, Tick>();
  await using loop = new ScheduleLoop({
    history,
    paths,
    start: (tick) => startTick(tick, options),
    observe: (notice) => {
      if (notice.kind === "ended") ended.set(notice.tick.id, notice.tick);
    },
  });
  const isLeader = await loop.runDue(schedule, stop.asked);
  const ticks = [...ended.values()];
  if (options.json === true) {
    terminal.out(JSON.stringify(ticks.map(tickToJson), null, 2));
  } else if (!isLeader) {
    terminal.out(
      `schedule "${schedule.name}": another process starts its ticks`,
    );
  } else if (ticks.length === 0) {
    terminal.out(`schedule "${schedule.name}": nothing is due`);
  } else terminal.out(tickTable(ticks));
  const failed = ticks.find(({ exitCode }) => (exitCode ?? 0) !== 0);
  return (failed?.exitCode ?? EXIT_CODE.done) as ExitCode;
}

/**
 * Runs a schedule's pipeline now. The run counts like any other of the schedule.
 *
 * @throws {LockedError} where a run of the schedule goes on and its policy is to skip
 */
export async function runNowCommand(
  name: string,
  options: ScheduleOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  await requireRunPermissions("schedule run-now", "");
  return await withSchedules(options, terminal, async (scene) => {
    const [schedule] = namedSchedules(scene.schedules, [name]);
    if (schedule === undefined) return EXIT_CODE.done;
    const { history } = scene;
    const { id } = history.addManual(schedule, Date.now());
    const echo = options.json === true ? null : terminal;
    for (;;) {
      const result = await runTick(id, tickScene(scene, options, echo));
      const tick = history.tick(id);
      const isOver = tick?.state === "finished" || tick?.state === "stopped";
      if (tick !== null && (result.kind === "ran" || isOver)) {
        if (options.json === true) {
          terminal.out(JSON.stringify(tickToJson(tick), null, 2));
        }
        return (tick.exitCode ?? EXIT_CODE.done) as ExitCode;
      }
      if (tick?.state === "skipped") throw isBusy(name, tick);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  });
}

function isBusy(name: string, tick: Tick): LockedError {
  return new LockedError(
    `Cannot run schedule "${name}" now: ${tick.reason ?? tickName(tick)}`,
    {
      hint:
        "Wait for it, or write overlap: queue or replace into the schedule; the attempt stands in the history",
    },
  );
}

function tickScene(
  { history, paths }: ScheduleScene,
  options: ScheduleOptions,
  echo: Terminal | null,
): TickScene {
  return {
    history,
    paths,
    runsDir: options.runs,
    stop: () => Deno.kill(Deno.pid, "SIGTERM"),
    jobs: clusterJobs(options.runs),
    train: async (tick) => {
      const { pipeline, set, executor } = tick.work;
      using log = await LogTerminal.open(tickLog(paths, tick), echo);
      try {
        return await trainCommand(pipeline, {
          runs: options.runs,
          ...{ set, executor, force: [], from: [], jobs: 1 },
          ...(executor === "slurm" ? { wait: LONGEST_WAIT_MS } : {}),
        }, log);
      } catch (error) {
        return showFailure(error, log);
      }
    },
  };
}

function clusterJobs(runs: string): ClusterJobs {
  return {
    areThere: async (names) => {
      const jobs = await jobsOfRuns(runs, names);
      return [...jobs.values()].some((own) => own.length > 0);
    },
    cancel: async (names) => {
      // A second signal must not end the process before the jobs are told.
      using _signals = listenForSignals(new StopControl());
      try {
        const { haveEnded } = await cancelJobs(runs, names);
        return haveEnded ? null : "its jobs are still ending";
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return `its jobs may go on: ${error.message}`;
      }
    },
  };
}
