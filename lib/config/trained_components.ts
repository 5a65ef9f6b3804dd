// What a train step trains, with which optimizers: derived from its flags, its optimizers and `freeze`, never from an earlier step.
import {
  type Component,
  componentOf,
  COMPONENTS,
} from "../catalog/component.ts";
import type { TrainStep } from "../catalog/pipeline.ts";
import { isSpadeStep } from "../catalog/training_mode.ts";
import {
  OPTIMIZER_NAMES,
  type OptimizerName,
} from "../catalog/step_options.ts";
import {
  checkNetworkNames,
  checkOptimizers,
  flagFor,
  FLAGS,
  OPTIMIZED,
  optimizerEntry,
  schedulerEntry,
} from "./optimizer_checks.ts";
import { locate } from "../source/located_tree.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft, type StepOptions } from "./step_drafts.ts";

type TrainOptions = Extract<StepOptions, { task: "train" }>["options"];

/** The part of a train step that its flags decide. */
export type Training = Pick<
  TrainStep,
  "trains" | "frozen" | "components" | "freeze" | "unfreeze" | "optimization"
>;

/** Derives what the step trains; contradictions are reported. */
export function resolveTraining(
  draft: StepDraft,
  options: TrainOptions,
  report: Report,
): Training {
  const written = Object.keys(options.optimization.optimizers);
  for (const kind of ["optimizers", "schedulers"] as const) {
    const named = locate(draft.merged, ["optimization", kind]);
    checkNetworkNames(named, {
      key: `optimization.${kind}`,
      where: draft.where,
    }, report);
  }
  const freeze = componentsOf(options.freeze);
  const unfreeze = componentsOf(options.unfreeze);
  const spared = sparedComponents(options, freeze);
  const asked = OPTIMIZER_NAMES.filter((name) =>
    asksFor(name, options) &&
    OPTIMIZED[name].some((component) => !spared.includes(component))
  );
  if (asked.length === 0) reportNoTraining(draft, report);
  // Captions only reach the flow, so a text encoder is trained only beside it.
  const withText = asked.includes("flow") &&
    (written.includes("text_encoder") || draft.automatic.fillsGaps) &&
    !freeze.includes("text_encoder");
  const active = OPTIMIZER_NAMES.filter((name) =>
    asked.includes(name) || (name === "text_encoder" && withText)
  );
  const trains = active.flatMap((name) => OPTIMIZED[name])
    .filter((component) => !spared.includes(component));
  checkFreeze(draft, { options, trains, freeze, unfreeze }, report);
  checkOptimizers(draft, { options, active }, report);
  const components = COMPONENTS.filter((component) =>
    usedComponents(active).includes(component)
  );
  return {
    freeze,
    unfreeze,
    trains,
    components,
    frozen: COMPONENTS.filter((one) =>
      !trains.includes(one) &&
      (components.includes(one) || freeze.includes(one))
    ),
    optimization: {
      optimizers: Object.fromEntries(
        active.map((name) => [name, optimizerEntry(name, draft, options)]),
      ),
      schedulers: Object.fromEntries(
        active.map((name) => [name, schedulerEntry(name, draft, options)]),
      ),
    },
  };
}

function asksFor(name: OptimizerName, options: TrainOptions): boolean {
  return FLAGS[name].some((flag) => options[flag] === true) ||
    (name === "vae" && isSpadeStep(options));
}

/**
 * What is not trained although its optimizer is asked for. SPADE's weights are all in the expander. A discriminator's verdict alone
 * can train a part of the VAE, or none of it: a discriminator may first learn against weights that stand still.
 */
function sparedComponents(
  options: TrainOptions,
  freeze: readonly Component[],
): Component[] {
  if (isSpadeStep(options)) return ["compressor"];
  if (options.train_vae || !options.gan_training) return [];
  return OPTIMIZED.vae.filter((component) => freeze.includes(component));
}

function usedComponents(active: readonly OptimizerName[]): Component[] {
  const vae: Component[] =
    active.some((name) =>
        name === "vae" || name === "discriminator" || name === "flow"
      )
      ? ["compressor", "expander"]
      : [];
  const flow: Component[] = active.includes("flow")
    ? ["flow_processor", "text_encoder"]
    : [];
  const discriminator: Component[] = active.includes("discriminator")
    ? ["discriminator"]
    : [];
  return [...vae, ...flow, ...discriminator];
}

function componentsOf(names: readonly string[]): Component[] {
  return [
    ...new Set(
      names.map(componentOf).filter((component) => component !== undefined),
    ),
  ];
}

function reportNoTraining(
  draft: StepDraft,
  report: Report,
): void {
  report.error(
    placeIn(draft),
    `Cannot read ${draft.where}: it trains nothing`,
    'Write "train_vae: true" or "train_diff: true", or another "task"',
  );
}

interface FreezePlan {
  readonly options: TrainOptions;
  readonly trains: readonly Component[];
  readonly freeze: readonly Component[];
  readonly unfreeze: readonly Component[];
}

function checkFreeze(draft: StepDraft, plan: FreezePlan, report: Report): void {
  for (const [index, name] of plan.options.freeze.entries()) {
    const component = componentOf(name);
    if (component === undefined) continue;
    const place = placeIn(draft, "freeze", index);
    if (plan.trains.includes(component)) {
      report.error(
        place,
        `Cannot freeze "${name}" in ${draft.where}: the step trains it (${
          flagFor(component, plan.options)
        })`,
        "Take it out of freeze, or switch that off",
      );
    } else if (plan.unfreeze.includes(component)) {
      report.error(
        place,
        `Cannot freeze "${name}" in ${draft.where}: "unfreeze" names it too`,
        "Take it out of one of the two",
      );
    }
  }
  for (const [index, name] of plan.options.unfreeze.entries()) {
    const component = componentOf(name);
    if (
      component === undefined || plan.trains.includes(component) ||
      plan.freeze.includes(component)
    ) continue;
    report.warning(
      placeIn(draft, "unfreeze", index),
      `"unfreeze" names "${name}" in ${draft.where}, which the step does not train`,
      component === "text_encoder"
        ? 'Add an optimizer "text_encoder", or take it out'
        : "Take it out: each step says itself what it trains",
    );
  }
}
