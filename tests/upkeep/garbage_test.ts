import assert from "node:assert/strict";
import { join } from "node:path";
import { FileLock } from "../../lib/disk/file_lock.ts";
import { filesOf, harm } from "./damaged_runs.ts";
import { runCli, SCRIPTS } from "../cli/cli_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

function train(runs: string, ...more: string[]) {
  return runCli(["train", SCRIPTS, "--runs", runs, ...more]);
}

Deno.test("gc shows what no run refers to, removes it with --yes alone, and leaves runs and foreign files", async () => {
  await withTemporaryFolder(async (runs) => {
    const act = "training.pipeline.steps.act.with";
    assert.equal((await train(runs)).code, 0);
    assert.equal((await train(runs, "--set", `${act}={"ticks":1}`)).code, 0);
    const store = join(runs, "store");
    await Deno.mkdir(join(store, "notes"));
    await Deno.writeTextFile(join(store, "notes", "mine.txt"), "mine");
    const before = filesOf(runs);
    const shown = await runCli(["gc", "--runs", runs]);
    assert.deepEqual([shown.code, shown.err], [0, ""]);
    assert.match(
      shown.out,
      /\/store\/act-[0-9a-f]{16} .*no run refers to it\n/,
    );
    assert.match(shown.out, /1 entry with .* may go; nothing was changed/);
    assert.deepEqual(filesOf(runs), before);

    const gone = await runCli(["gc", "--runs", runs, "--yes"]);
    assert.match(gone.out, /\nRemoved 1 entry with /);
    const left = filesOf(runs);
    assert.ok(left.includes("store/notes/mine.txt"));
    assert.equal(left.filter((one) => /act-.*complete/.test(one)).length, 1);
    assert.match((await runCli(["gc", "--runs", runs])).out, /referred to by/);
    const verified = await runCli(["verify", "--runs", runs]);
    assert.deepEqual([verified.code, verified.err], [0, ""]);
    assert.match(verified.out, /\n1 run, 3 steps: .*, 0 problems\n$/);
    const again = await train(runs, "--set", `${act}={"ticks":1}`);
    assert.match(again.out, /Nothing left to do/);
  });
});

Deno.test("gc refuses while a run is at work and where a manifest cannot be read; verify ends with 6", async () => {
  await withTemporaryFolder(async (runs) => {
    assert.equal((await train(runs)).code, 0);
    {
      const held = await FileLock.acquire(join(runs, "other.lock"));
      assert.ok(held.ok);
      await using _lock = held.lock;
      const { code, err } = await runCli(["gc", "--runs", runs]);
      assert.equal(code, 5);
      assert.match(
        err,
        /is running "other"\nhint: Wait until the run has ended/,
      );
    }
    await harm(join(runs, "scripts", "manifest.json"), "flipped", 0.5);
    const { code, err } = await runCli(["gc", "--runs", runs, "--yes"]);
    assert.equal(code, 6);
    assert.match(err, /Cannot tell what run "scripts" still needs: /);
    const verified = await runCli(["verify", "--runs", runs]);
    assert.equal(verified.code, 6);
    assert.match(
      verified.err,
      /^error: ".*\/scripts\/manifest\.json": (found|its seal)/,
    );
    const missing = await runCli(["verify", "act1", "--runs", runs]);
    assert.equal(missing.code, 2);
    assert.match(missing.err, /did you mean "act"\?/);
  });
});
