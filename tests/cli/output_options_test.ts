// `output.log_file` and `output.log_level`: where a run's own words go.
import assert from "node:assert/strict";
import { join } from "node:path";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { runCli, trainArgs } from "./cli_process.ts";

Deno.test("train adds its progress and summary to output.log_file, each line with its time", async () => {
  await withTemporaryFolder(async (folder) => {
    const file = join(folder, "logs", "run.log");
    const set = ["--set", `output.log_file=${file}`];
    const args = trainArgs(join(folder, "runs"), {}, ...set);
    assert.equal((await runCli(args)).code, 0);
    const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
    const words = lines.map((line) => {
      assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z/);
      return line.split(" ").slice(1).join(" ");
    });
    assert(words.includes("[2/3] total | the total is 286"));
    assert(words.includes("total: The numbers add up to 286"));
    assert.equal((await runCli(args)).code, 0);
    const again = await Deno.readTextFile(file);
    assert(again.startsWith(lines.join("\n")));
    assert.match(again, /Nothing left to do/);
  });
});

Deno.test("train prints its summary alone with output.log_level WARNING", async () => {
  await withTemporaryFolder(async (runs) => {
    const set = ["--set", "output.log_level=WARNING"];
    const { code, out } = await runCli(trainArgs(runs, {}, ...set));
    assert.equal(code, 0);
    assert(out.startsWith('Run "scripts" is finished'), out);
  });
});

Deno.test("train refuses a log file that cannot be written, before it starts", async () => {
  await withTemporaryFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "taken"), "");
    const set = ["--set", `output.log_file=${folder}/taken/run.log`];
    const { code, err } = await runCli(
      trainArgs(join(folder, "runs"), {}, ...set),
    );
    assert.equal(code, 3);
    assert.match(err, /^error: Cannot write output\.log_file /);
  });
});
