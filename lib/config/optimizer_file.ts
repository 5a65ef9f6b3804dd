// The file of `optimization.optim_sched_config`: FluxFlow's JSON of optimizers and schedulers by network, read with positions.
import * as v from "valibot";
import { closedMap, section } from "../catalog/option.ts";
import { OPTIMIZER_OPTIONS } from "../catalog/optimizer_options.ts";
import { SCHEDULER_OPTIONS } from "../catalog/scheduler_options.ts";
import { RefusedError } from "../error/failure.ts";
import {
  exactValue,
  isNull,
  keyPlaceOf,
  locate,
  type Located,
  type LocatedMap,
} from "../source/located_tree.ts";
import { checkOptions } from "./check_options.ts";
import { foundText } from "./issue_message.ts";
import { checkNetworkNames } from "./optimizer_checks.ts";
import type { Report } from "./report.ts";
import { readYaml } from "./yaml_document.ts";

/** The key that names the file. */
const KEY = ["optimization", "optim_sched_config"];

const OPTIMIZER_FILE = closedMap({
  optimizers: section(v.record(v.string(), OPTIMIZER_OPTIONS)),
  schedulers: section(v.record(v.string(), SCHEDULER_OPTIONS)),
});

/** What the file says, and its text. */
export interface OptimizerFile {
  readonly text: string;
  /** Checked, with the maps `optimizers` and `schedulers`. */
  readonly tree: LocatedMap;
}

/** The file that the pipeline names; undefined where it names none, or one that cannot be used, which is reported. */
export async function readOptimizerFile(
  document: LocatedMap,
  readText: (path: string) => Promise<string>,
  report: Report,
): Promise<OptimizerFile | undefined> {
  const written = locate(document, KEY);
  if (written?.kind !== "scalar" || typeof written.value !== "string") {
    return undefined; // absent, or told by the section's schema
  }
  const path = written.value;
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    report.error(
      written.place,
      `Cannot use "${KEY.join(".")}": ${error.message}`,
      "Paths count from the working directory; or write the optimizers into the steps",
    );
    return undefined;
  }
  const tree = readYaml({ name: path, text }, report);
  if (tree === undefined) return undefined;
  return isUsable(tree, path, report) ? { text, tree } : undefined;
}

function isUsable(
  tree: Located,
  path: string,
  report: Report,
): tree is LocatedMap {
  const where = `"${path}"`;
  if (tree.kind !== "map") {
    const found = isNull(tree)
      ? "it is empty"
      : `it must hold a map, found ${foundText(exactValue(tree))}`;
    report.error(
      tree.place,
      `Cannot read ${where}: ${found}`,
      'Write a map with "optimizers" and "schedulers", each by network',
    );
    return false;
  }
  const checked = checkOptions(OPTIMIZER_FILE, { tree, where }, report);
  const areKnown = ["optimizers", "schedulers"].map((key) =>
    checkNetworkNames(locate(tree, [key]), { key, where }, report)
  );
  return checked !== undefined && !areKnown.includes(false);
}

/** The file as the lowest layer of a step: what `optimization` says where nothing else does. */
export function optimizerLayer(
  file: OptimizerFile,
  document: LocatedMap,
): LocatedMap {
  const entry = { key: keyPlaceOf(document, KEY), value: file.tree };
  return { ...file.tree, entries: new Map([["optimization", entry]]) };
}
