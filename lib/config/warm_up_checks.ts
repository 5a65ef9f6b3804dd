// Whether a step goes on after its warm-ups: told before anything starts, by the most updates that it can make.
import type { TrainStep } from "../catalog/pipeline.ts";
import { leavesNoCourse } from "../lr_schedulers/step_length.ts";
import { type LocatedMap, placeOf } from "../source/located_tree.ts";
import type { Report } from "./report.ts";

/** Reports warm-ups that `updates` leave nothing after; `merged` is the step as written with what it inherits. */
export function checkWarmUps(
  step: TrainStep,
  { updates, merged }: {
    readonly updates: number;
    readonly merged: LocatedMap;
  },
  report: Report,
): void {
  for (const [name, entry] of Object.entries(step.optimization.schedulers)) {
    const { warmup_steps } = entry;
    if (!leavesNoCourse(warmup_steps, updates)) continue;
    const path = ["optimization", "schedulers", name, "warmup_steps"];
    report.error(
      placeOf(merged, path),
      `Cannot train "${name}" in step "${step.name}": its scheduler's "warmup_steps" is ${warmup_steps}, but the step makes at most ${updates} updates`,
      `Write less than ${updates}, or give the step more epochs`,
    );
  }
}
