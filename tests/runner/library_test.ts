import assert from "node:assert/strict";
import {
  defineTask,
  type Failure,
  load,
  plan,
  run,
  type RunProgress,
} from "../../mod.ts";
import { ROOT, SCRIPTS } from "../cli/cli_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

Deno.test("load(), plan() and run() do what the command line does", async () => {
  await withTemporaryFolder(async (runsDir) => {
    const pipeline = await load(`${ROOT}/${SCRIPTS}`);
    assert.deepEqual(
      [pipeline.name, pipeline.mode, pipeline.seed, pipeline.steps],
      ["scripts", "pipeline", 7, ["numbers", "total", "act"]],
    );
    const before = await plan(pipeline, { runsDir });
    assert.deepEqual(before.steps.map((step) => step.action), [
      "run",
      "wait",
      "wait",
    ]);
    assert.match(before.text, /Total: 3 steps: 1 to run, 2 waiting/);
    const heard: RunProgress[] = [];
    const first = await run(pipeline, {
      runsDir,
      onProgress: (progress) => heard.push(progress),
    });
    assert.deepEqual([first.outcome, first.exitCode], ["done", 0]);
    assert.equal(first.steps[1]?.summary, "The numbers add up to 286");
    assert.ok(heard.some(({ text }) => text === "the total is 286"));
    assert.ok(heard.some(({ done, total }) => done === 4 && total === 4));
    const again = await run(pipeline, { runsDir });
    assert.equal(again.outcome, "nothing_to_do");
  });
});

Deno.test("run() stops when its signal is aborted, and goes on with the next call", async () => {
  await withTemporaryFolder(async (runsDir) => {
    const set = ["training.pipeline.steps.act.with.ticks=100"];
    const pipeline = await load(`${ROOT}/${SCRIPTS}`, { set });
    const control = new AbortController();
    const stopped = await run(pipeline, {
      runsDir,
      signal: control.signal,
      onProgress: ({ step }) => step === "act" && control.abort(),
    });
    assert.deepEqual([stopped.outcome, stopped.exitCode], ["stopped", 143]);
    assert.deepEqual(stopped.steps.map((step) => step.state), [
      "done",
      "done",
      "stopped",
    ]);
  });
});

Deno.test("load() refuses a bad file with every error in its message", async () => {
  const set = ["training.pipeline.steps.act.tusk=1", "sead=2"];
  await assert.rejects(load(`${ROOT}/${SCRIPTS}`, { set }), (error) => {
    const { exitCode, message } = error as Failure;
    assert.equal(exitCode, 3);
    assert.match(message, /tusk/);
    assert.match(message, /sead/);
    return true;
  });
});

Deno.test("defineTask() answers the task itself", () => {
  const task = () => Promise.resolve();
  assert.equal(defineTask(task), task);
});
