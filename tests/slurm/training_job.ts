// A step that trains in a job of Slurm. Its process is held still while a test waits for the cluster, so that waiting takes no time
// of a core and a step of a few updates is long enough for any number of interruptions.
import { stepPid } from "../cli/cli_process.ts";
import {
  digestsOf,
  SmallProject,
  vaeStep,
} from "../acceptance/small_project.ts";
import type { SlurmCluster } from "./slurm_cluster.ts";
import { cli, jobField, jobNames, jobState, restartsOf } from "./slurm_cli.ts";

const STEP = "vae";
const EPOCHS = 3;
const WAIT_MS = 90_000;
/** Bit of SIGTERM in the masks of /proc. */
const SIGTERM_BIT = 1n << 14n;

/** Whether nodes of this machine may have host names of their own: a container may not allow it. */
export const HAS_HOST_NAMES = new Deno.Command("sh", {
  args: ["-c", "unshare --uts true 2>/dev/null"],
}).outputSync().success;

// As on hosts of their own: what another node held is known by its lease alone.
const OWN_HOST =
  `[ -n "\${OWN_HOST:-}" ] || OWN_HOST=1 exec unshare --uts bash -c 'hostname "$SLURMD_NODENAME"; exec bash "$0"' "$0"`;
const SETUP = JSON.stringify(HAS_HOST_NAMES ? [OWN_HOST] : []);

/** The step as one line of YAML; it saves after every second update. */
function trainingStep(resources: string): string {
  return vaeStep(STEP, `batch_size: 2, resources: ${resources}`)
    .replace("n_epochs: 1", `n_epochs: ${EPOCHS}`);
}

/** Digests of what the step makes where nothing disturbs it. */
export async function undisturbedDigests(): Promise<Record<string, string>> {
  await using project = await SmallProject.open(trainingStep("{}"));
  const { code, err } = await project.run("train", "small.yaml");
  if (code !== 0) throw new Error(err);
  return await digestsOf(project.stepFolder(STEP));
}

/** The step in the queue of a cluster. */
export class TrainingJob implements AsyncDisposable {
  #savedBefore = 0;
  #pid: number | null = null;

  private constructor(
    private readonly cluster: SlurmCluster,
    private readonly project: SmallProject,
    private readonly args: readonly string[],
    /** Slurm's name of it. */
    readonly job: string,
  ) {}

  /** Submits the step as its own run; `set` are further overrides. */
  static async submit(
    cluster: SlurmCluster,
    { run, resources, set = [] }: {
      readonly run: string;
      readonly resources: string;
      readonly set?: readonly string[];
    },
  ): Promise<TrainingJob> {
    const project = await SmallProject.open(trainingStep(resources));
    // A lease of a node that failed is dead for others after this time.
    const timing = { version: 1, beatMs: 500, deadMs: 10_000 };
    await Deno.mkdir(project.path("runs", "store"), { recursive: true });
    await project.write("runs/store/shared.json", JSON.stringify(timing));
    const args = [
      ...["train", "small.yaml", "--executor", "slurm"],
      ...[
        `name=${run}`,
        `executor.slurm.setup=${SETUP}`,
        ...set,
      ].flatMap((one) => ["--set", one]),
    ];
    const { code, err } = await cli(cluster, args, { cwd: project.root });
    if (code !== 0) throw new Error(err);
    const [job = ""] = await jobNames(cluster, run);
    return new TrainingJob(cluster, project, args, job);
  }

  /** Waits until the step has saved since its job started, and holds its process still; answers its number. */
  async holdStill(): Promise<number> {
    const before = this.#pid;
    await this.cluster.until(
      () => {
        this.#pid = stepPid(this.project.path("runs"), STEP);
        return this.#generation() > this.#savedBefore &&
          this.#pid !== null && this.#pid !== before;
      },
      `a save of job ${this.job}`,
      WAIT_MS,
    );
    Deno.kill(this.#pid as number, "SIGSTOP");
    return this.#pid as number;
  }

  /** Lets the held process go on as soon as it is asked to end, and waits until Slurm has put its job back and started it. */
  async goOnWhenAsked(pid: number): Promise<void> {
    const before = await restartsOf(this.cluster, this.job);
    await this.cluster.until(
      () => isAskedToEnd(pid),
      `a signal to job ${this.job}`,
      WAIT_MS,
    );
    try {
      Deno.kill(pid, "SIGCONT");
    } catch {
      // It was asked, and had left, before it was held.
    }
    await this.untilRestarted(before + 1);
  }

  /** Waits for a requeue and the start behind it, which Slurm puts off until the old credential has run out. */
  async untilRestarted(times: number): Promise<void> {
    await this.cluster.until(
      async () => await restartsOf(this.cluster, this.job) >= times,
      `requeue ${times} of job ${this.job}`,
      WAIT_MS,
    );
    this.#savedBefore = this.#generation();
    await this.cluster.until(
      async () => await jobState(this.cluster, this.job) !== "PENDING",
      `start ${times + 1} of job ${this.job}`,
      WAIT_MS,
    );
  }

  /** Follows the job to its end. */
  async finish(): Promise<void> {
    const args = [...this.args, "--wait", "3m"];
    const cwd = this.project.root;
    const { code, err, out } = await cli(this.cluster, args, { cwd });
    if (code !== 0) throw new Error(`${code}: ${err}${out}`);
  }

  /** Digests of what the step made. */
  async digests(): Promise<Record<string, string>> {
    return await digestsOf(this.project.stepFolder(STEP));
  }

  /** How often the step went on from what it had saved, by the run's own events. */
  async resumes(): Promise<number> {
    return await this.#count("step_resumed");
  }

  async #count(event: string): Promise<number> {
    const { root } = this.project;
    const run = this.args.find((one) => one.startsWith("name="))?.slice(5);
    const events = await Deno.readTextFile(`${root}/runs/${run}/events.jsonl`);
    return events.split("\n").filter((line) => line.includes(`"${event}"`))
      .length;
  }

  /** What the jobs of the step have said. */
  async log(): Promise<string> {
    const jobs = this.project.path("runs", "store", "jobs");
    const texts: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(jobs)) {
      if (!isDirectory) continue;
      texts.push(await Deno.readTextFile(`${jobs}/${name}/0.log`));
    }
    return texts.join("\n");
  }

  /** How often the step got done, by the run's own events. */
  async finishes(): Promise<number> {
    return await this.#count("step_finished");
  }

  /** The node that it runs, or ran, on. */
  async node(): Promise<string> {
    return await jobField(this.cluster, this.job, "NodeList");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { cluster, job } = this;
    await cluster.command("scancel", "--signal=KILL", "--full", job)
      .catch(() => {});
    await cluster.until(
      async () => !/RUNNING|COMPLETING/.test(await jobState(cluster, job)),
      `the end of job ${job}`,
    );
    await this.project[Symbol.asyncDispose]();
  }

  /** Number of the newest save; 0 before the first. */
  #generation(): number {
    try {
      const path = `${this.project.stepFolder(STEP)}/checkpoint.json`;
      const { current } = JSON.parse(Deno.readTextFileSync(path));
      return Number(/\d+$/.exec(current.folder)?.[0]);
    } catch {
      return 0;
    }
  }
}

/** Whether SIGTERM waits for a stopped process, or has ended it. */
function isAskedToEnd(pid: number): boolean {
  let status: string;
  try {
    status = Deno.readTextFileSync(`/proc/${pid}/status`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
  const masks = [...status.matchAll(/^(?:Sig|Shd)Pnd:\s*([0-9a-f]+)$/gm)];
  return masks.some(([, mask]) => (BigInt(`0x${mask}`) & SIGTERM_BIT) !== 0n);
}
