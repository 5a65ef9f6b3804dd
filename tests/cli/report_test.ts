import assert from "node:assert/strict";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { recordRun } from "../report/recorded_run.ts";
import { runCli, trainArgs } from "./cli_process.ts";

Deno.test("train ends well where the report cannot be written, and `report` writes it later", async () => {
  await withTemporaryFolder(async (runs) => {
    const report = `${runs}/scripts/report.html`;
    await Deno.mkdir(`${report}/in_the_way`, { recursive: true });
    const { code, out, err } = await runCli(trainArgs(runs));
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^warning: Cannot write the report ".*report\.html": /m);
    assert.doesNotMatch(out, /^Report: /m);
    await Deno.remove(report, { recursive: true });
    const written = await runCli(["report", "--runs", runs]);
    assert.deepEqual([written.code, written.err], [0, ""]);
    assert.equal(written.out, `${report}\n`);
    const page = await Deno.readTextFile(report);
    assert.match(page, /The numbers add up to 286/);
    // What the step was permitted and asked for.
    assert.match(page, /asked for: .*read \d+/);
  });
});

Deno.test("report names the runs that there are, and asks for its permission", async () => {
  await withTemporaryFolder(async (runs) => {
    const none = await runCli(["report", "--runs", runs]);
    assert.equal(none.code, 2);
    assert.match(none.err, /Cannot find a run: none has started/);
    await recordRun(runs);
    const near = await runCli(["report", "mad", "--runs", runs]);
    assert.equal(near.code, 2);
    assert.match(
      near.err,
      /Cannot find run "mad" in "[^"]+", did you mean "made"\?/,
    );
    assert.match(near.err, /hint: `fluxline status` shows the runs/);
    const denied = await runCli(["report", "--runs", runs], {
      permissions: ["--no-prompt", "-R"],
    });
    assert.equal(denied.code, 2);
    assert.match(denied.err, /Run `deno task report`, or `deno run -R -W/);
  });
});
