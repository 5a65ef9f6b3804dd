import assert from "node:assert/strict";
import { metricsCommand } from "../../lib/cli/metrics_command.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { recordRun } from "../report/recorded_run.ts";
import { runCli } from "./cli_process.ts";

Deno.test("metrics prints every row as a table, as CSV and as JSON, and names the steps that there are", async () => {
  await withTemporaryFolder(async (runs) => {
    await recordRun(runs, { rows: 3 });
    const metrics = (...more: string[]) =>
      runCli(["metrics", ...more, "--runs", runs]);
    const table = await metrics("on");
    assert.deepEqual([table.code, table.err], [0, ""]);
    assert.match(table.out, /^kind +epoch +batch +global_step +loss/);
    assert.match(table.out, /^train +0 +2 +3 +0\.4333 /m);
    const csv = await metrics("on", "--csv");
    assert.equal(
      csv.out.split("\n")[3],
      "train,0,2,3,0.43333333333333335,0.0001,0.5,0,0.001",
    );
    const json = JSON.parse((await metrics("on", "--json")).out);
    assert.equal(json.length, 3);
    assert.equal(json[2].metrics.loss, 1 / 3 + 0.1);
    const told: string[] = [];
    const print = { out: (text: string) => told.push(text), err: () => {} };
    await metricsCommand(undefined, { runs, csv: true }, {
      ...print,
      color: false,
    });
    const [head = "", ...rows] = told[0]!.split("\n");
    assert.match(head, /^step,kind,epoch,batch,global_step,loss/);
    assert.deepEqual(
      rows.map((row) => row.split(",").slice(0, 2).join()),
      [
        ..."on,train ".repeat(3).trim().split(" "),
        ..."off,train ".repeat(3).trim().split(" "),
      ],
    );
    const wrong = await metrics("onn");
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /Cannot find step "onn" in run "made"/);
    assert.match(wrong.err, /on, off, judge, later/);
  });
});
