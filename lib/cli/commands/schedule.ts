// Declares `fluxline schedule` and its subcommands.
import type { Command } from "commander";
import { UsageError } from "../../error/failure.ts";
import {
  collect,
  command,
  type CommandPlace,
  unknownSubcommand,
  wholeNumber,
  withRuns,
} from "./command_options.ts";

const EXAMPLES = `\
  deno task schedule                                   start ticks until Ctrl-C
  deno task schedule list
  deno task schedule next nightly --count 5
  deno task schedule history nightly --json
  deno task schedule run-now nightly
  deno task schedule export --systemd --to units       timers of the system in place of the daemon`;

/** Run pipelines at their times. */
export function addSchedule(place: CommandPlace): void {
  const { program, terminal, finish } = place;
  const schedule = command(program, {
    name: "schedule",
    summary: "Run pipelines at their times: daemon, times, history",
    examples: EXAMPLES,
  });
  addDaemon(schedule, place);
  addViews(schedule, place);
  addTicks(schedule, place);
  addExport(schedule, place);
  for (const name of ["pause", "resume"] as const) {
    const summary = name === "pause"
      ? "Let a schedule rest; its ticks are written down as skipped"
      : "Let a paused schedule go on";
    part(schedule, name, summary).argument("<name>", "the schedule")
      .action(async (named, options) => {
        const { setPaused } = await import("../schedule_command.ts");
        finish(await setPaused(named, name === "pause", options, terminal));
      });
  }
}

function addDaemon(
  schedule: Command,
  { terminal, finish }: CommandPlace,
): void {
  part(
    schedule,
    "run",
    "Start ticks at their times until a signal; also without a subcommand",
    { isDefault: true },
  )
    .argument("[subcommand]")
    .action(async (written, options) => {
      if (written !== undefined) throw unknownSubcommand(written, schedule);
      const { scheduleDaemon } = await import("../schedule_daemon.ts");
      finish(await scheduleDaemon(options, terminal));
    });
}

function addViews(
  schedule: Command,
  { terminal, finish }: CommandPlace,
): void {
  part(schedule, "list", "Show schedules, their next times and last ticks")
    .argument("[names...]", "schedules; all when left out")
    .action(async (names, options) => {
      const { listSchedules } = await import("../schedule_command.ts");
      finish(await listSchedules(names, options, terminal));
    });
  part(schedule, "next", "Show the next times")
    .argument("[names...]", "schedules; all when left out")
    .option("--count <n>", "times of each schedule", wholeNumber, 3)
    .action(async (names, options) => {
      const { nextTimes } = await import("../schedule_command.ts");
      finish(await nextTimes(names, options, terminal));
    });
  part(schedule, "history", "Show what became of the ticks")
    .argument("[name]", "the schedule; all when left out")
    .option("--count <n>", "ticks", wholeNumber, 20)
    .action(async (name, options) => {
      const { showHistory } = await import("../schedule_command.ts");
      finish(await showHistory(name, options, terminal));
    });
}

function addTicks(
  schedule: Command,
  { terminal, finish }: CommandPlace,
): void {
  part(
    schedule,
    "run-now",
    "Run a schedule's pipeline now; it counts as a run of the schedule",
  )
    .argument("<name>", "the schedule")
    .action(async (name, options) => {
      const { runNowCommand } = await import("../schedule_tick.ts");
      finish(await runNowCommand(name, options, terminal));
    });
  part(schedule, "tick", "Run what is due, then end: for timers of the system")
    .argument("<name>", "the schedule")
    .option("--id <number>", "one tick of the history", tickNumber)
    .action(async (name, options) => {
      const { tickCommand } = await import("../schedule_tick.ts");
      finish(await tickCommand(name, options, terminal));
    });
}

function addExport(
  schedule: Command,
  { terminal, finish }: CommandPlace,
): void {
  part(schedule, "export", "Write timers of the system that run the same ticks")
    .argument("[names...]", "schedules; all that are enabled when left out")
    .option("--systemd", "a service and a timer per schedule")
    .option("--crontab", "lines of a crontab")
    .requiredOption("--to <path>", "folder of units, or file of crontab lines")
    .action(async (names, options) => {
      const { exportSchedules } = await import("../schedule_export.ts");
      finish(await exportSchedules(names, options, terminal));
    });
}

function part(
  schedule: Command,
  name: string,
  summary: string,
  options: { readonly isDefault?: boolean } = {},
): Command {
  return withRuns(schedule.command(name, options).description(summary))
    .option(
      "--file <path>",
      "a schedules file or a pipeline with a schedule; may be repeated",
      collect,
      [],
    )
    .option("--json", "print data")
    .option("--no-color", "print without colours");
}

function tickNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new UsageError(`Cannot read --id "${text}": wanted a whole number`);
}
