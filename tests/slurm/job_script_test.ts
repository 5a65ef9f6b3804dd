// The shell around a job, without Slurm: what it passes on and when it puts a job back.
import assert from "node:assert/strict";
import { join } from "node:path";
import { jobBody, jobOptions } from "../../lib/slurm/job_script.ts";
import { shellWord } from "../../lib/worker/shell_word.ts";
import { describeJob, isStuck, parseJob } from "../../lib/slurm/job_queue.ts";
import { reasonIn, submitHint } from "../../lib/slurm/slurm_command.ts";
import { slurmSeconds } from "../../lib/slurm/cluster_checks.ts";

/** Runs the body around `command` with a scontrol that tells the state and notes what it is asked. */
async function runBody(
  command: string,
  { state, signal, node = "n1", isArray = false, ...more }: {
    readonly state: string;
    readonly signal?: Deno.Signal;
    /** Where Slurm says that the job is. */
    readonly node?: string;
    readonly isArray?: boolean;
    readonly setup?: readonly string[];
    readonly setupSeconds?: number;
  },
): Promise<{ code: number; requeued: boolean }> {
  const folder = await Deno.makeTempDir();
  const asked = join(folder, "asked");
  await Deno.writeTextFile(
    join(folder, "scontrol"),
    `#!/bin/sh\ncase "$1" in --oneliner) echo "JobId=7 JobState=${state} Reason=None BatchHost=${node} NumNodes=1";; *) echo "$@" >>${asked};; esac\n`,
    { mode: 0o755 },
  );
  const child = new Deno.Command("bash", {
    args: [
      "-c",
      jobBody(command, { setup: [], isArray, ...more }).join("\n"),
    ],
    env: {
      PATH: `${folder}:${Deno.env.get("PATH")}`,
      SLURM_JOB_ID: "7",
      SLURMD_NODENAME: "n1",
      SLURM_ARRAY_JOB_ID: "5",
      SLURM_ARRAY_TASK_ID: "2",
    },
  }).spawn();
  if (signal !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    child.kill(signal);
  }
  const { code } = await child.status;
  const text = await Deno.readTextFile(asked).catch(() => "");
  await Deno.remove(folder, { recursive: true });
  const wanted = isArray ? "requeue 5_2" : "requeue 7";
  return { code, requeued: text.trim() === wanted };
}

// Saves for a moment when it is asked to end, and then says how it left.
const leaving = (code: number) =>
  `bash -c 'trap "sleep 0.3; exit ${code}" TERM; while :; do sleep 0.1; done'`;

Deno.test("jobBody() passes signals on and requeues a job that saved and left", async () => {
  for (const signal of ["SIGUSR1", "SIGTERM"] as const) {
    const isArray = signal === "SIGTERM";
    assert.deepEqual(
      await runBody(leaving(143), { state: "RUNNING", signal, isArray }),
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
  // Slurm took this node for dead, and has started the job on another one.
  assert.deepEqual(
    await runBody(leaving(143), { state: "RUNNING", signal, node: "n2" }),
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

Deno.test("jobBody() puts a job back that was asked to save while it was set up, and ends one whose time that took", async () => {
  const never = "echo begun >&2; false";
  const asked = {
    state: "RUNNING",
    signal: "SIGUSR1",
    setup: ["sleep 2"],
  } as const;
  assert.deepEqual(await runBody(never, asked), { code: 143, requeued: true });
  assert.deepEqual(
    await runBody(never, { ...asked, setupSeconds: 1 }),
    { code: 124, requeued: false },
  );
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
  const job = parseJob("11_2|2|RUNNING|None|gpu|n2|fluxline:ab|c");
  assert.deepEqual(job, {
    id: "11_2",
    index: 2,
    state: "RUNNING",
    reason: "None",
    partition: "gpu",
    node: "n2",
    submission: "ab|c",
  });
  assert.equal(describeJob(job!), "running on n2");
  assert.equal(parseJob("4|N/A|RUNNING|None|gpu|n1|(null)"), null);
  const waiting = parseJob("5|N/A|PENDING|PartitionDown|gpu||fluxline:x");
  assert.equal(
    describeJob(waiting!),
    'pending: partition "gpu" is down; it starts when that is up; `fluxline cancel`, then `train` with another `executor.slurm.partition`, moves it',
  );
  assert.equal(isStuck(waiting!), true);
  const patient = parseJob("6|N/A|PENDING|Priority|gpu||fluxline:x");
  assert.equal(isStuck(patient!), false);
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
