// A daemon's schedules while their files are edited.
import assert from "node:assert/strict";
import { loadSchedules } from "../../lib/schedule/load_schedules.ts";
import {
  ScheduleWatch,
  type WatchNotice,
} from "../../lib/schedule/schedule_watch.ts";
import { ScheduleProject, TICK } from "./schedule_project.ts";

function text(cron: string): string {
  return `schedules:\n  - { name: one, cron: ${cron}, pipeline: ${TICK} }\n`;
}

Deno.test("ScheduleWatch.current() takes an edit up, and keeps what was in force where the edit is faulty or the file is gone", async () => {
  await using project = await ScheduleProject.create(text("0 3 * * *"));
  const loaded = await loadSchedules([project.file], Date.now());
  assert.ok(loaded.ok);
  const told: WatchNotice[] = [];
  const watch = await ScheduleWatch.begin(
    [project.file],
    loaded.value,
    (notice) => told.push(notice),
  );
  const crons = async () => (await watch.current()).map(({ cron }) => cron);
  assert.deepEqual(await crons(), ["0 3 * * *"]);
  assert.equal(told.length, 0);
  await project.write(text("30 12 * * *"));
  assert.deepEqual(await crons(), ["30 12 * * *"]);
  await project.write(text("61 * * * *"));
  assert.deepEqual(await crons(), ["30 12 * * *"]);
  await Deno.remove(project.file);
  assert.deepEqual(await crons(), ["30 12 * * *"]);
  // Each edit is told once.
  assert.deepEqual(await crons(), ["30 12 * * *"]);
  const [reloaded, refused, gone, ...others] = told;
  assert.equal(reloaded?.kind, "reloaded");
  assert.ok(refused?.kind === "refused");
  assert.match(refused.diagnostics[0]?.message ?? "", /invalid value .*: 61/);
  assert.ok(gone !== undefined && gone.kind !== "reloaded");
  assert.deepEqual(others, []);
});
