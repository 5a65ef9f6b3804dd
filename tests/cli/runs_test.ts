import assert from "node:assert/strict";
import { join } from "node:path";
import {
  removeRunsCommand,
  renameRunCommand,
} from "../../lib/cli/runs_change_command.ts";
import { compareRunsCommand } from "../../lib/cli/runs_compare_command.ts";
import { listRunsCommand } from "../../lib/cli/runs_list_command.ts";
import { showRunCommand } from "../../lib/cli/runs_show_command.ts";
import type { Print } from "../../lib/cli/plan_command.ts";
import { storeLayout } from "../../lib/store/store_layout.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { writeSyntheticRuns } from "../history/synthetic_runs.ts";
import { recordRun } from "../report/recorded_run.ts";
import { runCli } from "./cli_process.ts";

/** What a command prints. */
async function printed(
  act: (print: Print) => Promise<number>,
): Promise<{ readonly out: string; readonly err: string }> {
  const lines = { out: [] as string[], err: [] as string[] };
  const code = await act({
    out: (text) => lines.out.push(text),
    err: (text) => lines.err.push(text),
    color: false,
  });
  assert.equal(code, 0);
  return { out: lines.out.join("\n"), err: lines.err.join("\n") };
}

Deno.test("runs list shows runs with what they are filtered and sorted by, as text and as data, and tells of a damaged index once", async () => {
  await withTemporaryFolder(async (runs) => {
    writeSyntheticRuns(runs, 5);
    const options = {
      runs,
      where: ["psnr>10.015"],
      sort: ["-psnr"],
      columns: "flow.option_1, seed",
    };
    const text = await printed((print) => listRunsCommand(options, print));
    assert.deepEqual(text.out.split("\n").map((line) => line.split(/ {2,}/)), [
      [
        "run",
        "state",
        "steps",
        "time",
        "updated (UTC)",
        "flow.option_1",
        "seed",
        "psnr",
      ],
      [
        "run-00004",
        "done",
        "3/3",
        "6 min",
        "2026-01-01 00:04",
        "4e-5",
        "4",
        "10.04",
      ],
      [
        "run-00003",
        "done",
        "3/3",
        "6 min",
        "2026-01-01 00:03",
        "3e-5",
        "3",
        "10.03",
      ],
      [
        "run-00002",
        "done",
        "3/3",
        "6 min",
        "2026-01-01 00:02",
        "2e-5",
        "2",
        "10.02",
      ],
    ]);
    await Deno.writeTextFile(storeLayout(runs).runIndex, "damaged ".repeat(99));
    const json = await printed((print) =>
      listRunsCommand({ ...options, json: true }, print)
    );
    assert.match(
      json.err,
      /^note: the index of runs was not usable .*read again$/,
    );
    const [first] = JSON.parse(json.out);
    assert.deepEqual(first.values, {
      "flow.option_1": 4e-5,
      seed: 4,
      psnr: 10.04,
    });
    const again = await printed((print) => listRunsCommand(options, print));
    assert.deepEqual(again, text);
    const none = await printed((print) =>
      listRunsCommand({ ...options, where: ["psnr>99"] }, print)
    );
    assert.equal(none.out, "None of 5 runs meets the conditions");
  });
});

Deno.test("runs show and runs compare print steps, metrics, written options and both curves", async () => {
  await withTemporaryFolder(async (runs) => {
    await recordRun(runs, { run: "first" });
    await recordRun(runs, { run: "second", shift: 1 });
    const shown = await printed((print) =>
      showRunCommand("first", { runs }, print)
    );
    assert.match(shown.out, /^Run first\n {2}state +stopped\n/);
    assert.match(shown.out, /\n {2}on +train +done +1\.2 s +loss 0\.2\n/);
    assert.match(shown.out, /\n {2}seed +7 +pipelines\/made\.yaml:1:7\n/);
    assert.doesNotMatch(shown.out, /batch_size/);
    const html = join(runs, "compared.html");
    const compared = await printed((print) =>
      compareRunsCommand(["first", "second"], { runs, html }, print)
    );
    assert.match(compared.out, /\non\.loss +0\.2 +1\.2 +\+1 +A is better\n/);
    assert.match(compared.out, /\non\.loss by updates\n {3}2\.1 \|B\n/);
    assert.match(compared.out, /\nThe same work in both: off, judge, later\n/);
    assert.match(await Deno.readTextFile(html), /<svg class="chart"/);
  });
});

Deno.test("runs rename and runs rm say what became of the run and of its work", async () => {
  await withTemporaryFolder(async (runs) => {
    await recordRun(runs, { run: "first" });
    const renamed = await printed((print) =>
      renameRunCommand("first", "other", { runs }, print)
    );
    assert.match(renamed.out, /^Run first is now other;/);
    const page = await Deno.readTextFile(join(runs, "other", "report.html"));
    assert.match(page, /<title>Run other<\/title>/);
    const removed = await printed((print) =>
      removeRunsCommand(["other"], { runs }, print)
    );
    assert.match(
      removed.out,
      /^Removed run other\n {2}The store keeps 3 steps that no other run refers to \([\d.]+ kB\); `gc --yes` removes them:\n/,
    );
  });
});

Deno.test("runs needs to read alone, keeps no index then, and names the commands that change something", async () => {
  await withTemporaryFolder(async (runs) => {
    writeSyntheticRuns(runs, 2);
    const permissions = ["--no-prompt", "--allow-read"];
    const listed = await runCli(
      ["runs", "--runs", runs, "--where", "psnrr>1"],
      {
        permissions,
      },
    );
    assert.deepEqual([listed.code, listed.out], [2, ""]);
    assert.match(listed.err, /did you mean "psnr"\?\nhint: Name one of name, /);
    const removing = await runCli(["runs", "rm", "run-00000", "--runs", runs], {
      permissions,
    });
    assert.equal(removing.code, 2);
    assert.match(removing.err, /may not write beside/);
    assert.deepEqual(
      [...Deno.readDirSync(runs)].filter(({ name }) => name.startsWith(".")),
      [],
    );
  });
});
