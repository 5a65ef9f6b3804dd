import assert from "node:assert/strict";
import { followStatus } from "../../lib/cli/status_follow.ts";
import type { Terminal } from "../../lib/cli/terminal.ts";
import { FileLock } from "../../lib/disk/file_lock.ts";
import {
  readRunManifest,
  writeRunManifest,
} from "../../lib/store/run_record.ts";
import { readRunStatus } from "../../lib/store/run_status.ts";
import { runPaths, stepPaths } from "../../lib/store/store_layout.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { recordRun, withStateOfOn } from "../report/recorded_run.ts";
import { finish, SCRIPTS, startCli, trainArgs, until } from "./cli_process.ts";

/** A terminal that is none, and what was printed on it. */
function printer(): { readonly terminal: Terminal; readonly lines: string[] } {
  const lines: string[] = [];
  const terminal: Terminal = {
    ...{ color: false, interactive: false, redraws: false },
    out: (text) => lines.push(...text.split("\n")),
    err: (text) => lines.push(text),
    redrawn: () => {
      throw new Error("there is no terminal");
    },
    confirm: () => false,
  };
  return { terminal, lines };
}

Deno.test("status -f prints what changes of a run, with the newest metrics of a running step, and ends when nobody works on it", async () => {
  await withTemporaryFolder(async (runs) => {
    const run = await recordRun(runs);
    const { folder } = (await readRunStatus(runs, run))!.steps[0]!;
    await Deno.remove(stepPaths(folder).marker);
    const manifest = (await readRunManifest(runs, run))!;
    await writeRunManifest(runs, withStateOfOn(manifest, "running"));
    const lock = await FileLock.acquire(runPaths(runs, run).lock);
    const step = await FileLock.acquire(stepPaths(folder).lock);
    assert.ok(lock.ok && step.ok);
    const { terminal, lines } = printer();
    const following = followStatus(
      [run],
      { runs, json: false },
      terminal,
    );
    await until(() => lines.length > 3, "the first look");
    assert.match(
      lines[0]!,
      /^Run made of pipelines\/made\.yaml: running: process /,
    );
    assert.match(lines[1]!, /^ {2}step/);
    assert.match(
      lines[2]!,
      /^ {2}on +train +running +update 60, loss 0\.1167, kl_beta 0\.0001/,
    );
    const before = lines.length;
    await Deno.writeTextFile(
      stepPaths(folder).metrics,
      '{"kind":"train","epoch":3,"batch":0,"global_step":61,"metrics":{"loss":0.5}}\n{"torn',
      { append: true },
    );
    await until(() => lines.length > before, "the next row");
    assert.match(
      lines.slice(before).join("\n"),
      /^ {2}on +train +running +update 61, loss 0\.5; /,
    );
    await step.lock[Symbol.asyncDispose]();
    await lock.lock[Symbol.asyncDispose]();
    // One step never began: the run is not done.
    assert.equal(await following, 4);
    assert.match(
      lines.join("\n"),
      /Run made of pipelines\/made\.yaml: not running\n {2}on +train +stopped/,
    );
    await assert.rejects(
      followStatus(["a.yaml", "b.yaml"], { runs, json: false }, terminal),
      { name: "UsageError", message: "Cannot follow 2 pipelines at once" },
    );
  });
});

Deno.test("status -f --json follows a real run to its end, with 0 where every step is done", async () => {
  await withTemporaryFolder(async (runs) => {
    const training = startCli(trainArgs(runs, { ticks: 20 }));
    await until(async () => {
      try {
        return (await readRunManifest(runs, "scripts")) !== null;
      } catch {
        return false;
      }
    }, "the run starts");
    const { terminal, lines } = printer();
    const code = await followStatus([SCRIPTS], { runs, json: true }, terminal);
    assert.equal((await finish(training)).code, 0);
    assert.equal(code, 0);
    const looks = lines.map((line) => JSON.parse(line));
    assert.equal(looks[0].running, true);
    assert.equal(looks.at(-1).running, false);
    assert.ok(
      looks.at(-1).steps.every(({ state }: { state: string }) =>
        state === "done"
      ),
    );
  });
});
