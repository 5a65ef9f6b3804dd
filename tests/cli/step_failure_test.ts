import assert from "node:assert/strict";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { folderNames } from "../../lib/disk/present_entries.ts";
import { readAttempts } from "../../lib/store/attempt_history.ts";
import { runCli, SCRIPTS, steady, trainArgs } from "./cli_process.ts";
import { withFinishedSteps } from "./finished_steps.ts";

const STEP = "training.pipeline.steps.act";

/** What `act` with these options ends with: exit code, and standard error without what differs. */
async function act(
  options: Readonly<Record<string, unknown>>,
  ...more: string[]
): Promise<{ code: number; err: string; out: string }> {
  let found = { code: -1, err: "", out: "" };
  await withFinishedSteps(async (runs) => {
    const { code, err, out } = await runCli(trainArgs(runs, options, ...more));
    found = { code, err: steady(err, runs), out: steady(out, runs) };
  });
  return found;
}

const LOG = "  log: RUNS/store/act-KEY/attempts/1/log.txt\n";

Deno.test("a task that reads outside of its scope fails with the path and the line to add", async () => {
  const { code, err } = await act({ read: "/etc/hostname" });
  assert.equal(code, 4);
  assert.equal(
    err,
    `error: Step "act" may not read "/etc/hostname"
hint: If the step needs it, add to step "act" in ${SCRIPTS}: permissions: { read: ["/etc/hostname"] }
${LOG}`,
  );
});

Deno.test("the line to add is the remedy", async () => {
  const grant = `${STEP}.permissions.read=["/etc/hostname"]`;
  const { code } = await act({ read: "/etc/hostname" }, "--set", grant);
  assert.equal(code, 0);
});

Deno.test("a task that writes, connects or imports outside of its scope fails in the same way", async () => {
  const written = await act({ write: "README.md" });
  assert.equal(written.code, 4);
  assert.match(written.err, /Step "act" may not write "README\.md"\n/);
  assert.match(written.err, /permissions: \{ write: \["README\.md"\] \}/);
  const fetched = await act({ fetch: "https://example.org/" });
  assert.equal(fetched.code, 4);
  assert.match(fetched.err, /may not connect to "example\.org:443"\n/);
});

Deno.test("a task cannot write its own marker", async () => {
  await withFinishedSteps(async (runs) => {
    const first = await runCli(trainArgs(runs, {}, "--json"));
    const { folder } = JSON.parse(first.out).steps[1];
    const { code, err } = await runCli(
      trainArgs(runs, { write: `${folder}/complete.json` }),
    );
    assert.equal(code, 4);
    assert.match(err, /may not write/);
  });
});

Deno.test("a swallowed refusal is reported as an undeclared read", async () => {
  const { code, out } = await act({ read: "/etc/hostname", quiet: true });
  assert.equal(code, 0);
  assert.match(
    out,
    /\[3\/3\] act \| warning: Asked to read what the step does not declare: "\/etc\/hostname"\n/,
  );
});

Deno.test("an error of a task is a failed step without a stack; the log has it", async () => {
  await withFinishedSteps(async (runs) => {
    const { code, err, out } = await runCli(trainArgs(runs, { fail: "boom" }));
    assert.equal(code, 4);
    assert.equal(
      steady(err, runs),
      `error: Task of step "act" failed: Error: boom
hint: Its stack is in the log of the attempt
${LOG}`,
    );
    assert.match(out, /\nact +failed /);
    const log = /log: (\S+)/.exec(err)?.[1] as string;
    assert.match(await Deno.readTextFile(log), /failed: Error: boom\n.* at /);
  });
});

Deno.test("an expected failure of a task shows its own words", async () => {
  const { code, err } = await act({ expected: true });
  assert.equal(code, 4);
  assert.equal(err, `error: Cannot act: asked to fail\n${LOG}`);
});

Deno.test("a task that ends the process is a failed step", async () => {
  const { code, err } = await act({ exit: 0 });
  assert.equal(code, 4);
  assert.match(err, /Step "act" ended without a result, with exit code 0\n/);
});

Deno.test("retry makes another attempt after a wait, and every attempt has a log and stays in the history", async () => {
  const retry = `${STEP}.retry={attempts: 3, backoff_seconds: 0.05}`;
  await withFinishedSteps(async (runs) => {
    const args = trainArgs(runs, { until_attempt: 3 }, "--set", retry);
    const { code, out } = await runCli(args);
    assert.equal(code, 0);
    const lines = steady(out, runs).split("\n")
      .filter((line) => line.startsWith("[3/3]"));
    assert.deepEqual(lines, [
      "[3/3] act: started",
      '[3/3] act: Task of step "act" failed: Error: attempt 1 is not enough; attempt 2 in TIME',
      "[3/3] act: started, attempt 2",
      '[3/3] act: Task of step "act" failed: Error: attempt 2 is not enough; attempt 3 in TIME',
      "[3/3] act: started, attempt 3",
      "[3/3] act: done in TIME",
    ]);
    const store = `${runs}/store`;
    const folder = folderNames(store).find((name) => name.startsWith("act-"))!;
    const history = await readAttempts(`${store}/${folder}`);
    assert.deepEqual(
      history.map(({ outcome, retryDelayMs, failure }) =>
        `${outcome} ${retryDelayMs} ${failure?.message ?? ""}`
      ),
      [
        'failed 50 Task of step "act" failed: Error: attempt 1 is not enough',
        'failed 100 Task of step "act" failed: Error: attempt 2 is not enough',
        "done null ",
      ],
    );
    for (const { number } of history) {
      const log = `${store}/${folder}/attempts/${number}/log.txt`;
      assert.ok(Deno.statSync(log).size > 0, log);
    }
  });
});

Deno.test("a refused access is not tried again", async () => {
  const retry = `${STEP}.retry={attempts: 3, backoff_seconds: 0.05}`;
  const { code, out } = await act({ read: "/etc/hostname" }, "--set", retry);
  assert.equal(code, 4);
  assert.ok(!out.includes("attempt 2"));
});

Deno.test("timeout ends a step with 124", async () => {
  const { code, err } = await act(
    { ticks: 200 },
    "--set",
    `${STEP}.timeout=1s`,
  );
  assert.equal(code, 124);
  assert.match(err, /Step "act" ran longer than its timeout of TIME\n/);
});

Deno.test("a link that leads out of a granted folder refuses the step and is named", async () => {
  await withFinishedSteps(async (runs) => {
    const first = await runCli(trainArgs(runs, {}, "--json"));
    const { folder } = JSON.parse(first.out).steps[1];
    await Deno.symlink("/etc", `${folder}/output/planted`);
    const { code, err } = await runCli(trainArgs(runs, { ticks: 1 }));
    assert.equal(code, 3);
    assert.equal(
      err.split("\n")[0],
      `error: Cannot start step "act": a link leads out of the folders that it may touch: "${folder}/output/planted" -> "/etc"`,
    );
  });
});

Deno.test("a failed step stops what needs it", async () => {
  await withTemporaryFolder(async (runs) => {
    const path = "training.pipeline.steps.numbers";
    const bad = [`${path}.uses=tasks/act.ts`, `${path}.with={fail: boom}`];
    const { code, out } = await runCli(
      trainArgs(runs, {}, "--set", bad[0] as string, "--set", bad[1] as string),
    );
    assert.equal(code, 4);
    const rows = steady(out, runs).split("\n").slice(-6, -3);
    assert.deepEqual(rows, [
      "numbers  failed  -  -  -  RUNS/store/numbers-KEY",
      "total  not started  -  -  -  RUNS/store/total-KEY",
      "act  not started  -  -  -  RUNS/store/act-KEY",
    ]);
    const mended = await runCli(trainArgs(runs));
    assert.equal(mended.code, 0);
  });
});

Deno.test("an error that a task does not await is its own, not a defect", async () => {
  const { code, err } = await act({ late: "boom" });
  assert.equal(code, 4);
  assert.match(err, /^error: Task of step "act" failed: Error: boom\nhint: /);
});

for (
  const [returns, found] of [
    [
      { metrics: { loss: "NaN" } },
      'metric "loss" of step "act": found NaN, wanted a finite number',
    ],
    [
      { metrics: 3 },
      'metrics of step "act": found 3, wanted a map of names to numbers',
    ],
    [
      { pictures: "a.png" },
      'pictures of step "act": found "a.png", wanted a list of paths',
    ],
    [
      { pictures: ["/etc/hostname"] },
      'picture of step "act": found "/etc/hostname", wanted a path in the output folder',
    ],
  ] as const
) {
  Deno.test(`a task that returns ${JSON.stringify(returns)} fails, and nothing vouches for it`, async () => {
    const { code, err } = await act({ returns });
    assert.equal(code, 4);
    assert.equal(
      err,
      `error: Cannot keep ${found}\nhint: Correct what the task returns\n${LOG}`,
    );
  });
}
