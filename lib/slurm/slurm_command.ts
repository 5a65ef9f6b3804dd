// Slurm's own commands: runs one and turns what it refuses into words with a way out.
import { RefusedError } from "../error/failure.ts";

/** What a command printed. */
export interface CommandAnswer {
  readonly success: boolean;
  readonly out: string;
  readonly err: string;
}

// sbatch itself waits for minutes where the queue is full, and says so first.
const FULL_QUEUE = /temporarily unable to accept job/i;

/**
 * Runs a command to its end; a queue that is full ends it early.
 *
 * @throws RefusedError where Slurm is not installed here
 */
export async function slurmCommand(
  name: string,
  args: readonly string[],
): Promise<CommandAnswer> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(name, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new RefusedError(`Cannot use Slurm: there is no "${name}" here`, {
      hint:
        "Run the command on a login node of the cluster, or leave out --executor slurm",
    });
  }
  const read = async (stream: ReadableStream<Uint8Array>) => {
    let text = "";
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (!FULL_QUEUE.test(text)) continue;
      try {
        child.kill("SIGTERM");
      } catch {
        // It ended by itself.
      }
    }
    return text.trim();
  };
  const [{ success }, out, err] = await Promise.all([
    child.status,
    read(child.stdout),
    read(child.stderr),
  ]);
  return { success, out, err };
}

/**
 * What a command printed.
 *
 * @throws RefusedError where it failed
 */
export async function slurmOutput(
  name: string,
  args: readonly string[],
): Promise<string> {
  const { success, out, err } = await slurmCommand(name, args);
  if (success) return out;
  throw new RefusedError(`Cannot ask Slurm: ${name}: ${reasonIn(err)}`, {
    hint:
      "`scontrol ping` tells whether the controller answers; jobs that it has go on, and the same command goes on from here",
  });
}

/** The line of an error output that says why, without the name of the command in front. */
export function reasonIn(err: string): string {
  // Where its help is found is no reason.
  const lines = err.split("\n").map((line) =>
    line.replace(/^\w+: (error|fatal): /, "").trim()
  ).filter((line) => line !== "" && !line.startsWith("Try "));
  return lines.at(-1) ?? "it gave no reason";
}

interface Refusal {
  readonly pattern: RegExp;
  readonly hint: string;
}

const REFUSALS: readonly Refusal[] = [
  {
    pattern: FULL_QUEUE,
    hint: "The queue is full: run the same command again when jobs have ended",
  },
  {
    pattern: /QOS|accounting\/QOS policy|submit limit/i,
    hint:
      "Your account's limits allow no more jobs: run the same command again when some have ended, or name another `executor.slurm.qos`",
  },
  {
    pattern: /partition/i,
    hint: "Name another `executor.slurm.partition`; `sinfo` lists them",
  },
  {
    pattern: /account/i,
    hint: "Name an account of yours as `executor.slurm.account`",
  },
  {
    pattern: /node configuration|memory specification|gres/i,
    hint: "No node has what the step's `resources` ask for: lower them",
  },
];

/** What to do about a refusal of sbatch. */
export function submitHint(err: string): string {
  return REFUSALS.find(({ pattern }) => pattern.test(err))?.hint ??
    "Correct `executor.slurm` or the step's `resources`, then run the same command again";
}
