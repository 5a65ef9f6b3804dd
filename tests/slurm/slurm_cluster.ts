// A Slurm of its own for tests: controller, munge and several node daemons on loopback, in one folder, stopped by process id.
import { join } from "node:path";
import { type ClusterOptions, configuration } from "./slurm_configuration.ts";

const START_MS = 20_000;

/** Process numbers of what runs on a node. */
interface NodeProcesses {
  /** The node's own. */
  readonly daemons: readonly number[];
  /** Those of the steps of jobs. */
  readonly steps: readonly number[];
  readonly tasks: readonly number[];
}

/** A running cluster; disposing of it ends every daemon that it started and all of its jobs. */
export class SlurmCluster implements AsyncDisposable {
  readonly #pids: number[] = [];

  private constructor(
    /** Holds configuration, state and logs. */
    readonly folder: string,
    readonly nodes: readonly string[],
  ) {}

  /** What makes Slurm's commands talk to this cluster. */
  get env(): Readonly<Record<string, string>> {
    return { SLURM_CONF: join(this.folder, "slurm.conf") };
  }

  /** Starts all daemons and waits until every node is idle. */
  static async start(options: ClusterOptions = {}): Promise<SlurmCluster> {
    const folder = await Deno.makeTempDir({ prefix: "slurm-" });
    // munge wants every folder above its socket closed to others.
    await Deno.chmod(folder, 0o755);
    const count = options.nodes ?? 2;
    const nodes = Array.from({ length: count }, (_, at) => `n${at + 1}`);
    const cluster = new SlurmCluster(folder, nodes);
    try {
      await cluster.#startMunge();
      await Deno.writeTextFile(
        join(folder, "slurm.conf"),
        configuration(folder, nodes, options),
      );
      for (const part of ["state", "spool", "log"]) {
        await Deno.mkdir(join(folder, part));
      }
      await cluster.#startController();
      for (const node of nodes) await cluster.startNode(node);
      await cluster.until(
        async () => (await cluster.idleNodes()) === count,
        "every node to be idle",
      );
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs one of Slurm's commands and answers what it printed. */
  async command(name: string, ...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(name, {
      args,
      env: this.env,
    }).output();
    const decoder = new TextDecoder();
    if (success) return decoder.decode(stdout).trim();
    throw new Error(
      `${name} ${args.join(" ")} failed: ${decoder.decode(stderr)}`,
    );
  }

  /** Starts the daemon of a node, also again after {@linkcode killNode}. */
  async startNode(node: string): Promise<void> {
    await this.#start("slurmd", ["-D", "-N", node], `${node}.log`);
  }

  /** Ends a node's daemon and every process of its jobs at once, as a power cut does. */
  async killNode(node: string): Promise<void> {
    await this.#killAllOf(node);
  }

  /** Cuts a node off, whose jobs go on without it, or lets it answer again. */
  async signalNode(node: string, signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
    const { daemons } = await this.#processesOf(node);
    for (const pid of daemons) Deno.kill(pid, signal);
  }

  /** Sets a node down, or takes it up again, as an administrator does. */
  async setNode(node: string, state: "DOWN" | "RESUME"): Promise<void> {
    try {
      await this.command(
        ...["scontrol", "update", `NodeName=${node}`] as const,
        ...[`State=${state}`, "Reason=test"],
      );
    } catch (error) {
      const shown = await this.command("scontrol", "show", "node", node);
      // One that has registered itself anew is up already, and cannot be taken up.
      if (state === "DOWN" || /State=\S*DOWN/.test(shown)) throw error;
    }
  }

  /** Polls until `isTrue` answers true. */
  async until(
    isTrue: () => Promise<boolean> | boolean,
    what: string,
    ms: number = START_MS,
  ): Promise<void> {
    const deadline = performance.now() + ms;
    while (!(await isTrue())) {
      if (performance.now() > deadline) {
        throw new Error(`Waited in vain for ${what}\n${await this.describe()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Nodes, queue and the ends of the logs, for messages of failed tests. */
  async describe(): Promise<string> {
    const parts: string[] = [];
    for (const [name, ...args] of [["sinfo"], ["squeue", "-t", "all"]]) {
      parts.push(await this.command(name as string, ...args).catch(String));
    }
    for (const file of ["controller.log", "n1.log"]) {
      const text = await Deno.readTextFile(join(this.folder, file))
        .catch(() => "");
      parts.push(`${file}: ${text.split("\n").slice(-15).join("\n")}`);
    }
    return parts.join("\n");
  }

  async idleNodes(): Promise<number> {
    const text = await this.command(
      "sinfo",
      "-h",
      "-N",
      "-p",
      "main",
      "-o",
      "%T",
    )
      .catch(() => "");
    return text.split("\n").filter((state) => state === "idle").length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command("scancel", "--signal=KILL", "--user=root", "--full")
      .catch(() => {});
    for (const node of this.nodes) await this.#killAllOf(node);
    for (const pid of this.#pids) killNow(pid);
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }

  async #startMunge(): Promise<void> {
    const path = (name: string) => join(this.folder, name);
    await Deno.writeFile(
      path("munge.key"),
      crypto.getRandomValues(new Uint8Array(128)),
      { mode: 0o400 },
    );
    await this.#start("munged", [
      "--foreground",
      "--force",
      `--socket=${path("munge.socket")}`,
      `--key-file=${path("munge.key")}`,
      `--pid-file=${path("munge.pid")}`,
      `--log-file=${path("munge.log")}`,
      `--seed-file=${path("munge.seed")}`,
    ], "munged.out");
    await this.until(() => exists(path("munge.socket")), "munge's socket");
  }

  async #startController(): Promise<void> {
    await this.#start("slurmctld", ["-D", "-c"], "controller.log");
    await this.until(
      () =>
        this.command("scontrol", "ping")
          .then((text) => text.includes("UP"), () => false),
      "the controller",
    );
  }

  async #start(
    name: string,
    args: readonly string[],
    log: string,
  ): Promise<void> {
    const out = join(this.folder, log);
    // The shell gives way to the daemon, so that the process id is the daemon's. One that is killed leaves no image of its memory.
    const child = new Deno.Command("sh", {
      args: [
        "-c",
        `ulimit -c 0; exec "$0" "$@" >>'${out}' 2>&1`,
        await located(name),
        ...args,
      ],
      env: this.env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#pids.push(child.pid);
    child.unref();
  }

  /** The daemon first, then the daemons of its steps, then what these run: none may tell what became of the others. */
  async #killAllOf(node: string): Promise<void> {
    const { daemons, steps, tasks } = await this.#processesOf(node);
    for (const pid of [...daemons, ...steps, ...tasks]) killNow(pid);
  }

  async #processesOf(node: string): Promise<NodeProcesses> {
    const daemons: number[] = [];
    const steps = new Set<number>();
    const tasks: number[] = [];
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const args = (await processText(name, "cmdline")).split("\0");
      const env = (await processText(name, "environ")).split("\0");
      if (!env.includes(`SLURM_CONF=${this.env["SLURM_CONF"]}`)) continue;
      if (args[0]?.endsWith("slurmd") && args.includes(node)) {
        daemons.push(Number(name));
      } else if (env.includes(`SLURMD_NODENAME=${node}`)) {
        tasks.push(Number(name));
        const parent = await parentOf(name);
        const title = await processText(parent, "cmdline");
        if (title.startsWith("slurmstepd")) steps.add(Number(parent));
      }
    }
    return { daemons, steps: [...steps], tasks };
  }
}

async function processText(pid: string, file: string): Promise<string> {
  return await Deno.readTextFile(`/proc/${pid}/${file}`).catch(() => "");
}

async function parentOf(pid: string): Promise<string> {
  const status = await processText(pid, "status");
  return /^PPid:\s*(\d+)/m.exec(status)?.[1] ?? "";
}

/** Absolute path of a program, by which Slurm's daemons want to be called. */
export async function located(name: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `command -v ${name}`],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

function killNow(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}
