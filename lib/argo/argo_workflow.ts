// A pipeline as a manifest of Argo Workflows: the same graph, one container per step, on a volume that all of them mount.
import { memoryBytes } from "../catalog/executor_options.ts";
import type { DatasetEntry, Pipeline, Step } from "../catalog/pipeline.ts";
import { datasetRoles } from "../plan/step_inputs.ts";
import { stepVariables } from "../plan/step_variables.ts";
import { isPattern } from "../worker/variable_names.ts";

/** What the containers call beside the pipeline file. */
export interface WorkflowOptions {
  /** Folder of all runs, inside the mounted project. */
  readonly runs: string;
  /** Overrides, each `a.b=value`. */
  readonly set: readonly string[];
  /** The cell of the file's matrix; left out where it has none. */
  readonly cell?: string;
  /** Version of Deno whose image is the default. */
  readonly denoVersion: string;
}

/** Where the volume with the project is mounted. */
const PROJECT = "/project";
/** Seconds that a pod has to save after it was told to end. */
const SAVE_SECONDS = 120;
/** How often a step is started again whose pod was lost. */
const LOST_PODS = 10;

/** The manifest, as plain data. */
export function argoWorkflow(
  pipeline: Pipeline,
  options: WorkflowOptions,
): Record<string, unknown> {
  const { name, steps } = pipeline;
  const names = argoNames(steps.map((step) => step.name));
  const argoName = (step: string) => names.get(step) as string;
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Workflow",
    metadata: { generateName: `${dnsLabel(name)}-` },
    spec: {
      entrypoint: PIPELINE_TEMPLATE,
      arguments: {
        parameters: [
          { name: "image", value: `denoland/deno:${options.denoVersion}` },
          { name: "claim", value: "fluxline" },
        ],
      },
      // One claim that many nodes may write: it holds the project with its runs folder.
      volumes: [{
        name: "project",
        persistentVolumeClaim: { claimName: "{{workflow.parameters.claim}}" },
      }],
      podSpecPatch: JSON.stringify({
        terminationGracePeriodSeconds: SAVE_SECONDS,
      }),
      templates: [
        {
          name: PIPELINE_TEMPLATE,
          dag: {
            tasks: steps.map((step) => ({
              name: argoName(step.name),
              template: argoName(step.name),
              ...(step.needs.length === 0
                ? {}
                : { dependencies: step.needs.map(argoName) }),
            })),
          },
        },
        ...steps.map((step) =>
          template(step, argoName(step.name), pipeline, options)
        ),
      ],
    },
  };
}

const PIPELINE_TEMPLATE = "pipeline-of-steps";

function template(
  step: Step,
  name: string,
  { file, datasets }: Pipeline,
  { runs, set, cell }: WorkflowOptions,
): Record<string, unknown> {
  const variables = stepVariables(
    step,
    [...datasetRoles(step).values()].map((one) =>
      datasets[one] as DatasetEntry
    ),
  );
  const named = variables.filter(({ name }) => !isPattern(name));
  return {
    name,
    ...(step.timeout_seconds === null
      ? {}
      : { activeDeadlineSeconds: Math.ceil(step.timeout_seconds) }),
    // A pod that is evicted, or whose node fails, is an error of Argo's; a step that fails is not, and has its own `retry`.
    retryStrategy: { limit: String(LOST_PODS), retryPolicy: "OnError" },
    container: {
      // What Argo itself calls it; its schema asks for a name.
      name: "main",
      image: "{{workflow.parameters.image}}",
      workingDir: PROJECT,
      command: ["deno"],
      args: [
        ...["task", "--quiet", "train", file, "--only", step.name],
        ...["--runs", runs],
        ...set.flatMap((one) => ["--set", one]),
        ...(cell === undefined ? [] : ["--cell", cell]),
      ],
      env: [
        // The cache lies on the volume, so that a pod needs no network for code that an earlier one fetched.
        { name: "DENO_DIR", value: `${PROJECT}/.deno` },
        ...named.map(({ name: variable, isOptional }) => ({
          name: variable,
          valueFrom: {
            secretKeyRef: {
              ...{ name: "fluxline", key: variable },
              ...(isOptional ? { optional: true } : {}),
            },
          },
        })),
      ],
      // Nobody knows here which keys a pattern will fit; the runner gives the step's process no others.
      ...(named.length === variables.length
        ? {}
        : { envFrom: [{ secretRef: { name: "fluxline" } }] }),
      ...resources(step),
      volumeMounts: [{ name: "project", mountPath: PROJECT }],
    },
  };
}

function resources(
  { resources: { cpus, memory, gpus } }: Step,
): Record<string, unknown> {
  const limits = {
    ...(cpus === null ? {} : { cpu: String(cpus) }),
    ...(memory === null
      ? {}
      : { memory: `${Math.ceil(memoryBytes(memory) / 2 ** 20)}Mi` }),
    ...(gpus === null || gpus === 0 ? {} : { "nvidia.com/gpu": String(gpus) }),
  };
  return Object.keys(limits).length === 0
    ? {}
    : { resources: { requests: limits, limits } };
}

/** Names as Argo takes them: letters, digits and "-", and still one each. */
function argoNames(names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const taken = new Set([PIPELINE_TEMPLATE]);
  for (const name of names) {
    const plain = dnsLabel(name);
    let own = plain;
    for (let number = 2; taken.has(own); number++) own = `${plain}-${number}`;
    taken.add(own);
    found.set(name, own);
  }
  return found;
}

function dnsLabel(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(
    /^-|-$/g,
    "",
  );
}
