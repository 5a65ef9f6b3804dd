import assert from "node:assert/strict";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { whyCommand } from "../../lib/cli/why_command.ts";
import { runCli, SCRIPTS, trainArgs } from "./cli_process.ts";

Deno.test("why names each changed field with its old and new value and the place of the new one", async () => {
  await withTemporaryFolder(async (runs) => {
    assert.equal((await runCli(trainArgs(runs, { ticks: 1 }))).code, 0);
    const why = (...more: string[]) =>
      runCli(["why", "act", SCRIPTS, "--runs", runs, ...more]);
    const set = ["--set", "training.pipeline.steps.act.with.ticks=2"];
    const changed = await why(...set);
    assert.deepEqual([changed.code, changed.err], [0, ""]);
    assert.equal(
      changed.out,
      "act: run, its work changed\n  with.ticks  1 -> 2  --set #1\n",
    );
    const data = JSON.parse((await why(...set, "--json")).out);
    assert.deepEqual(data.changes, [
      { key: "options.with.ticks", old: 1, new: 2, origin: "--set #1" },
    ]);
    let painted = "";
    const print = { out: (text: string) => painted = text, err: () => {} };
    const options = { runs, set: set.slice(1) };
    await whyCommand("act", SCRIPTS, options, { ...print, color: true });
    assert.ok(
      painted.includes("ticks  \u001b[31m1\u001b[0m -> \u001b[32m2\u001b[0m  "),
    );
    await assert.rejects(
      whyCommand("acts", SCRIPTS, options, { ...print, color: false }),
      { message: /Cannot find step "acts" in .*, did you mean "act"\?/ },
    );
  });
});
