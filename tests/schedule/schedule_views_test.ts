// What `schedule list`, `next` and `history` show.
import assert from "node:assert/strict";
import {
  listSchedules,
  nextTimes,
  showHistory,
} from "../../lib/cli/schedule_command.ts";
import type { Terminal } from "../../lib/cli/terminal.ts";
import { ScheduleProject, TICK } from "./schedule_project.ts";

const TEXT = `schedules:
  - { name: early, cron: 30 4 1 1 *, time_zone: Asia/Tokyo, pipeline: ${TICK} }
  - { name: rests, cron: 0 0 * * *, pipeline: ${TICK}, enabled: false }
`;

Deno.test("schedule list, next and history show times on the schedule's clock and in UTC, and what rests", async () => {
  await using project = await ScheduleProject.create(TEXT);
  const options = { runs: project.runs, file: [project.file] };
  let said: string[] = [];
  const out = (text: string) => void said.push(text);
  const terminal: Terminal = {
    ...{ out, err: out, color: false, interactive: false, redraws: false },
    confirm: () => false,
    redrawn: () => assert.fail("nothing is redrawn"),
  };
  const shown = async (act: () => Promise<number>) => {
    said = [];
    assert.equal(await act(), 0);
    return said.join("\n");
  };

  const next = await shown(() =>
    nextTimes([], { ...options, count: 2 }, terminal)
  );
  const years = next.split("\n").slice(1).map((line) =>
    /^early +(\d{4})-01-01 04:30:00 \+09:00 +(\d{4})-12-31T19:30:00\.000Z$/
      .exec(line)?.slice(1).map(Number)
  );
  assert.equal(years.length, 2, next);
  const year = years[0]?.[0] ?? 0;
  const aheadMs = Date.UTC(year - 1, 11, 31, 19, 30) - Date.now();
  assert.ok(aheadMs > -60_000 && aheadMs <= 366 * 86_400_000, next);
  assert.deepEqual(years, [[year, year - 1], [year + 1, year]], next);
  const list = await shown(() => listSchedules([], options, terminal));
  assert.match(list, /early +on .*30 4 1 1 \*.*Asia\/Tokyo/);
  assert.match(list, /rests +off /);
  const history = await shown(() =>
    showHistory("early", { ...options, count: 5 }, terminal)
  );
  assert.equal(history, "no ticks yet");
});
