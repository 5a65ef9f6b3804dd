// Timers of the system for a schedule: systemd units and a crontab line. Both start `schedule tick`, which finds in the history
// what is due; a timer may therefore fire more often than the schedule, but never less.
import { shellWord } from "../worker/shell_word.ts";
import { type CronFields, cronFields } from "./cron_fields.ts";
import type { Schedule } from "./schedule.ts";

/** How a timer starts fluxline. */
export interface TimerCommand {
  /** Program and arguments of `schedule tick`. */
  readonly words: readonly string[];
  /** Absolute. */
  readonly workingFolder: string;
}

/** A file to write. */
export interface TimerFile {
  readonly name: string;
  readonly text: string;
}

const WEEK = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** The service and the timer of a schedule. */
export function systemdUnits(
  schedule: Schedule,
  command: TimerCommand,
): TimerFile[] {
  const { name, cron, time_zone, pipeline } = schedule;
  const service =
    `# Runs what is due of the schedule "${name}". Written by fluxline schedule export.
[Unit]
Description=fluxline schedule ${name} (${pipeline.replaceAll("%", "%%")})

[Service]
Type=oneshot
WorkingDirectory=${command.workingFolder.replaceAll("%", "%%")}
ExecStart=${command.words.map(systemdWord).join(" ")}
# A stop saves a checkpoint; the next start goes on with it.
SuccessExitStatus=130 143
TimeoutStopSec=120
`;
  const timer =
    `# Fires at the times of the schedule "${name}": ${cron} ${time_zone}. Written by fluxline schedule export.
[Unit]
Description=Times of fluxline schedule ${name}

[Timer]
${calendars(schedule).map((calendar) => `OnCalendar=${calendar}`).join("\n")}
# Goes on with what a power cut interrupted.
OnStartupSec=1min
Persistent=true
AccuracySec=1s

[Install]
WantedBy=timers.target
`;
  return [
    { name: `fluxline-${name}.service`, text: service },
    { name: `fluxline-${name}.timer`, text: timer },
  ];
}

/** One line of a crontab, with a comment above it: cron knows neither zones nor what was missed, so it fires each minute. */
export function crontabLine(schedule: Schedule, command: TimerCommand): string {
  const words = command.words.map(shellWord).join(" ");
  const line = `cd ${shellWord(command.workingFolder)} && ${words}`;
  return `# fluxline schedule ${schedule.name}: ${schedule.cron} ${schedule.time_zone}
* * * * * ${line.replaceAll("%", "\\%")} >/dev/null
`;
}

/** Whether the schedule has times that are less than a minute apart, which cron cannot tell apart. */
export function isFinerThanMinutes(schedule: Schedule, nowMs: number): boolean {
  const first = schedule.times.next(nowMs);
  const second = first === null ? null : schedule.times.next(first);
  return first !== null && second !== null && second - first < 60_000;
}

/** Calendar events of systemd.time(7). */
function calendars(schedule: Schedule): string[] {
  const fields = cronFields(schedule.cron);
  // More than systemd can say: each minute, and the history decides.
  if (fields === null) return ["*-*-* *:*:00"];
  const { time_zone } = schedule;
  // The end of an hour that clocks skip is a time of its own.
  const gaps = changesClocks(schedule) ? [`*-*-* *:00/30:00 ${time_zone}`] : [];
  return [...events(fields).map((event) => `${event} ${time_zone}`), ...gaps];
}

function events(fields: CronFields): string[] {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = fields;
  const clock = [hour, minute, second].map(list).join(":");
  const date = (days: readonly number[] | null) =>
    `*-${list(month)}-${list(days)}`;
  const week = (dayOfWeek ?? []).map((day) => WEEK[day]).join(",");
  if (dayOfWeek === null) return [`${date(dayOfMonth)} ${clock}`];
  if (dayOfMonth === null) return [`${week} ${date(null)} ${clock}`];
  // Where both days are named, cron takes either and systemd wants both.
  return [`${date(dayOfMonth)} ${clock}`, `${week} ${date(null)} ${clock}`];
}

function list(values: readonly number[] | null): string {
  return values === null
    ? "*"
    : values.map((value) => String(value).padStart(2, "0")).join(",");
}

function changesClocks({ zone }: Schedule): boolean {
  const year = new Date().getUTCFullYear();
  const offsets = Array.from(
    { length: 12 },
    (_, month) => zone.offsetMs(Date.UTC(year, month, 15)),
  );
  return new Set(offsets).size > 1;
}

function systemdWord(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@/.,:=+-]+$/.test(word) ? escaped : `"${escaped}"`;
}
