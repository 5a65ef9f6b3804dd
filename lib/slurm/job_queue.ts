// The queue as squeue shows it: jobs of ours, by the comment that they were submitted with.
import { slurmOutput } from "./slurm_command.ts";

/** Stands in front of the submission in a job's comment. */
export const COMMENT_PREFIX = "fluxline:";

/** One job, or one element of an array. */
export interface QueuedJob {
  /** As people name it: `12`, or `12_3` in an array. */
  readonly id: string;
  /** Place in its array; 0 where it is none. */
  readonly index: number;
  readonly submission: string;
  /** Slurm's word, such as PENDING, RUNNING or OUT_OF_MEMORY. */
  readonly state: string;
  /** Why it waits or how it ended, in Slurm's words. */
  readonly reason: string;
  readonly partition: string;
  readonly node: string;
}

const ENDED = new Set([
  ...["BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED"],
  ...["NODE_FAIL", "OUT_OF_MEMORY", "TIMEOUT", "REVOKED"],
]);

/** Whether the job is over for good. One that was preempted or whose node failed is over unless Slurm has put it back. */
export function isOver({ state }: QueuedJob): boolean {
  return ENDED.has(state) || state === "PREEMPTED";
}

/**
 * Jobs of fluxline that the controller knows: waiting, running, and those that ended a short while ago.
 *
 * @throws RefusedError where Slurm is not there or does not answer
 */
export async function listJobs(): Promise<QueuedJob[]> {
  const out = await slurmOutput("squeue", [
    ...["--me", "--noheader", "--array", "--states=all"],
    "--format=%i|%K|%T|%r|%P|%N|%k",
  ]);
  return out.split("\n").flatMap((line) => parseJob(line) ?? []);
}

/** One line of squeue; null for jobs that are not ours. */
export function parseJob(line: string): QueuedJob | null {
  const [id, index, state, reason, partition, node, ...comment] = line
    .split("|");
  const text = comment.join("|").trim();
  if (id === undefined || !text.startsWith(COMMENT_PREFIX)) return null;
  return {
    id: id.trim(),
    index: /^\d+$/.test(index ?? "") ? Number(index) : 0,
    state: (state ?? "").trim(),
    reason: (reason ?? "").trim(),
    partition: (partition ?? "").trim(),
    node: (node ?? "").trim(),
    submission: text.slice(COMMENT_PREFIX.length),
  };
}

/** The job that works on place `index` of a submission; null where the controller knows of none. */
export function findJob(
  jobs: readonly QueuedJob[],
  submission: string,
  index: number,
): QueuedJob | null {
  return jobs.find((job) =>
    job.submission === submission && job.index === index
  ) ?? null;
}

/** What can be done beside waiting for the partition. */
const MOVE =
  "`fluxline cancel`, then `train` with another `executor.slurm.partition`, moves it";

// Reasons that no end of another job removes, each with what does.
const STUCK: ReadonlyMap<string, string> = new Map([
  ["PartitionDown", `PARTITION is down; it starts when that is up; ${MOVE}`],
  [
    "PartitionInactive",
    `PARTITION is inactive; it starts when that is up; ${MOVE}`,
  ],
  ["PartitionConfig", `PARTITION has no node like this; ${MOVE}`],
  ["PartitionTimeLimit", `its time is longer than PARTITION allows; ${MOVE}`],
  [
    "BadConstraints",
    "no node fulfils it; `fluxline cancel`, then `train` with another `executor.slurm.constraint` or fewer `resources`",
  ],
  [
    "InvalidAccount",
    "the account is not valid; `fluxline cancel`, then `train` with another `executor.slurm.account`",
  ],
  [
    "InvalidQOS",
    "the quality of service is not valid; `fluxline cancel`, then `train` with another `executor.slurm.qos`",
  ],
  ["DependencyNeverSatisfied", "a step that it needs has failed"],
  ["JobHeldAdmin", "an administrator holds it, and alone can release it"],
  ["JobHeldUser", "it is held; `scontrol release` lets it go on"],
  [
    "launch failed requeued held",
    "its node failed at the start; `scontrol release` lets it go on",
  ],
]);

/** Whether the job waits for something that no end of another job brings. */
export function isStuck({ state, reason }: QueuedJob): boolean {
  return state === "PENDING" && STUCK.has(reason);
}

/** One clause for people: `pending: Priority`, `running on n1`; where waiting alone does not help, with what does. */
export function describeJob(job: QueuedJob): string {
  const state = job.state.toLowerCase().replaceAll("_", " ");
  if (job.state === "RUNNING") return `running on ${job.node}`;
  const { reason, partition } = job;
  const known =
    STUCK.get(reason)?.replace("PARTITION", `partition "${partition}"`) ??
      reason;
  return known === "" || known === "None" ? state : `${state}: ${known}`;
}
