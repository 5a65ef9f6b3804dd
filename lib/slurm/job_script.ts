// The shell around a command in a Slurm job: passes Slurm's signals on, and puts the job back into the queue when the command has
// saved its state and left before its time was over.
import type { SlurmOptions } from "../catalog/executor_options.ts";
import {
  memoryBytes,
  type StepResources,
} from "../catalog/executor_options.ts";
import { secondsOf } from "../clock/duration.ts";
import { EXIT_CODE } from "../error/exit_code.ts";

/** Options of sbatch that a step and a pipeline ask for. */
export function jobOptions(
  resources: StepResources,
  slurm: SlurmOptions,
): string[] {
  const { cpus, memory, gpus, time } = resources;
  const saveBefore = Math.ceil(secondsOf(slurm.save_before));
  return [
    "--nodes=1",
    "--ntasks=1",
    ...option("cpus-per-task", cpus),
    ...option(
      "mem",
      memory === null ? null : `${Math.ceil(memoryBytes(memory) / 2 ** 20)}M`,
    ),
    ...option("gres", gpus === null || gpus === 0 ? null : `gpu:${gpus}`),
    // Slurm counts minutes.
    ...option("time", time === null ? null : Math.ceil(secondsOf(time) / 60)),
    ...option("partition", slurm.partition),
    ...option("account", slurm.account),
    ...option("qos", slurm.qos),
    ...option("constraint", slurm.constraint),
    ...option("reservation", slurm.reservation),
    `--signal=B:USR1@${saveBefore}`,
    "--requeue",
    "--open-mode=append",
    ...slurm.options,
  ];
}

/** What a job does around its command. */
export interface JobBody {
  /** Lines of shell in front of the command. */
  readonly setup: readonly string[];
  /** Whether the script serves the elements of an array. */
  readonly isArray?: boolean;
  /** Time in which a job must have begun its command, or it never will; null where nothing bounds it. */
  readonly setupSeconds?: number | null;
}

/** The lines behind the options: what runs in the job. `command` is shell text that names the program and its arguments. */
export function jobBody(
  command: string,
  { setup, isArray = false, setupSeconds = null }: JobBody,
): string[] {
  // An element's own number may be that of the whole array, by which all elements would be put back.
  const job = isArray
    ? "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
    : "$SLURM_JOB_ID";
  return [
    `asked= pid= code=${EXIT_CODE.terminated}`,
    // Preemption and the end of the time send USR1, scancel sends TERM: the command saves and leaves on both. A signal may come while
    // the job is set up, and would end the shell.
    `trap 'asked=1; [ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null' USR1 TERM`,
    ...setup,
    'if [ -z "$asked" ]; then',
    `  ${command} &`,
    "  pid=$!",
    '  [ -z "$asked" ] || kill -TERM "$pid" 2>/dev/null',
    // A signal ends a wait early; the status counts once the process is gone.
    '  while wait "$pid"; code=$?; kill -0 "$pid" 2>/dev/null; do :; done',
    '  wait "$pid" 2>/dev/null; late=$?; [ "$late" = 127 ] || code=$late',
    ...(setupSeconds === null ? [] : [
      `elif [ "$SECONDS" -ge ${Math.ceil(setupSeconds)} ]; then`,
      "  echo 'error: the lines of `executor.slurm.setup` took the time of the job; raise `resources.time`' >&2",
      `  code=${EXIT_CODE.timedOut}`,
    ]),
    "fi",
    `if [ -n "$asked" ] && { [ "$code" = ${EXIT_CODE.terminated} ] || [ "$code" = 138 ]; }; then`,
    // Where this node was taken for dead, Slurm has put the job back already, and it may run elsewhere.
    `  case "$(scontrol --oneliner show job "${job}" 2>/dev/null)" in`,
    `    *" JobState=RUNNING "*" BatchHost=$SLURMD_NODENAME "*) scontrol requeue "${job}" ;;`,
    "  esac",
    "fi",
    'exit "$code"',
  ];
}

function option(name: string, value: string | number | null): string[] {
  return value === null ? [] : [`--${name}=${value}`];
}
