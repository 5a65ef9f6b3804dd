import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  chosenScheduleFiles,
  loadSchedules,
} from "../../lib/schedule/load_schedules.ts";
import { formatPosition } from "../../lib/source/position.ts";

const TICK = fileURLToPath(
  new URL("../fixtures/schedules/tick.yaml", import.meta.url),
);

/** Every message of a schedules file with its line and column, and the hints. */
async function problems(text: string): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "schedules.yaml");
    await Deno.writeTextFile(file, text);
    const loaded = await loadSchedules([file], Date.now());
    assert(!loaded.ok, "the file was accepted");
    return loaded.diagnostics.map(({ position, message, hint }) =>
      `${formatPosition(position)} ${message}${
        hint === undefined ? "" : ` (${hint})`
      }`.replaceAll(`${folder}/`, "")
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("loadSchedules() tells every fault of a file at once, with place and remedy", async () => {
  const found = await problems(`schedules:
  - { name: a, cron: 61 * * * *, pipeline: ${TICK} }
  - { name: b, cron: 0 0 31 2 *, pipeline: ${TICK} }
  - { name: c, cron: 0 0 * * *, time_zone: Europe/Berlni, pipeline: ${TICK} }
  - { name: d, cron: 0 0 * * *, pipeline: none.yaml }
  - { name: e, cron: 0 0 * * *, pipeline: ${TICK}, set: ["seed={{ tick.dat }}"] }
  - { name: f, cron: 0 0 * * *, pipeline: ${TICK}, overlap: skp, jitter: soon }
  - { name: g, cro: 0 0 * * *, pipeline: ${TICK} }
  - { name: d, cron: 1 0 * * *, pipeline: ${TICK} }
  - { name: h, cron: 0 0 * * *, pipeline: ${TICK}, set: [seeed=1] }
  - { name: i, cron: 0 0 * * *, pipeline: ${TICK}, overlap: allow }
  - { name: ../j, cron: 0 0 * * *, pipeline: ${TICK} }
  - { name: k, pipeline: ${TICK} }
  - { name: a, cron: 0 0 * * *, pipeline: ${TICK} }
  - { name: b, cro: 0 0 * * *, pipeline: ${TICK} }
`);
  const expected: readonly RegExp[] = [
    /^schedules.yaml:2:22 Cannot read schedule "a": "61 \* \* \* \*" is no cron expression: invalid value for minute: 61 \(Write minute, hour/,
    /^schedules.yaml:3:22 .*"b": "0 0 31 2 \*" is no cron expression: no day of the calendar ever matches it/,
    /^schedules.yaml:4:44 .*there is no time zone "Europe\/Berlni", did you mean "Europe\/Berlin"\? \(Write a name/,
    /^schedules.yaml:6:\d+ .*"{{ tick.dat }}" stands for nothing, did you mean "tick.date"\? \(Known are tick.date/,
    /^schedules.yaml:7:\d+ .*"overlap" must be one of "skip", "queue", "replace", "allow", found the text "skp", did you mean "skip"\?/,
    /^schedules.yaml:7:\d+ .*"jitter" must be seconds as a number above 0, or a text such as 90s/,
    /^schedules.yaml:13:5 .*"k": the key "cron" is missing/,
    /^schedules.yaml:8:16 .*"g": unknown key "cro", did you mean "cron"\?/,
    /^schedules.yaml:5:43 Cannot use schedule "d": cannot read "none.yaml": there is no such file/,
    /^schedules.yaml:9:13 Cannot use "d" as the name of a schedule: the one at schedules.yaml:5:13 has it already \(Rename one/,
    /^--set#1:1:1 Cannot read the pipeline: unknown key "seeed", did you mean "seed"\?/,
    /^schedules.yaml:10:43 Cannot use schedule "h": its pipeline .* is refused \(Correct the pipeline or the overrides; the next tick sets seeed=1\)/,
    /^schedules.yaml:11:\d+ Cannot use schedule "i": with overlap "allow" two ticks would run "tick" at once/,
    /^schedules.yaml:12:\d+ Cannot use "..\/j" as the name of a schedule: it must start with a letter or a digit/,
    // A name is taken by an entry with other faults too, and an entry with other faults is told that its name is.
    /^schedules.yaml:14:13 Cannot use "a" as the name of a schedule: the one at schedules.yaml:2:13 has it already/,
    /^schedules.yaml:15:13 Cannot use "b" as the name of a schedule: the one at schedules.yaml:3:13 has it already/,
    /^schedules.yaml:15:16 .*"b": unknown key "cro", did you mean "cron"\?/,
  ];
  for (const pattern of expected) {
    assert(
      found.some((one) => pattern.test(one)),
      `${pattern}\n${found.join("\n")}`,
    );
  }
  assert.equal(found.length, expected.length, found.join("\n"));
});

Deno.test("loadSchedules() takes the schedules of a pipeline, which name themselves after it", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "nightly.yaml");
  const text = (await Deno.readTextFile(TICK))
    .replace("../pipelines", join(TICK, "../../pipelines"))
    .replace("name: tick", "name: nightly");
  await Deno.writeTextFile(
    file,
    `${text}schedule:\n  - { cron: 0 0 * * *, time_zone: Asia/Tokyo }\n  - { name: noon, cron: 0 12 * * * }\n`,
  );
  const loaded = await loadSchedules([file], Date.now());
  assert(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(
    loaded.value.map((
      { name, pipeline, time_zone },
    ) => [name, pipeline, time_zone]),
    [["nightly", file, "Asia/Tokyo"], ["noon", file, "UTC"]],
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("chosenScheduleFiles() finds the shipped schedules, which are sound", async () => {
  const loaded = await loadSchedules(await chosenScheduleFiles([]), Date.now());
  assert(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(loaded.value.map(({ name, enabled }) => [name, enabled]), [[
    "weekly-spade",
    true,
  ], ["reference", false]]);
});
