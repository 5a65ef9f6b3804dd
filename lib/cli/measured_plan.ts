// A plan with what one batch of each new step takes, measured while the command waits.
import type { Pipeline } from "../catalog/pipeline.ts";
import type { EngineChoice } from "../engine_setup/engine_choice.ts";
import type { EngineWish } from "../engine_setup/engine_wish.ts";
import { estimateCosts } from "../plan/cost_estimate.ts";
import { type Plan, type PlanOptions, planPipeline } from "../plan/plan.ts";
import { planOnEngine } from "../runner/engine_decision.ts";
import { type MeasuredCosts, measureSteps } from "../runner/measure_steps.ts";
import { listenForSignals, StopControl } from "../runner/stop_control.ts";
import type { Print } from "./plan_command.ts";

/** A plan and what is known of its steps. */
export interface EstimatedPlan extends MeasuredCosts {
  readonly plan: Plan;
}

/** The plan on the engine that a start now would take, and what a batch of its steps takes there. */
export async function measuredPlan(
  pipeline: Pipeline,
  { engine: _, ...asked }: PlanOptions,
  wish: EngineWish,
  print: Print,
): Promise<EstimatedPlan> {
  const stop = new StopControl();
  using _signals = listenForSignals(stop);
  const draw = (engine?: EngineChoice) =>
    planPipeline(pipeline, {
      ...asked,
      ...(engine === undefined ? {} : { engine }),
    });
  const plan = await planOnEngine(
    draw,
    { engine: wish },
    stop.asked,
    () => {},
  );
  const known = await estimateCosts(plan);
  const tell = (text: string) => print.err(text);
  return { plan, ...await measureSteps(plan, known, { stop, tell }) };
}
