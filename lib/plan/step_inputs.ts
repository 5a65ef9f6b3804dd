// By which names a step's inputs enter its work: each needed step in a role, each dataset in a role.
import type { Step, WeightSources } from "../catalog/pipeline.ts";

/** Role to the name of a needed step, sorted by role. A step that has no other role is `after.<n>`. */
export function stepRoles(step: Step): Map<string, string> {
  const roles = new Map(namedRoles(step));
  if (step.task === "script") {
    // A script sees its inputs by name, so there the names are part of the work.
    for (const need of step.needs) roles.set(`input.${need}`, need);
  } else {
    const used = new Set(roles.values());
    step.needs.filter((need) => !used.has(need))
      .forEach((need, index) => roles.set(`after.${index}`, need));
  }
  if (roles.size < 2) return roles;
  return new Map([...roles].sort(([left], [right]) => left < right ? -1 : 1));
}

/** Role to the name of a dataset that the step reads. */
export function datasetRoles(step: Step): Map<string, string> {
  const roles = new Map<string, string>();
  switch (step.task) {
    case "train":
      roles.set("train", step.dataset);
      if (step.eval_dataset !== null) roles.set("eval", step.eval_dataset);
      break;
    case "evaluate":
      roles.set("held_out", step.dataset);
      break;
    case "compare":
      roles.set("held_out", step.dataset);
      if (step.baseline_dataset !== null) {
        roles.set("baseline", step.baseline_dataset);
      }
      break;
    case "generate":
    case "script":
      break;
    default:
      step satisfies never;
  }
  return roles;
}

function namedRoles(step: Step): [role: string, need: string][] {
  switch (step.task) {
    case "train":
      return weightRoles("init_from", step.init_from);
    case "evaluate":
      return [
        ["weights", step.of],
        ...weightRoles("init_from", step.init_from),
      ];
    case "compare":
      return step.arms.flatMap((arm, index) => [
        [`arm.${arm}`, arm] as [string, string],
        ...weightRoles(`arm.${arm}`, step.arms_init_from[index] ?? {}),
      ]);
    case "generate":
      return [
        ...(step.from === null
          ? []
          : [["weights", step.from] as [string, string]]),
        ...weightRoles("init_from", step.init_from),
      ];
    case "script":
      return [];
    default:
      return step satisfies never;
  }
}

function weightRoles(
  prefix: string,
  sources: WeightSources,
): [string, string][] {
  return Object.entries(sources).map((
    [component, step],
  ) => [`${prefix}.${component}`, step]);
}
