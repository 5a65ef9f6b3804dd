// What the format has room for and this version cannot do: refused where it is switched on, never passed over.
import {
  exactValue,
  isNull,
  locate,
  type LocatedMap,
  type PathItem,
} from "../source/located_tree.ts";
import type { Report } from "./report.ts";

interface Refusal {
  readonly path: readonly PathItem[];
  /** Values that ask for nothing and are accepted. */
  readonly idle: (value: unknown) => boolean;
  readonly reason: string;
  readonly hint?: string;
}

const NOT_YET = "is not supported by this version";

const FILE_REFUSALS: readonly Refusal[] = [
  {
    path: ["model", "model_type"],
    idle: isOneOf("bezier"),
    reason:
      "names FluxFlow's plain networks of wider layers, whose layout and weights this project does not have",
    hint:
      "Leave it out, or write bezier; a step of task compare judges one arm of your own against another",
  },
  ...[
    "activation",
    "vae_width_mult",
    "vae_depth_mult",
    "flow_blocks",
    "flow_ffn_expansion",
  ].map((key) => ({
    path: ["model", `baseline_${key}`],
    idle: never,
    reason: "belongs to model_type baseline, which this project does not have",
    hint: "Leave it out",
  })),
  {
    path: ["model", "feature_maps_dim_disc"],
    idle: isOneOf(8),
    reason:
      "is the width of an image encoder that FluxFlow builds and never trains, and that is not built here",
    hint: "Leave it out; the discriminator's width is model.disc_base",
  },
  refuse(
    ["data", "channels"],
    isOneOf(3),
    "Leave it out: pictures have three channels",
  ),
  {
    path: ["training", "training_steps"],
    idle: isOneOf(1),
    reason:
      "trains each batch several times in a row, which is neither gradient accumulation nor more data",
    hint:
      "Leave it out, and raise n_epochs for more updates; gradient_accumulation_steps makes one update of several batches",
  },
  refuse(["output", "generate_diagrams"], isOneOf(false), "Leave it out"),
];

const TRAIN_STEP_REFUSALS: readonly Refusal[] = [
  {
    path: ["use_fp16"],
    idle: isOneOf(false),
    reason: "asks for mixed precision, which no engine of this version has",
    hint: "Leave it out: everything is computed in 32 bits",
  },
  {
    path: ["transition_on", "value"],
    idle: never,
    reason: "has no effect in FluxFlow and none here",
    hint: "Write n_epochs",
  },
];

/** Reports what the file as a whole asks for in vain. */
export function refuseUnsupported(document: LocatedMap, report: Report): void {
  for (const refusal of FILE_REFUSALS) {
    check(document, refusal, "the file", report);
  }
}

/** Reports what a train step asks for in vain; `tree` is the step with what it inherits. */
export function refuseUnsupportedTraining(
  tree: LocatedMap,
  where: string,
  report: Report,
): void {
  for (const refusal of TRAIN_STEP_REFUSALS) {
    check(tree, refusal, where, report);
  }
}

function check(
  tree: LocatedMap,
  refusal: Refusal,
  where: string,
  report: Report,
): void {
  const found = locate(tree, refusal.path);
  if (found === undefined || isNull(found)) return;
  const value = exactValue(found);
  if (refusal.idle(value)) return;
  const shown = typeof value === "object" ? "" : `: ${JSON.stringify(value)}`;
  const key = `"${refusal.path.join(".")}${shown.replaceAll('"', "")}"`;
  report.error(
    found.place,
    `Cannot use ${key} in ${where}: it ${refusal.reason}`,
    refusal.hint,
  );
}

function refuse(
  path: readonly PathItem[],
  idle: (value: unknown) => boolean,
  hint?: string,
): Refusal {
  return {
    path,
    idle,
    reason: NOT_YET,
    ...(hint === undefined ? {} : { hint }),
  };
}

function never(): boolean {
  return false;
}

/** Accepts those values, and values of another kind: the schema tells about these. */
function isOneOf(
  ...accepted: readonly (string | number | boolean)[]
): (value: unknown) => boolean {
  return (value) =>
    accepted.some((one) => one === value) ||
    typeof value !== typeof accepted[0];
}
