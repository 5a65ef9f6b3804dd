import assert from "node:assert/strict";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { runCli, steady, trainArgs } from "./cli_process.ts";

const FIRST =
  `Run "scripts" of tests/fixtures/pipelines/scripts.yaml: 3 of 3 steps to do
Fetching the code of the steps
[1/3] numbers: started
[1/3] numbers | numbers are on their way
[1/3] numbers | half a line
[1/3] numbers: count 1/4
[1/3] numbers: count 4/4, TIME each
[1/3] numbers: done in TIME
[2/3] total: started
[2/3] total | the total is 286
[2/3] total: done in TIME
[3/3] act: started
[3/3] act: done in TIME
Run "scripts" is finished after TIME

step  action  epochs  metrics  time  folder
numbers  run  -  count 4  TIME  RUNS/store/numbers-KEY
total  run  -  total 286  TIME  RUNS/store/total-KEY
act  run  -  -  TIME  RUNS/store/act-KEY

total: The numbers add up to 286

Report: RUNS/scripts/report.html
`;

const AGAIN = `Nothing left to do: all 3 steps of run "scripts" are finished

step  action  epochs  metrics  time  folder
numbers  reuse  -  count 4  TIME  RUNS/store/numbers-KEY
total  reuse  -  total 286  TIME  RUNS/store/total-KEY
act  reuse  -  -  TIME  RUNS/store/act-KEY

total: The numbers add up to 286

Report: RUNS/scripts/report.html
`;

Deno.test("train runs a pipeline, then says that nothing is left to do", async () => {
  await withTemporaryFolder(async (runs) => {
    const first = await runCli(trainArgs(runs));
    assert.deepEqual([first.code, first.err], [0, ""]);
    assert.equal(steady(first.out, runs), FIRST);
    const again = await runCli(trainArgs(runs));
    assert.deepEqual([again.code, again.err], [0, ""]);
    assert.equal(steady(again.out, runs), AGAIN);
  });
});

Deno.test("train runs only what a change reaches, and nothing when it is taken back", async () => {
  await withTemporaryFolder(async (runs) => {
    await runCli(trainArgs(runs));
    const changed = await runCli(trainArgs(runs, { ticks: 1 }, "--json"));
    const actions = JSON.parse(changed.out).steps.map((
      step: { name: string; action: string; state: string },
    ) => [step.name, step.action, step.state]);
    assert.deepEqual(actions, [
      ["numbers", "reuse", "reused"],
      ["total", "reuse", "reused"],
      ["act", "run", "done"],
    ]);
    const back = await runCli(trainArgs(runs));
    assert.equal(steady(back.out, runs), AGAIN);
  });
});

Deno.test("train --force and --from move finished work aside and redo it", async () => {
  await withTemporaryFolder(async (runs) => {
    await runCli(trainArgs(runs));
    const forced = await runCli(
      trainArgs(runs, {}, "--force", "total", "--json"),
    );
    const states = JSON.parse(forced.out).steps.map((
      step: { state: string },
    ) => step.state);
    assert.deepEqual([forced.code, states], [0, ["reused", "done", "reused"]]);
    const from = await runCli(trainArgs(runs, {}, "--from", "total", "--json"));
    const later = JSON.parse(from.out).steps.map((
      step: { state: string },
    ) => step.state);
    assert.deepEqual([from.code, later], [0, ["reused", "done", "done"]]);
    const aside = [...Deno.readDirSync(`${runs}/store`)].filter((entry) =>
      entry.name.includes(".aside-")
    );
    assert.equal(aside.length, 3);
  });
});

Deno.test("train asks for --yes before it redoes what another run shares", async () => {
  await withTemporaryFolder(async (runs) => {
    await runCli(trainArgs(runs));
    await runCli(trainArgs(runs, {}, "--set", "name=other"));
    const refused = await runCli(trainArgs(runs, {}, "--force", "total"));
    assert.deepEqual([refused.code, refused.out], [3, ""]);
    assert.equal(
      refused.err,
      `error: Cannot redo step "total": run "other" refers to the same work
hint: Give --yes to redo it for all of them
`,
    );
    const done = await runCli(trainArgs(runs, {}, "--force", "total", "--yes"));
    assert.equal(done.code, 0);
  });
});

Deno.test("train moves a damaged input aside and redoes it", async () => {
  await withTemporaryFolder(async (runs) => {
    await runCli(trainArgs(runs));
    const folder = [...Deno.readDirSync(`${runs}/store`)].find((entry) =>
      entry.isDirectory && entry.name.startsWith("total-")
    )?.name;
    const path = `${runs}/store/${folder}/output/total.txt`;
    const { mtime } = await Deno.stat(path);
    // Same size and time: only hashing can tell.
    await Deno.writeTextFile(path, "287");
    await Deno.utime(path, mtime as Date, mtime as Date);
    const mended = await runCli(trainArgs(runs, { ticks: 1 }));
    assert.equal(mended.code, 0);
    assert.match(
      steady(mended.out, runs),
      /total: moved what was there to RUNS\/store\/total-KEY\.aside-\S+: "output\/total\.txt" has other content than when the step finished/,
    );
    assert.equal(await Deno.readTextFile(path), "286");
  });
});

Deno.test("train --quiet prints the summary only", async () => {
  await withTemporaryFolder(async (runs) => {
    const quiet = await runCli(trainArgs(runs, {}, "--quiet"));
    assert.match(quiet.out, /^Run "scripts" is finished after/);
    assert.equal(quiet.err, "");
  });
});

Deno.test("train --jobs runs steps that do not need each other at the same time", async () => {
  await withTemporaryFolder(async (runs) => {
    const free = "training.pipeline.steps.act.needs=[]";
    const args = trainArgs(runs, { ticks: 60 }, "--set", free, "--jobs", "2");
    const { code, out } = await runCli(args);
    assert.equal(code, 0);
    const lines = out.split("\n").map((line) =>
      line.replace(/^\[\d\/\d\] /, "")
    );
    assert.ok(lines.indexOf("act: started") < lines.indexOf("total: started"));
    assert.ok(
      lines.findIndex((line) => line.startsWith("total: done")) <
        lines.findIndex((line) => line.startsWith("act: done")),
    );
  });
});
