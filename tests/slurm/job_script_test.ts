// The shell around a job, without Slurm: what it passes on and when it puts a job back.
import assert from "node:assert/strict";
import { join } from "node:path";
import { jobBody, jobOptions } from "../../lib/slurm/job_script.ts";
import { shellWord } from "../../lib/worker/shell_word.ts";
import { describeJob, parseJob } from "../../lib/slurm/job_queue.ts";
import { reasonIn, submitHint } from "../../lib/slurm/slurm_command.ts";
import { slurmSeconds } from "../../lib/slurm/cluster_checks.ts";

/** Runs the body around `command` with a scontrol that tells the state and notes what it is asked. */
async function runBody(
  command: string,
  { state, signal }: { state: string; signal?: Deno.Signal },
): Promise<{ code: number; requeued: boolean }> {
  const folder = await Deno.makeTempDir();
  const asked = join(folder, "asked");
  await Deno.writeTextFile(
    join(folder, "scontrol"),
    `#!/bin/sh\ncase "$1" in show) echo "JobId=7 JobState=${state}";; *) echo "$@" >>${asked};; esac\n`,
    { mode: 0o755 },
  );
  const child = new Deno.Command("bash", {
    args: ["-c", jobBody(command, []).join("\n")],
    env: {
      PATH: `${folder}:${Deno.env.get("PATH")}`,
      SLURM_JOB_ID: "7",
    },
  }).spawn();
  if (signal !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    child.kill(signal);
  }
  const { code } = await child.status;
  const text = await Deno.readTextFile(asked).catch(() => "");
  await Deno.remove(folder, { recursive: true });
  return { code, requeued: text.trim() === "requeue 7" };
}

// Saves for a moment when it is asked to end, and then says how it left.
const leaving = (code: number) =>
  `bash -c 'trap "sleep 0.3; exit ${code}" TERM; while :; do sleep 0.1; done'`;

Deno.test("jobBody() passes signals on and requeues a job that saved and left", async () => {
  for (const signal of ["SIGUSR1", "SIGTERM"] as const) {
    assert.deepEqual(
      await runBody(leaving(143), { state: "RUNNING", signal }),
      { code: 143, requeued: true },
    );
  }
});

Deno.test("jobBody() puts no job back that was cancelled, failed, got done or was asked for nothing", async () => {
  const signal = "SIGTERM";
  assert.deepEqual(
    await runBody(leaving(143), { state: "COMPLETING", signal }),
    { code: 143, requeued: false },
  );
  for (const code of [0, 4, 124]) {
    assert.deepEqual(
      await runBody(leaving(code), { state: "RUNNING", signal }),
      { code, requeued: false },
    );
  }
  for (const code of [0, 1, 143]) {
    assert.deepEqual(
      await runBody(`bash -c 'exit ${code}'`, { state: "RUNNING" }),
      { code, requeued: false },
    );
  }
});

Deno.test("jobOptions() maps resources and the executor section to options of sbatch", () => {
  const options = jobOptions(
    { cpus: 4, memory: "1.5G", gpus: 2, time: "90s" },
    {
      partition: "gpu",
      account: "physics",
      qos: "high",
      constraint: "a100",
      reservation: "today",
      max_running: 2,
      save_before: "2m",
      setup: [],
      options: ["--exclusive"],
    },
  );
  assert.deepEqual(options, [
    ...["--nodes=1", "--ntasks=1", "--cpus-per-task=4", "--mem=1536M"],
    ...["--gres=gpu:2", "--time=2", "--partition=gpu", "--account=physics"],
    ...["--qos=high", "--constraint=a100", "--reservation=today"],
    ...["--signal=B:USR1@120", "--requeue", "--open-mode=append"],
    "--exclusive",
  ]);
});

Deno.test("shellWord() keeps a text one word", () => {
  assert.equal(shellWord("a/b-c.ts"), "a/b-c.ts");
  assert.equal(shellWord("it's $HOME"), `'it'\\''s $HOME'`);
});

Deno.test("parseJob() reads squeue's lines of our jobs, also with bars in a comment", () => {
  const job = parseJob("11_2|2|RUNNING|None|n2|fluxline:ab|c");
  assert.deepEqual(job, {
    id: "11_2",
    index: 2,
    state: "RUNNING",
    reason: "None",
    node: "n2",
    submission: "ab|c",
  });
  assert.equal(describeJob(job!), "running on n2");
  assert.equal(parseJob("4|N/A|RUNNING|None|n1|(null)"), null);
  const waiting = parseJob("5|N/A|PENDING|PartitionDown||fluxline:x");
  assert.equal(describeJob(waiting!), "pending: the partition is down");
});

Deno.test("what sbatch says becomes a reason and a way out", () => {
  const err =
    "sbatch: error: Memory specification can not be satisfied\nsbatch: error: Batch job submission failed: Requested node configuration is not available";
  assert.equal(
    reasonIn(err),
    "Batch job submission failed: Requested node configuration is not available",
  );
  assert.match(submitHint(err), /No node has what/);
  assert.match(submitHint("temporarily unable to accept job"), /full/);
});

Deno.test("slurmSeconds() reads Slurm's times", () => {
  assert.equal(slurmSeconds("1-02:03:04"), 93_784);
  assert.equal(slurmSeconds("00:30:00"), 1800);
  assert.equal(slurmSeconds("UNLIMITED"), null);
});
