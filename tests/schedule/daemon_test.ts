// The daemon with a real clock: ticks by the second, kills at random, two daemons at once.
import assert from "node:assert/strict";
import { until } from "../cli/cli_process.ts";
import {
  ms,
  ScheduleProject,
  type ShownTick,
  TICK,
} from "./schedule_project.ts";

Deno.test("schedule run starts each tick within its second, and its ticks are the times of the expression", async () => {
  await using project = await ScheduleProject.create(`schedules:
  - name: often
    cron: "*/2 * * * * *"
    pipeline: ${TICK}
    set: ["name=often-{{ tick.epoch }}", "seed={{ tick.number }}"]
    overlap: queue
`);
  const daemon = project.start("run");
  await until(
    async () =>
      (await project.history()).filter(({ state }) => state === "finished")
        .length >= 2,
    "two ticks",
  );
  daemon.kill("SIGTERM");
  const { code } = await daemon.output();
  assert.equal(code, 143);
  const ticks = await project.history();
  const shown = await project.run("history", "--count", "64", "--json");
  assert.deepEqual(JSON.parse(shown.out), ticks.toReversed());
  for (const [index, tick] of ticks.entries()) {
    assert.equal(ms(tick.due) % 2000, 0);
    if (index > 0) assert.equal(ms(tick.due) - ms(ticks[index - 1]!.due), 2000);
  }
  const [first, second] = ticks;
  assert.equal(first!.run, `often-${ms(first!.due) / 1000}`);
  assert.equal(first!.exit_code, 0);
  assert(ms(second!.started) >= ms(first!.finished), "two runs overlap");
});

Deno.test("schedule run: through random kills no tick is lost, run twice or overlaps another, with two daemons", async () => {
  await using project = await ScheduleProject.create(`schedules:
  - name: tough
    cron: "*/2 * * * * *"
    pipeline: ${TICK}
    set: ["name=tough-{{ tick.epoch }}", "seed={{ tick.epoch }}"]
    overlap: queue
    catch_up: all
`);
  const begun = Date.now();
  let daemons = [project.start("run"), project.start("run")];
  const reap = (one: Deno.ChildProcess) => one.output().catch(() => {});
  while (Date.now() - begun < 8000) {
    await new Promise((resolve) =>
      setTimeout(resolve, 600 + Math.random() * 1500)
    );
    if (Math.random() < 0.5) {
      const victim = daemons.shift()!;
      victim.kill("SIGKILL");
      await reap(victim);
      daemons.push(project.start("run"));
    } else await killTick(project);
  }
  for (const daemon of daemons) daemon.kill("SIGKILL");
  await Promise.all(daemons.map(reap));
  // Whatever was under way ends under a daemon that nobody kills; then nothing new is started.
  await project.write(
    (await Deno.readTextFile(project.file)).replace(
      "*/2 * * * * *",
      "0 0 1 1 *",
    ),
  );
  daemons = [project.start("run")];
  await until(
    async () => {
      const ticks = await project.history();
      return ticks.length > 0 &&
        ticks.every(({ state }) => state === "finished" || state === "skipped");
    },
    "the end of every tick",
    120_000,
  );
  daemons[0]!.kill("SIGTERM");
  await reap(daemons[0]!);
  const ticks = await project.history();
  assert(ticks.length >= 2, "nothing was due");
  for (const [index, tick] of ticks.entries()) {
    if (index > 0) assert.equal(ms(tick.due) - ms(ticks[index - 1]!.due), 2000);
    assert.equal(tick.state, "finished", JSON.stringify(tick));
    assert.equal(tick.exit_code, 0, JSON.stringify(tick));
    assert.equal(await timesFinished(project, tick), 1);
  }
  const spans = ticks.map((tick) =>
    [ms(tick.started), ms(tick.finished)] as const
  );
  spans.sort((a, b) => a[0] - b[0]);
  for (const [index, [start]] of spans.entries()) {
    if (index > 0) assert(start >= spans[index - 1]![1], "two runs overlap");
  }
});

/** Kills the process that runs a tick, where one does. */
async function killTick(project: ScheduleProject): Promise<void> {
  const locks = `${project.runs}/.schedules/locks`;
  try {
    for (const { name } of [...Deno.readDirSync(locks)]) {
      if (!name.startsWith("tick-")) continue;
      const { pid } = JSON.parse(await Deno.readTextFile(`${locks}/${name}`));
      Deno.kill(pid, "SIGKILL");
    }
  } catch {
    // Nothing runs at this moment.
  }
}

/** How often the one step of the tick's run came to its end. */
async function timesFinished(
  project: ScheduleProject,
  tick: ShownTick,
): Promise<number> {
  const events = await Deno.readTextFile(
    `${project.runs}/${tick.run}/events.jsonl`,
  );
  return events.split("\n").filter((line) => line.includes('"step_finished"'))
    .length;
}
