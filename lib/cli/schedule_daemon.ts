// `fluxline schedule run`: the daemon. Each tick runs in a process of its own that outlives it.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { PACKAGE_ROOT } from "../plan/plan.ts";
import { counted } from "../plan/text_table.ts";
import { listenForSignals, StopControl } from "../runner/stop_control.ts";
import { tickName } from "../schedule/overlap.ts";
import {
  type LoopNotice,
  ScheduleLoop,
  type StartedTick,
} from "../schedule/schedule_loop.ts";
import { ScheduleWatch, type WatchNotice } from "../schedule/schedule_watch.ts";
import type { Tick } from "../schedule/tick.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import { ownCommand } from "../worker/own_command.ts";
import { requireRunPermissions } from "./process_permission.ts";
import { type ScheduleOptions, withSchedules } from "./schedule_scene.ts";
import { tickOutcome, tickToJson } from "./schedule_view.ts";
import { failureText } from "./show_failure.ts";
import type { Terminal } from "./terminal.ts";

/** Starts ticks at their times until a signal; then stops what runs, with its state saved, and waits for it. */
export async function scheduleDaemon(
  options: ScheduleOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  await requireRunPermissions("schedule run", "");
  return await withSchedules(options, terminal, async (scene) => {
    const stop = new StopControl();
    using _signals = listenForSignals(stop);
    stop.forced.addEventListener(
      "abort",
      () => Deno.exit(EXIT_CODE.terminated),
    );
    const watch = await ScheduleWatch.begin(
      options.file,
      scene.schedules,
      (notice) => tellWatch(notice, terminal),
    );
    await using loop = new ScheduleLoop({
      history: scene.history,
      paths: scene.paths,
      start: (tick) => startTick(tick, options),
      observe: (notice) => tellLoop(notice, options, terminal),
    });
    if (options.json !== true) {
      terminal.out(
        `${
          counted(scene.schedules.length, "schedule")
        }; Ctrl-C stops what runs and saves it`,
      );
    }
    await loop.run(() => watch.current(), stop.asked);
    return stop.cause === "SIGINT"
      ? EXIT_CODE.interrupted
      : EXIT_CODE.terminated;
  });
}

/** Starts a process that runs the tick. */
export function startTick(tick: Tick, { runs }: ScheduleOptions): StartedTick {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...ownCommand(PACKAGE_ROOT),
      ...["schedule", "tick", tick.schedule],
      ...["--id", String(tick.id), "--runs", runs],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
    env: { NO_COLOR: "1" },
  }).spawn();
  return {
    ended: child.status.then(() => {}),
    stop: () => {
      try {
        child.kill("SIGTERM");
      } catch {
        // It ended in this very moment.
      }
    },
  };
}

function tellLoop(
  notice: LoopNotice,
  options: ScheduleOptions,
  terminal: Terminal,
): void {
  const at = new Date().toISOString();
  if (options.json === true) {
    const what = "tick" in notice
      ? { ...notice, tick: tickToJson(notice.tick) }
      : notice;
    terminal.out(JSON.stringify({ at, ...what }));
    return;
  }
  switch (notice.kind) {
    case "leading":
      terminal.out(`${at} ${notice.schedule}: led by this process`);
      break;
    case "standing_by":
      terminal.out(
        `${at} ${notice.schedule}: another process leads it; this one takes over when that ends`,
      );
      break;
    case "started":
      terminal.out(
        `${at} ${notice.tick.schedule}: ${tickName(notice.tick)} starts`,
      );
      break;
    case "ended": {
      const { schedule, reason } = notice.tick;
      const why = reason === null ? "" : `: ${reason}`;
      terminal.out(
        `${at} ${schedule}: ${tickName(notice.tick)} ${
          tickOutcome(notice.tick)
        }${why}`,
      );
      break;
    }
    default:
      notice satisfies never;
  }
}

function tellWatch(notice: WatchNotice, terminal: Terminal): void {
  const { color } = terminal;
  switch (notice.kind) {
    case "reloaded":
      terminal.err(
        `schedules read again: ${counted(notice.schedules.length, "schedule")}`,
      );
      break;
    case "refused":
      terminal.err(renderDiagnostics(notice.diagnostics, { color }));
      terminal.err("The schedules from before this edit stay in force");
      break;
    case "unreadable":
      terminal.err(failureText(notice.failure, color));
      terminal.err("The schedules from before this edit stay in force");
      break;
    default:
      notice satisfies never;
  }
}
