// Names of datasets in steps, and of steps in datasets: whether each is there.
import { type LocatedMap, placeOf } from "../source/located_tree.ts";
import { didYouMean } from "../source/suggestion.ts";
import type { Datasets } from "./dataset_section.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft } from "./step_drafts.ts";
import { datasetNames } from "./step_graph.ts";

/** Reports steps that name a dataset that is not there, or none where one is needed. */
export function checkDatasetNames(
  drafts: readonly StepDraft[],
  datasets: Datasets,
  report: Report,
): void {
  for (const draft of drafts) {
    const task = draft.checked?.task;
    if (task === undefined || task === "script" || task === "generate") {
      continue;
    }
    for (const name of datasetNames(draft, datasets.fallback)) {
      if (!datasets.names.has(name)) {
        reportUnknown(draft, name, datasets.names, report);
      }
    }
    if (
      draft.checked?.options.dataset === null && datasets.fallback === undefined
    ) {
      report.error(
        placeIn(draft),
        `Cannot read ${draft.where}: it names no dataset, and the file has no default one`,
        'Write "dataset" in the step, "default_dataset" in "training.pipeline", or "data_path" and "captions_file" in "data"',
      );
    }
  }
}

/** Reports datasets whose `from` names no step, or one that cannot make data. */
export function checkDatasetOrigins(
  drafts: readonly StepDraft[],
  datasets: Datasets,
  tree: LocatedMap,
  report: Report,
): void {
  for (const [name, { from }] of Object.entries(datasets.entries)) {
    if (from === null) continue;
    const place = placeOf(tree, [name, "from"]);
    const start = `Cannot read dataset "${name}": "from" names`;
    const maker = drafts.find((draft) => draft.name === from);
    const known = drafts.map((draft) => draft.name);
    if (maker === undefined) {
      report.error(
        place,
        `${start} the step "${from}", which is not in this file${
          didYouMean(from, known)
        }`,
      );
    } else if (maker.checked !== undefined && maker.checked.task !== "script") {
      report.error(
        place,
        `${start} "${from}", a step of task "${maker.checked.task}", which makes no dataset`,
        "Name a step of task script that writes the folder and the captions",
      );
    }
  }
}

function reportUnknown(
  draft: StepDraft,
  name: string,
  known: ReadonlySet<string>,
  report: Report,
): void {
  const key = ["dataset", "eval_dataset", "baseline_dataset"].find((key) => {
    const written = draft.merged.entries.get(key)?.value;
    return written?.kind === "scalar" && written.value === name;
  });
  if (key === undefined) return; // default_dataset, which is reported where it stands
  const list = known.size === 0
    ? "the file defines none"
    : `datasets here are ${[...known].join(", ")}`;
  report.error(
    placeIn(draft, key),
    `Cannot read ${draft.where}: "${key}" names "${name}", which is no dataset of this file${
      didYouMean(name, known)
    }`,
    `Define it in "training.pipeline.datasets"; ${list}`,
  );
}
