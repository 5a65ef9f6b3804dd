// What Slurm would accept and never run: looked at before anything is handed over.
import { memoryBytes, type SlurmOptions } from "../catalog/executor_options.ts";
import { secondsOf } from "../clock/duration.ts";
import { RefusedError } from "../error/failure.ts";
import type { PlannedStep } from "../plan/plan.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { didYouMean } from "../source/suggestion.ts";
import { slurmCommand, slurmOutput } from "./slurm_command.ts";

/** @throws RefusedError where jobs cannot be submitted from this machine at all */
export async function requireSlurm(): Promise<void> {
  await slurmCommand("sbatch", ["--version"]);
}

/**
 * Looks whether the partition is there, up, and open to the account and to the times of the steps.
 *
 * @throws RefusedError that says what is wrong and what to do
 */
export async function checkCluster(
  options: SlurmOptions,
  steps: readonly PlannedStep[],
): Promise<void> {
  const rows = (await slurmOutput("sinfo", ["--noheader", "--format=%P|%a"]))
    .split("\n").map((line) => line.split("|"));
  const states = new Map(
    rows.map(([name = "", state = ""]) => [name.replace(/\*$/, ""), state]),
  );
  const standard = rows.find(([name]) => name?.endsWith("*"))?.[0]
    ?.replace(/\*$/, "");
  const partition = options.partition ?? standard;
  const names = [...states.keys()];
  if (partition === undefined) {
    throw new RefusedError(
      "Cannot choose a partition: this cluster has no default one",
      {
        hint: `Name one as \`executor.slurm.partition\`: ${names.join(", ")}`,
      },
    );
  }
  const state = states.get(partition);
  if (state === undefined) {
    throw new RefusedError(
      `Cannot use partition "${partition}": this cluster has none of that name${
        didYouMean(partition, names)
      }`,
      { hint: `Partitions are ${names.join(", ")}` },
    );
  }
  if (state !== "up") {
    throw new RefusedError(
      `Cannot use partition "${partition}": it is ${
        SHORT_STATES.get(state) ?? state
      }`,
      {
        hint:
          `Name another \`executor.slurm.partition\`, or run the same command again when \`sinfo -p ${partition}\` shows it up`,
      },
    );
  }
  const facts = await partitionFacts(partition);
  checkAllowed(
    "account",
    options.account,
    facts.get("AllowAccounts"),
    partition,
  );
  checkAllowed("qos", options.qos, facts.get("AllowQos"), partition);
  await checkSizes(steps, partition);
  checkTimes(steps, facts.get("MaxTime"), partition);
  if (options.account !== null) await checkAccount(options.account);
}

/** What sinfo abbreviates, in full. */
const SHORT_STATES: ReadonlyMap<string, string> = new Map([
  ["inact", "inactive"],
  ["drain", "draining"],
]);

async function partitionFacts(name: string): Promise<Map<string, string>> {
  const text = await slurmOutput("scontrol", [
    ...["--oneliner", "show", "partition"],
    name,
  ]);
  return new Map(
    [...text.matchAll(/(\w+)=(\S+)/g)].map(([, key = "", value = ""]) =>
      [key, value] as const
    ),
  );
}

function checkAllowed(
  what: "account" | "qos",
  asked: string | null,
  allowed: string | undefined,
  partition: string,
): void {
  if (allowed === undefined || allowed === "ALL") return;
  const names = allowed.split(",");
  if (asked !== null && names.includes(asked)) return;
  const found = asked === null ? `no ${what} is named` : `"${asked}" is not`;
  throw new RefusedError(
    `Cannot use partition "${partition}": it is open to ${what} ${
      names.join(", ")
    }, ${found}`,
    { hint: `Set \`executor.slurm.${what}\`, or name another partition` },
  );
}

/** A job that is larger than every node waits for ever. */
async function checkSizes(
  steps: readonly PlannedStep[],
  partition: string,
): Promise<void> {
  const nodes = (await slurmOutput("sinfo", [
    ...["--noheader", "--Node", `--partition=${partition}`],
    "--format=%c|%m",
  ])).split("\n").map((line) => line.split("|").map(Number.parseFloat));
  const cpus = Math.max(0, ...nodes.map(([count = 0]) => count));
  const bytes = Math.max(0, ...nodes.map(([, mib = 0]) => mib)) * 2 ** 20;
  const faults = steps.flatMap(({ name, step: { resources } }) => {
    const memory = resources.memory === null
      ? 0
      : memoryBytes(resources.memory);
    const asked = (resources.cpus ?? 1) > cpus
      ? `${resources.cpus} cpus, no node of it has more than ${cpus}`
      : memory > bytes
      ? `${formatBytes(memory)} of memory, no node of it has more than ${
        formatBytes(bytes)
      }`
      : null;
    return asked === null ? [] : [`step "${name}" asks for ${asked}`];
  });
  if (faults.length === 0) return;
  throw new RefusedError(
    `Cannot use partition "${partition}": ${faults.join("; ")}`,
    {
      hint:
        "Lower the step's `resources`, or name another `executor.slurm.partition`",
    },
  );
}

function checkTimes(
  steps: readonly PlannedStep[],
  most: string | undefined,
  partition: string,
): void {
  const limit = most === undefined ? null : slurmSeconds(most);
  if (limit === null) return;
  const long = steps.filter(({ step: { resources } }) =>
    resources.time !== null && secondsOf(resources.time) > limit
  );
  if (long.length === 0) return;
  throw new RefusedError(
    `Cannot use partition "${partition}" for step ${
      long.map(({ name }) => `"${name}"`).join(", ")
    }: its longest time is ${most}`,
    {
      hint:
        "Lower `resources.time`: a step that trains saves at its end and goes on in its next job",
    },
  );
}

/** Seconds of Slurm's `[days-]hours:minutes:seconds`; null where there is no limit. */
export function slurmSeconds(text: string): number | null {
  const match = /^(?:(\d+)-)?(\d+):(\d+):(\d+)$/.exec(text);
  if (match === null) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1)
    .map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/** Where accounts are kept, an unknown one waits for ever; where they are not, any name will do. */
async function checkAccount(account: string): Promise<void> {
  const { success, out } = await slurmCommand("sacctmgr", [
    ...["--noheader", "--parsable2", "show", "account"],
    ...[account, "format=account"],
  ]);
  if (!success || out === account) return;
  throw new RefusedError(
    `Cannot use account "${account}": Slurm's accounting has none of that name`,
    { hint: "`sacctmgr show associations` lists yours" },
  );
}
