import assert from "node:assert/strict";
import { TimeZone } from "../../lib/clock/time_zone.ts";

function zone(name: string): TimeZone {
  const found = TimeZone.named(name);
  assert(found !== null, name);
  return found;
}

function instantOf(name: string, wall: string): string {
  return new Date(zone(name).instantOf(Date.parse(`${wall}Z`))).toISOString();
}

Deno.test("TimeZone.instantOf() takes the first of two equal readings and the end of a gap", () => {
  const cases: readonly [string, string, string][] = [
    ["Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59"],
    ["Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00"],
    ["Europe/Berlin", "2026-03-29T02:45", "2026-03-29T01:00"],
    ["Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00"],
    ["Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"],
    ["Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00"],
    ["America/New_York", "2026-03-08T02:30", "2026-03-08T07:00"],
    ["America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"],
    ["Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"],
    ["Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"],
    ["America/Santiago", "2026-09-06T00:00", "2026-09-06T04:00"],
    ["Asia/Kolkata", "2026-06-01T00:00", "2026-05-31T18:30"],
    ["Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"],
    ["UTC", "2026-01-01T00:00", "2026-01-01T00:00"],
  ];
  for (const [name, wall, utc] of cases) {
    assert.equal(instantOf(name, wall), `${utc}:00.000Z`, `${name} ${wall}`);
  }
});

Deno.test("TimeZone.wallMs() agrees with the runtime's own formatting at random instants", () => {
  let state = 7;
  for (const name of ["Europe/Lisbon", "America/St_Johns", "Asia/Tehran"]) {
    const format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: name,
      dateStyle: "short",
      timeStyle: "medium",
    });
    for (let count = 0; count < 300; count++) {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      const instant = Date.UTC(2020) + (state % 3_000_000) * 60_000;
      const shown = new Date(zone(name).wallMs(instant)).toISOString();
      assert.equal(
        shown.slice(0, 19).replace("T", " "),
        format.format(instant),
        `${name} ${instant}`,
      );
    }
  }
});

Deno.test("TimeZone.named() knows no made-up zone", () => {
  assert.equal(TimeZone.named("Europe/Berlinn"), null);
});
