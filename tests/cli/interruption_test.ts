import assert from "node:assert/strict";
import {
  finish,
  runCli,
  startCli,
  steady,
  stepPid,
  trainArgs,
  until,
} from "./cli_process.ts";
import { withFinishedSteps } from "./finished_steps.ts";

const LONG = { ticks: 60 };

/** Starts a run and waits until its last step is at work; answers the run and the number of the step's process. */
async function startLong(
  runs: string,
  act: Readonly<Record<string, unknown>> = LONG,
): Promise<{ child: Deno.ChildProcess; pid: number }> {
  const child = startCli(trainArgs(runs, act));
  await until(() => isAtWork(runs, child.pid), "the last step starts");
  return { child, pid: stepPid(runs, "act") as number };
}

function isAtWork(runs: string, runner: number): boolean {
  const pid = stepPid(runs, "act");
  return pid !== null && pid !== runner;
}

for (
  const { signal, code } of [
    { signal: "SIGINT", code: 130 },
    { signal: "SIGTERM", code: 143 },
  ] as const
) {
  Deno.test(`${signal} stops a run with ${code}, and the same command continues it`, async () => {
    await withFinishedSteps(async (runs) => {
      const { child } = await startLong(runs);
      child.kill(signal);
      const ended = await finish(child);
      assert.deepEqual([ended.code, ended.err], [code, ""]);
      assert.match(
        ended.out,
        new RegExp(
          `\nStopping on ${signal}: running steps save and leave; a second signal ends them now\n`,
        ),
      );
      assert.match(ended.out, /\[3\/3\] act: stopped\n/);
      const again = await runCli(trainArgs(runs, LONG));
      assert.equal(again.code, 0);
      assert.match(again.out, /: 1 of 3 steps to do\n/);
    });
  });
}

Deno.test("a signal to the whole process group stops the run once, as Ctrl-C does", async () => {
  await withFinishedSteps(async (runs) => {
    const { child, pid } = await startLong(runs);
    Deno.kill(pid, "SIGINT");
    child.kill("SIGINT");
    child.kill("SIGINT");
    const ended = await finish(child);
    assert.equal(ended.code, 130);
    assert.match(ended.out, /act: stopped\n/);
  });
});

Deno.test("a second signal ends a step that does not listen", async () => {
  await withFinishedSteps(async (runs) => {
    const { child } = await startLong(runs, { ticks: 1e9, stubborn: true });
    child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 700));
    child.kill("SIGINT");
    // Left alone, the step would never end.
    assert.equal((await finish(child)).code, 130);
  });
});

Deno.test("kill -9 of the runner: the step leaves by itself and the same command finishes", async () => {
  await withFinishedSteps(async (runs) => {
    const { child } = await startLong(runs);
    child.kill("SIGKILL");
    await finish(child);
    const again = await runCli(trainArgs(runs, LONG));
    assert.deepEqual([again.code, again.err], [0, ""]);
    assert.match(again.out, /\[3\/3\] act: started, attempt 2\n/);
  });
});

Deno.test("a new runner waits for the step of a killed one and says for whom", async () => {
  await withFinishedSteps(async (runs) => {
    const slow = { ticks: 30, stubborn: true };
    const { child, pid } = await startLong(runs, slow);
    child.kill("SIGKILL");
    await finish(child);
    const again = await runCli(trainArgs(runs, slow));
    assert.equal(again.code, 0);
    assert.match(
      again.out,
      new RegExp(
        `\\[3/3\\] act: waits for process ${pid} .*, which works on it\n`,
      ),
    );
  });
});

Deno.test("kill -9 of a step's process fails the step; the same command finishes", async () => {
  await withFinishedSteps(async (runs) => {
    const { child, pid } = await startLong(runs);
    Deno.kill(pid, "SIGKILL");
    const ended = await finish(child);
    assert.equal(ended.code, 4);
    assert.equal(
      steady(ended.err, runs),
      `error: Step "act" was ended by SIGKILL
hint: See RUNS/store/act-KEY/attempts/1/log.txt, then run the same command again: finished work is kept
  log: RUNS/store/act-KEY/attempts/1/log.txt
`,
    );
    assert.equal((await runCli(trainArgs(runs, LONG))).code, 0);
  });
});

Deno.test("a second runner is refused with 5 and told who holds the run", async () => {
  await withFinishedSteps(async (runs) => {
    const { child } = await startLong(runs);
    const second = await runCli(trainArgs(runs, LONG));
    assert.deepEqual([second.code, second.out], [5, ""]);
    assert.match(
      second.err,
      new RegExp(`^error: Cannot start run "scripts": process ${child.pid} `),
    );
    assert.match(
      steady(second.err, runs),
      /is running it\nhint: Wait for it with --wait, stop it, or give another --runs folder; the lock is "RUNS\/scripts\.lock"\n$/,
    );
    assert.equal((await finish(child)).code, 0);
  });
});

Deno.test("--wait waits for the other runner, says for whom, and then has nothing left to do", async () => {
  await withFinishedSteps(async (runs) => {
    const { child } = await startLong(runs, { ticks: 10 });
    const second = await runCli(
      trainArgs(runs, { ticks: 10 }, "--wait", "2min"),
    );
    assert.deepEqual([second.code, second.err], [0, ""]);
    const said =
      `^Waits for process ${child.pid} .*, which is running "scripts"\n`;
    assert.match(second.out, new RegExp(said));
    assert.match(second.out, /Nothing left to do/);
    assert.equal((await finish(child)).code, 0);
  });
});
