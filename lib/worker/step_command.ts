// How the process of a step is started: with which command, in which group, and with its audit where.
import { type Confinement, onCores, visibleGpus } from "./confinement.ts";
import { spawnGroup } from "./process_group.ts";
import { withheldVariables } from "./secret_names.ts";

/** Decides everything about a step's process that it cannot be told later. */
export interface StepCommand {
  /** Absolute path of the module to run. */
  readonly entry: string;
  readonly flags: readonly string[];
  /** Cores and GPUs that the process may use; all where it is left out. */
  readonly confinement?: Confinement;
  /** Variables with secrets that reach the process in another way, and not by its environment. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Starts the process; Deno keeps the audit of what it asks for at the absolute path `audit`. */
export function spawnStep(
  { entry, flags, confinement, secrets = {} }: StepCommand,
  audit: string,
): Deno.ChildProcess {
  const { cores = null, gpus = null } = confinement ?? {};
  const { command, args } = onCores(cores, Deno.execPath(), [
    ...["run", "--quiet"],
    ...flags,
    entry,
  ]);
  return spawnGroup(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: {
      ...withheldVariables(flags, Object.keys(secrets)),
      DENO_AUDIT_PERMISSIONS: audit,
      NO_COLOR: "1",
      // Deno's telemetry would send what a task prints to a host that the step has no permission for, secrets and all; and now and
      // then a process with piped output never got to its end with it.
      OTEL_DENO: "false",
      ...visibleGpus(gpus),
    },
  });
}
