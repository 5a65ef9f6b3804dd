// How many steps would do what, in words.
import type { Action } from "./step_action.ts";
import { counted } from "./text_table.ts";

/** One line: `7 steps: 1 to run, 6 waiting`. */
export function totals(steps: readonly { readonly action: Action }[]): string {
  const parts = actionsText(steps.map(({ action }) => action));
  const nothing = steps.every((step) => step.action === "reuse")
    ? "; nothing is left to do"
    : "";
  return `${counted(steps.length, "step")}: ${parts}${nothing}`;
}

/** `1 to run, 6 waiting`. */
export function actionsText(actions: readonly Action[]): string {
  const words: [Action, string][] = [
    ["run", "to run"],
    ["resume", "to resume"],
    ["wait", "waiting"],
    ["reuse", "reused"],
  ];
  return words.map(([action, word]) =>
    [actions.filter((one) => one === action).length, word] as const
  ).filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
    .join(", ");
}
