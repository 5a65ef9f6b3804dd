// A plan as text for people.
import type {
  OptimizerEntry,
  SchedulerEntry,
  ShardEntry,
  Step,
  TrainStep,
} from "../catalog/pipeline.ts";
import { totals } from "./action_totals.ts";
import { mostEpochs } from "../config/transition_checks.ts";
import { shownPath, type StepPermissions } from "../worker/permissions.ts";
import { diskForecast } from "./disk_forecast.ts";
import { PAINT, paint, paintChange, type PaintOptions } from "./paint.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import type { Action } from "./step_action.ts";
import { estimateLines } from "./cost_text.ts";
import type { StepEstimate } from "../store/estimate_record.ts";
import { drawGraph } from "./step_graph.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { counted, textTable } from "./text_table.ts";
import { trainingKinds } from "./training_kinds.ts";

/** The plan as text of several lines, without a final line break. */
export function renderPlan(
  plan: Plan,
  options: PaintOptions,
  estimates: ReadonlyMap<string, StepEstimate> = new Map(),
  reasons: ReadonlyMap<string, string> = new Map(),
): string {
  const heading = (text: string) => paint(text, PAINT.bold, options);
  const blocks = [
    [
      heading(`Plan of ${plan.file}`),
      `mode: ${plan.mode}`,
      `run: ${plan.run}   seed: ${plan.pipeline.seed}   engine: ${
        engineText(plan)
      }   folder: ${shownPath(plan.runsDir)}`,
    ],
    [heading("Graph"), ...drawGraph(plan.steps).map(indented)],
    [heading("Steps"), ...stepLines(plan.steps, options)],
    trainingLines(plan, heading("Training")),
    [heading("Data"), ...dataLines(plan)],
    [heading("Permissions"), ...permissionLines(plan.steps)],
    [heading("Estimates"), ...estimateLines(plan.steps, estimates, reasons)],
    [
      `Total: ${totals(plan.steps)}`,
      ...forecastLines(plan),
      `Free disk space: ${freeSpace(plan)}`,
    ],
  ];
  return blocks.filter((block) => block.length > 1).map((block) =>
    block.join("\n")
  ).join("\n\n");
}

function engineText({ engine, isEngineOpen }: Plan): string {
  return isEngineOpen ? "auto, chosen at the first start" : engine.numericClass;
}

const ACTION_WIDTH = "resume".length;
const COLORS: Readonly<Record<Action, number>> = {
  run: PAINT.yellow,
  resume: PAINT.cyan,
  reuse: PAINT.green,
  wait: PAINT.grey,
};

function indented(line: string): string {
  return `  ${line}`;
}

function stepLines(
  steps: readonly PlannedStep[],
  options: PaintOptions,
): string[] {
  const lines = textTable(
    steps.map((step) => [step.name, step.task, step.key, step.reason]),
  );
  return lines.flatMap((line, index) => {
    const step = steps[index] as PlannedStep;
    const { description } = step.step;
    const action = paint(
      step.action.padEnd(ACTION_WIDTH),
      COLORS[step.action],
      options,
    );
    const aside = step.setsAside ? " (its folder is moved aside)" : "";
    const shared = step.sharedWith.length > 0
      ? ` (also used by run ${step.sharedWith.join(", ")})`
      : "";
    const told = step.changes.length === 0 ? line : paintChanges(line, options);
    const row = `  ${action}  ${told}${aside}${shared}`;
    return description.trim() === "" ? [row] : [
      row,
      ...description.trimEnd().split("\n").map((text) =>
        `${" ".repeat(ACTION_WIDTH + 4)}${text}`
      ),
    ];
  });
}

/** The reason names what changed as `key old -> new, key old -> new`. */
function paintChanges(line: string, options: PaintOptions): string {
  return line.replaceAll(
    /(\S+) -> (\S+?)(?=,? |,?$)/g,
    (_, old: string, now: string) => paintChange(old, now, options),
  );
}

function trainingLines(
  { steps, pipeline }: Plan,
  heading: string,
): string[] {
  const files = pipeline.weight_files?.written ?? "";
  const train = steps.map((step) => step.step).filter((
    step,
  ): step is TrainStep => step.task === "train");
  if (train.length === 0) return [];
  const rows = train.map((step) => [
    step.name,
    trainingKinds(step),
    durationOf(step),
    String(step.batch_size),
    step.trains.join(", "),
    step.frozen.join(", ") || "-",
    startsFrom(step, files),
  ]);
  const courses = train.flatMap((step) =>
    Object.entries(step.optimization.optimizers).map(([name, optimizer]) => [
      step.name,
      name,
      describeOptimizer(optimizer),
      describeScheduler(
        step.optimization
          .schedulers[name as keyof typeof step.optimization.schedulers],
      ),
    ])
  );
  return [
    heading,
    ...textTable(
      [TRAINING_COLUMNS, ...rows],
      "  ",
    ),
    `  total epochs: ${totalEpochs(train)}`,
    "",
    ...textTable(
      [["step", "network", "optimizer", "lr scheduler"], ...courses],
      "  ",
    ),
    ...train.filter((step) => step.transition_on.mode === "loss_threshold").map(
      (step) => `  ${step.name} ends ${describeTransition(step)}`,
    ),
  ];
}

const TRAINING_COLUMNS = [
  ...["step", "kinds", "epochs", "batch"],
  ...["trains", "frozen", "starts from"],
];

/** `5`, or `5 of at most 40 batches`. */
function durationOf(step: TrainStep): string {
  const epochs = String(mostEpochs(step));
  return step.max_steps === null
    ? epochs
    : `${epochs} of at most ${counted(step.max_steps, "batch", "batches")}`;
}

function totalEpochs(steps: readonly TrainStep[]): string {
  const total = steps.reduce((sum, step) => sum + mostEpochs(step), 0);
  const isBound = steps.every((step) => step.transition_on.mode === "epoch");
  return isBound ? String(total) : `at most ${total}`;
}

function startsFrom(step: TrainStep, files: string): string {
  const fromFiles = step.from_files ?? [];
  const sources = [
    ...new Set(Object.values(step.init_from)),
    ...(fromFiles.length === 0 ? [] : [`${files} (${fromFiles.join(", ")})`]),
  ];
  if (sources.length === 0) return "fresh weights";
  const fresh = step.components.filter((component) =>
    step.init_from[component] === undefined && !fromFiles.includes(component)
  );
  return fresh.length === 0
    ? sources.join(", ")
    : `${sources.join(", ")}; fresh ${fresh.join(", ")}`;
}

/** When a train step ends, as a clause. */
function describeTransition(step: TrainStep): string {
  const rule = step.transition_on;
  if (rule.mode === "epoch") return `after ${counted(step.n_epochs, "epoch")}`;
  return `when the mean of ${rule.window} ${rule.metric} is ${rule.direction} ${rule.threshold}, ` +
    `or after ${counted(rule.max_epochs, "epoch")}`;
}

function describeOptimizer(entry: OptimizerEntry): string {
  return describeOptions(entry.type, entry);
}

function describeScheduler(entry: SchedulerEntry | undefined): string {
  return entry === undefined ? "-" : describeOptions(entry.type, entry);
}

/** `AdamW lr=0.0001 betas=0.9,0.95`; options that are zero, off or unset say nothing. */
function describeOptions(type: string, entry: object): string {
  const options = Object.entries(entry)
    .filter(([key, value]) =>
      key !== "type" && value !== null && value !== 0 && value !== false
    )
    .map(([key, value]) => `${key}=${String(value)}`);
  return [type, ...options].join(" ");
}

function dataLines(plan: Plan): string[] {
  const rows = plan.steps.flatMap((planned) =>
    Object.entries(planned.request.datasets).map(([name, dataset]) => [
      planned.name,
      name,
      dataset.type === "webdataset"
        ? shardsText(dataset)
        : dataset.from === null
        ? shownPath(dataset.imageFolder)
        : `made by ${dataset.from}`,
      amountOf(planned.step, name, planned.request.plan.trainSteps),
    ])
  );
  return textTable(rows, "  ");
}

/** `47 shards of https://host/data-{000..046}.tar`. */
function shardsText({ webdataset_url, shards }: ShardEntry): string {
  const count = shards.kind === "remote"
    ? shards.urls.length
    : shards.paths.length;
  return `${counted(count, "shard")} of ${webdataset_url}`;
}

function amountOf(
  step: Step,
  dataset: string,
  trainSteps: number | null,
): string {
  if (
    step.task !== "train" || step.dataset !== dataset || trainSteps === null
  ) return "";
  return counted(trainSteps, "update");
}

function permissionLines(steps: readonly PlannedStep[]): string[] {
  return steps.flatMap((step) => [
    `  ${step.name}`,
    ...textTable(grantRows(step.permissions), "    "),
    ...(step.permissions.ffi.length === 0
      ? []
      : ["    native code: file scope not enforced"]),
  ]);
}

/** One row per granted place, and one that names every permission without any. */
function grantRows(permissions: StepPermissions): string[][] {
  const all = Object.entries(permissions) as [string, readonly string[]][];
  const rows: string[][] = [];
  const none: string[] = [];
  for (const [name, entries] of all) {
    if (entries.length === 0) none.push(name);
    entries.forEach((entry, index) =>
      rows.push([index === 0 ? name : "", entry])
    );
  }
  if (none.length > 0) rows.push(["none", none.join(", ")]);
  return rows;
}

/** Nothing where no checkpoint is to be written. */
function forecastLines(plan: Plan): string[] {
  const { keptBytes, peakBytes } = diskForecast(plan);
  if (peakBytes === 0) return [];
  const isTight = plan.freeBytes !== null && plan.freeBytes < peakBytes;
  return [
    `Checkpoints to write: at most ${formatBytes(keptBytes)} stay, ${
      formatBytes(peakBytes)
    } at once${isTight ? ": more than is free" : ""}`,
  ];
}

function freeSpace(plan: Plan): string {
  return plan.freeBytes === null
    ? "not known (needs --allow-sys=statfs)"
    : formatBytes(plan.freeBytes);
}
