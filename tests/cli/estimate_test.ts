import assert from "node:assert/strict";
import { planCommand } from "../../lib/cli/plan_command.ts";
import { verifyCommand } from "../../lib/cli/verify_command.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { runCli, SCRIPTS, trainArgs } from "./cli_process.ts";

Deno.test("a run keeps what its steps were expected to take; plan tells it before, summary and report hold it against the truth", async () => {
  await withTemporaryFolder(async (runs) => {
    const first = await runCli(trainArgs(runs, { ticks: 1 }));
    assert.equal(first.code, 0, first.err);
    assert.doesNotMatch(first.out, /taken, estimated/);
    const printed: string[] = [];
    const print = {
      out: (text: string) => printed.push(text),
      err: (text: string) => printed.push(text),
      color: false,
    };
    const set = ["training.pipeline.steps.act.with.ticks=2"];
    const none = { force: [], from: [], json: false };
    await planCommand([SCRIPTS], { runs, set, ...none }, print);
    assert.match(
      printed.join("\n"),
      /act +\S+ m?s to .* similar: 1 step of its name, otherwise set/,
    );
    const second = await runCli(trainArgs(runs, { ticks: 2 }));
    assert.equal(second.code, 0, second.err);
    assert.match(second.out, /\nact +.*(within|more than|less than) .* to /);
    const kept = JSON.parse(
      await Deno.readTextFile(`${runs}/scripts/estimate.json`),
    );
    assert.deepEqual(Object.keys(kept.steps), ["act"]);
    assert.ok(kept.steps.act.memoryBytes.low > 1e6);
    const page = await Deno.readTextFile(`${runs}/scripts/report.html`);
    assert.match(page, /<h2>Estimate and truth<\/h2>/);
    assert.equal(await verifyCommand(undefined, { runs }, print), 0);
    await Deno.writeTextFile(`${runs}/scripts/estimate.json`, "{");
    assert.equal(await verifyCommand(undefined, { runs }, print), 6);
    // Nothing is decided by it.
    assert.equal((await runCli(trainArgs(runs, { ticks: 3 }))).code, 0);
  });
});
