// slurm.conf of the cluster for tests: several nodes on this host, memory limits that are kept, preemption that requeues.

/** What a cluster is made of. */
export interface ClusterOptions {
  /** Daemons of nodes; 2 by default. */
  readonly nodes?: number;
  /** Further lines of slurm.conf. */
  readonly lines?: readonly string[];
  /** How many jobs the controller keeps; 1000 by default. */
  readonly maxJobs?: number;
}

const CPUS_PER_NODE = 4;
const MEMORY_PER_NODE_MB = 4096;

/** The text of slurm.conf. */
export function configuration(
  folder: string,
  nodes: readonly string[],
  { lines = [], maxJobs = 1000 }: ClusterOptions,
): string {
  const ports = freePorts(nodes.length + 1);
  const all = nodes.join(",");
  return [
    "ClusterName=fluxline",
    "SlurmctldHost=localhost(127.0.0.1)",
    `SlurmctldPort=${ports[0]}`,
    "SlurmUser=root",
    "SlurmdUser=root",
    "AuthType=auth/munge",
    // How long a requeued job waits before it starts again is the life of its credential.
    `AuthInfo=socket=${folder}/munge.socket,cred_expire=5`,
    "CredType=cred/munge",
    "CryptoType=crypto/munge",
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool/%n`,
    `SlurmctldPidFile=${folder}/controller.pid`,
    `SlurmdPidFile=${folder}/%n.pid`,
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_Core_Memory",
    "JobAcctGatherType=jobacct_gather/linux",
    "JobAcctGatherFrequency=task=1",
    "JobAcctGatherParams=OverMemoryKill",
    "SlurmdParameters=config_overrides",
    "PreemptType=preempt/partition_prio",
    "PreemptMode=REQUEUE",
    "SlurmctldParameters=preempt_send_user_signal",
    "SchedulerParameters=sched_interval=1,sched_min_interval=100000,bf_interval=1,batch_sched_delay=0",
    "SlurmdTimeout=5",
    "InactiveLimit=0",
    // Where jobs are few, those that ended must make room for others.
    `MinJobAge=${maxJobs < 10 ? 2 : 300}`,
    "KillWait=10",
    "ReturnToService=2",
    `MaxJobCount=${maxJobs}`,
    "MpiDefault=none",
    "MailProg=/bin/true",
    ...nodes.map((node, at) =>
      `NodeName=${node} NodeHostname=localhost NodeAddr=127.0.0.1 Port=${
        ports[at + 1]
      } CPUs=${CPUS_PER_NODE} RealMemory=${MEMORY_PER_NODE_MB}`
    ),
    `PartitionName=main Nodes=${all} Default=YES PriorityTier=1 DefMemPerCPU=256 GraceTime=20 OverTimeLimit=0`,
    `PartitionName=urgent Nodes=${all} PriorityTier=10 DefMemPerCPU=256`,
    `PartitionName=closed Nodes=${all} State=DOWN`,
    `PartitionName=guarded Nodes=${all} AllowAccounts=physics AllowQos=high`,
    ...lines,
    "",
  ].join("\n");
}

/** Ports that nobody listens on at this moment. */
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}
