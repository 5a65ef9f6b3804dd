// A pipeline as one sbatch script: started with bash it submits a job per step, started with sbatch it runs everything in one job.
// It needs nothing but fluxline on the nodes.
import {
  memoryBytes,
  type StepResources,
} from "../catalog/executor_options.ts";
import type { Pipeline, Step } from "../catalog/pipeline.ts";
import { topologicalOrder } from "../plan/step_graph.ts";
import { shellWord } from "../worker/shell_word.ts";
import { jobBody, jobOptions } from "./job_script.ts";

/** What the script's jobs call beside the pipeline file. */
export interface ScriptOptions {
  /** Folder of all runs, as the jobs are to name it. */
  readonly runs: string;
  /** Overrides, each `a.b=value`. */
  readonly set: readonly string[];
  /** The cell of the file's matrix; left out where it has none. */
  readonly cell?: string;
}

/** The text of the script. */
export function standaloneScript(
  pipeline: Pipeline,
  { runs, set, cell }: ScriptOptions,
): string {
  const { file, name, steps, executor: { slurm } } = pipeline;
  const call = [
    ...["deno", "task", "--quiet", "train", file, "--runs", runs],
    ...set.flatMap((one) => ["--set", one]),
    ...(cell === undefined ? [] : ["--cell", cell]),
  ].map(shellWord).join(" ");
  const whole = jobOptions(largest(steps), slurm);
  return [
    "#!/bin/bash",
    `#SBATCH --job-name=${name}`,
    ...whole.map((option) => `#SBATCH ${option}`),
    `# Pipeline ${file}, to be started in the folder of the project:`,
    "#",
    "#   bash SCRIPT     one job per step, each behind the jobs of the steps that it needs",
    "#   sbatch SCRIPT   the whole pipeline in one job",
    "#",
    "# Either goes on where it stopped when it is started again. A job that is preempted or near the end of its time saves and",
    "# goes back to the queue.",
    'if [ -z "${SLURM_JOB_ID:-}" ]; then',
    "  declare -A job",
    ...topologicalOrder(steps).flatMap((step) => [
      `  job[${step.name}]=$(sbatch --parsable ${submitWords(step, pipeline)} ${
        dependency(step)
      }"$0" ${step.name}) || exit`,
      `  echo "${step.name}: job \${job[${step.name}]}"`,
    ]),
    "  exit",
    "fi",
    ...jobBody(`${call} \${1:+--only "$1"}`, slurm),
    "",
  ].join("\n");
}

function submitWords(step: Step, pipeline: Pipeline): string {
  return [
    `--job-name=${pipeline.name}:${step.name}`,
    ...jobOptions(step.resources, pipeline.executor.slurm),
  ].map(shellWord).join(" ");
}

function dependency({ needs }: Step): string {
  if (needs.length === 0) return "";
  const jobs = needs.map((need) => `\${job[${need}]}`).join(":");
  return `--kill-on-invalid-dep=yes --dependency="afterok:${jobs}" `;
}

/** What one job needs that runs every step, one after the other, for as long as it takes. */
function largest(steps: readonly Step[]): StepResources {
  const all = steps.map(({ resources }) => resources);
  const most = (values: readonly (number | null)[]) => {
    const known = values.flatMap((value) => value ?? []);
    return known.length === 0 ? null : Math.max(...known);
  };
  const memory = all.flatMap((one) => one.memory ?? [])
    .sort((left, right) => memoryBytes(left) - memoryBytes(right)).at(-1);
  return {
    cpus: most(all.map(({ cpus }) => cpus)),
    gpus: most(all.map(({ gpus }) => gpus)),
    memory: memory ?? null,
    time: null,
  };
}
