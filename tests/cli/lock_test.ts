// Locks where the file system has none, and where their holder was killed in the middle of shared work.
import assert from "node:assert/strict";
import { type OutsideProgram, testWith } from "../support/outside_program.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import {
  finish,
  ROOT,
  runCli,
  startCli,
  stepPid,
  trainArgs,
  until,
} from "./cli_process.ts";

const STRACE: OutsideProgram = {
  name: "strace",
  how: "apt-get install strace, and leave to trace processes",
  probe: ["strace", "-o", "/dev/null", "true"],
};

for (const error of ["ENOLCK", "EOPNOTSUPP"]) {
  testWith(
    STRACE,
    `train says where a file system refuses locks with ${error}, and starts nothing`,
    async () => {
      await withTemporaryFolder(async (runs) => {
        const { code, stderr } = await new Deno.Command("strace", {
          args: [
            ...["-f", "-o", "/dev/null", "-e", "trace=flock"],
            ...["-e", `inject=flock:error=${error}`, Deno.execPath()],
            ...["run", "--quiet", "-A", `${ROOT}/cli.ts`, ...trainArgs(runs)],
          ],
          cwd: ROOT,
          stdin: "null",
          stdout: "null",
          env: { NO_COLOR: "1", FLUXLINE_CACHE: `${ROOT}/runs/no-cache` },
        }).output();
        const text = new TextDecoder().decode(stderr);
        assert.equal(code, 3, text);
        assert.match(
          text,
          /^error: Cannot lock ".*scripts\.lock": this file system has no working locks \(.+\)\nhint: Keep the runs on a disk of this machine/,
        );
        assert.deepEqual([...Deno.readDirSync(runs)].map(({ name }) => name), [
          "scripts.lock",
        ]);
      });
    },
  );
}

Deno.test("a killed run blocks no other run that shares its step; one that lives is waited for, or named", async () => {
  await withTemporaryFolder(async (runs) => {
    const work = { ticks: 200 };
    const as = (name: string, ...more: string[]) =>
      trainArgs(runs, work, "--set", `name=${name}`, ...more);
    const isAtWork = (runner: number) => {
      const pid = stepPid(runs, "act");
      return pid !== null && pid !== runner;
    };
    const first = startCli(as("first"));
    await until(() => isAtWork(first.pid), "the first run is at work");
    const pid = stepPid(runs, "act")!;
    first.kill("SIGKILL");
    Deno.kill(pid, "SIGKILL");
    await finish(first);
    const second = startCli(as("second"));
    await until(
      () => isAtWork(second.pid) && stepPid(runs, "act") !== pid,
      "the second run is at work",
    );
    const third = await runCli(as("third", "--wait", "1s"));
    assert.equal(third.code, 5, third.out);
    assert.match(
      third.out,
      new RegExp(`act: waits for process ${second.pid} `),
    );
    assert.match(
      third.err,
      new RegExp(
        `^error: Cannot work on step "act": process ${second.pid} .* still works on it\n`,
      ),
    );
    const fourth = await runCli(as("fourth", "--wait", "2min"));
    assert.equal(fourth.code, 0, fourth.err);
    assert.match(fourth.out, /act: finished by another run, reused\n/);
    assert.equal((await finish(second)).code, 0);
  });
});
