// All mistakes that `deno task test:breakages` makes.
import type { Breakage } from "./breakage.ts";
import { DISK_BREAKAGES } from "./disk_breakages.ts";
import { TRAINING_BREAKAGES } from "./training_breakages.ts";
import { WORKFLOW_BREAKAGES } from "./workflow_breakages.ts";

/** In a fixed order. */
export const BREAKAGES: readonly Breakage[] = [
  ...DISK_BREAKAGES,
  ...TRAINING_BREAKAGES,
  ...WORKFLOW_BREAKAGES,
];
