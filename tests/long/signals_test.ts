// Some of the phases that `deno task test:signals` stops a run in.
import assert from "node:assert/strict";
import {
  goOn,
  openPhases,
  PHASES,
  STOP_SIGNALS,
  stopIn,
} from "./signal_phases.ts";

/** A batch, a save and the end of the process, on a machine that does much else. */
const LONGEST_LEAVE_MS = 10_000;

Deno.test("SIGTERM and SIGINT end a run in evaluation and in a save, with nothing left running and nothing lost", async () => {
  await using project = await openPhases(false);
  const calm = await goOn(project, "calm");
  for (
    const [name, signal] of [
      ["evaluation", "SIGINT"],
      ["checkpoint writing", "SIGTERM"],
    ] as const
  ) {
    const phase = PHASES.find((one) => one.name === name)!;
    const leaving = await stopIn(project, name.slice(0, 4), phase, signal);
    assert.equal(leaving.exitCode, STOP_SIGNALS[signal], leaving.printed);
    assert.deepEqual(leaving.left, [], name);
    assert.ok(leaving.ms < LONGEST_LEAVE_MS, `${name}: ${leaving.ms} ms`);
    assert.deepEqual(await goOn(project, name.slice(0, 4)), calm, name);
  }
});
