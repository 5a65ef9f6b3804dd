// `fluxline schedule export`: timers of the system that run the same ticks through the same history.
import { dirname, join, resolve } from "node:path";
import { writeAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { RefusedError, UsageError } from "../error/failure.ts";
import { PACKAGE_ROOT } from "../plan/plan.ts";
import type { Schedule } from "../schedule/schedule.ts";
import {
  crontabLine,
  isFinerThanMinutes,
  systemdUnits,
  type TimerCommand,
  type TimerFile,
} from "../schedule/timer_files.ts";
import { ownCommand } from "../worker/own_command.ts";
import { requireRunPermissions } from "./process_permission.ts";
import {
  namedSchedules,
  type ScheduleOptions,
  withSchedules,
} from "./schedule_scene.ts";
import type { Terminal } from "./terminal.ts";

/** Options of `schedule export`. */
export interface ScheduleExportOptions extends ScheduleOptions {
  readonly systemd?: true;
  readonly crontab?: true;
  /** Folder of the units, or file of the crontab lines. */
  readonly to: string;
}

/**
 * Writes the timers and lets the schedules begin, so that the first firing finds its tick.
 *
 * @throws {UsageError} where not exactly one kind of timer is asked for
 * @throws {RefusedError} where cron cannot fire often enough
 */
export async function exportSchedules(
  names: readonly string[],
  options: ScheduleExportOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if ((options.systemd === true) === (options.crontab === true)) {
    throw new UsageError(
      "Cannot export schedules: wanted one of --systemd and --crontab",
      { hint: "Give one of the two" },
    );
  }
  await requireRunPermissions("schedule export", "");
  return await withSchedules(options, terminal, async (scene) => {
    const { schedules, history } = scene;
    const nowMs = Date.now();
    const chosen = namedSchedules(schedules, names).filter(({ enabled }) =>
      enabled
    );
    const files = options.systemd === true
      ? chosen.flatMap((one) =>
        systemdUnits(one, commandFor(one, options)).map(({ name, text }) => ({
          name: join(options.to, name),
          text,
        }))
      )
      : [{ name: options.to, text: crontab(chosen, options, nowMs) }];
    await writeFiles(files);
    for (const schedule of chosen) history.look(schedule, nowMs);
    terminal.out(
      options.json === true
        ? JSON.stringify({ files: files.map(({ name }) => name) }, null, 2)
        : [...files.map(({ name }) => name), howToUse(options)].join("\n"),
    );
    return EXIT_CODE.done;
  });
}

async function writeFiles(files: readonly TimerFile[]): Promise<void> {
  for (const { name, text } of files) {
    await makeFolder(dirname(resolve(name)));
    await writeAtomically(name, text);
  }
}

function crontab(
  schedules: readonly Schedule[],
  options: ScheduleExportOptions,
  nowMs: number,
): string {
  const fine = schedules.find((one) => isFinerThanMinutes(one, nowMs));
  if (fine !== undefined) {
    throw new RefusedError(
      `Cannot write schedule "${fine.name}" as a line of a crontab: its times are less than a minute apart, and cron fires once a minute`,
      { hint: "Use --systemd, or the daemon: deno task schedule" },
    );
  }
  return schedules.map((one) => crontabLine(one, commandFor(one, options)))
    .join("");
}

function commandFor(
  schedule: Schedule,
  { runs, file }: ScheduleExportOptions,
): TimerCommand {
  const words = [
    Deno.execPath(),
    ...ownCommand(PACKAGE_ROOT),
    ...["schedule", "tick", schedule.name, "--runs", runs],
    ...file.flatMap((path) => ["--file", path]),
  ];
  return { words, workingFolder: Deno.cwd() };
}

function howToUse({ to, systemd }: ScheduleExportOptions): string {
  return systemd === true
    ? `Then: cp ${to}/fluxline-* ~/.config/systemd/user/ && systemctl --user daemon-reload && systemctl --user enable --now fluxline-NAME.timer`
    : `Then: crontab -l | cat - ${to} | crontab -`;
}
