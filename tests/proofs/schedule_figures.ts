// Prints the measured table of docs/schedules.md: how late ticks start, and a simulated year of looks.
import { FakeClock } from "../../lib/clock/clock.ts";
import { TickHistory } from "../../lib/schedule/history.ts";
import { schedule } from "../schedule/schedule_fixture.ts";
import { ms, ScheduleProject, TICK } from "../schedule/schedule_project.ts";

const RUN_MS = 31_000;

/** Milliseconds from due to the start of the run, over real ticks of a real daemon. */
async function latencies(): Promise<number[]> {
  await using project = await ScheduleProject.create(`schedules:
  - name: often
    cron: "*/3 * * * * *"
    pipeline: ${TICK}
    overlap: queue
`);
  const daemon = project.start("run");
  await new Promise((resolve) => setTimeout(resolve, RUN_MS));
  daemon.kill("SIGTERM");
  await daemon.output();
  return (await project.history()).filter(({ started }) => started !== null)
    .map(({ due, started }) => ms(started) - ms(due)).sort((a, b) => a - b);
}

/** Ticks and seconds of a year of hourly looks in Berlin, all durable. */
async function year(): Promise<{ ticks: number; seconds: number }> {
  const folder = await Deno.makeTempDir();
  using history = await TickHistory.open(`${folder}/history.sqlite`);
  const clock = new FakeClock(new Date("2026-01-01T00:30:00Z"));
  const hourly = schedule({ time_zone: "Europe/Berlin" });
  const start = performance.now();
  const end = Date.parse("2027-01-01T00:30:00Z");
  while (clock.now().getTime() < end) {
    history.look(hourly, clock.now().getTime());
    clock.advance(3_600_000);
  }
  const ticks = history.newest(null, 100_000).length;
  const seconds = (performance.now() - start) / 1000;
  await Deno.remove(folder, { recursive: true });
  return { ticks, seconds };
}

const late = await latencies();
const { ticks, seconds } = await year();
const middle = late[Math.floor(late.length / 2)] ?? NaN;
console.log(`| what | measured |
| ---- | -------- |
| from due to the start of the run, median of ${late.length} ticks | ${middle} ms |
| the latest of them | ${late.at(-1)} ms |
| hourly ticks written down in a simulated year in Berlin | ${ticks} |
| time for them, each durable on its own | ${seconds.toFixed(1)} s |`);
