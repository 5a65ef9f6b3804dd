// What the steps of a plan will take of time, disk and memory, from what finished steps like them took.
import { join } from "node:path";
import { digestRecord } from "../disk/digest.ts";
import type { CostRange, StepEstimate } from "../store/estimate_record.ts";
import { type Marker, readMarker } from "../store/marker.ts";
import { readStepRequest } from "../store/request_record.ts";
import { storedBytes } from "../store/stored_bytes.ts";
import type { StepRequest } from "../store/step_request.ts";
import {
  indexStepFolders,
  parseStepFolder,
  storeLayout,
} from "../store/store_layout.ts";
import type { Plan, PlannedStep } from "./plan.ts";

/** Beyond this many finished steps more of them make no estimate better. */
const MOST_SAMPLES = 200;
/** How far a second measurement lies from the first on a quiet machine, downwards and upwards. */
const MEASURED = { low: 0.8, high: 1.3 };
/** What another size of the same step may mean. */
const SIMILAR = { low: 0.4, high: 2.5 };

/** Keys of a step that change what comes out, or when it ends, and not what a piece of its work takes. */
const FREE_KEYS = new Set([
  ...["name", "description", "needs", "from", "of", "arms", "init_from"],
  ...["from_files", "n_epochs", "max_steps", "transition_on", "lr", "lr_min"],
  ...["optimization", "retry", "timeout_seconds", "permissions", "resources"],
  ...["index", "checkpoint", "dataset", "eval_dataset", "uses_path"],
]);

interface Sample {
  readonly label: string;
  readonly request: StepRequest;
  readonly marker: Marker;
}

/** Step name to estimate, for the steps that are to be worked on and of which anything is known. */
export async function estimateCosts(
  plan: Plan,
): Promise<Map<string, StepEstimate>> {
  const open = plan.steps.filter(({ action }) => action !== "reuse");
  const found = new Map<string, StepEstimate>();
  if (open.length === 0) return found;
  const samples = await readSamples(plan, open);
  if (samples.length === 0) return found;
  const byShape = Map.groupBy(samples, ({ request }) => shapeOf(request));
  const byName = Map.groupBy(
    samples,
    ({ label, request }) => `${label} ${request.task}`,
  );
  for (const step of open) {
    const same = byShape.get(shapeOf(step.request));
    const similar = byName.get(`${step.name} ${step.task}`);
    const estimate = same !== undefined
      ? estimateFrom(step, same, "measured")
      : similar !== undefined
      ? estimateFrom(step, similar, "similar")
      : null;
    if (estimate !== null) found.set(step.name, estimate);
  }
  return found;
}

/** Finished steps of the store, those of the same names first. */
async function readSamples(
  { runsDir }: Plan,
  open: readonly PlannedStep[],
): Promise<Sample[]> {
  const wanted = new Set(open.map(({ name }) => name));
  const tasks = new Set(open.map(({ task }) => task));
  const { store } = storeLayout(runsDir);
  const folders = [...indexStepFolders(runsDir).values()].flat()
    .map((name) => ({ name, label: parseStepFolder(name)?.label ?? "" }))
    .toSorted((a, b) =>
      Number(wanted.has(b.label)) - Number(wanted.has(a.label))
    );
  const samples: Sample[] = [];
  for (const { name, label } of folders) {
    if (samples.length === MOST_SAMPLES) break;
    const sample = await readSample(join(store, name), label);
    if (sample !== null && tasks.has(sample.request.task)) samples.push(sample);
  }
  return samples;
}

/** Null for what is not finished, and for what cannot be read: an estimate refuses nothing. */
async function readSample(
  folder: string,
  label: string,
): Promise<Sample | null> {
  try {
    const found = await readMarker(folder, { deep: false });
    const request = await readStepRequest(folder);
    return found.kind === "complete" && request !== null
      ? { label, request, marker: found.marker }
      : null;
  } catch {
    return null;
  }
}

/** Requests of one shape do pieces of work that take the same: networks, batch, sizes and engine are equal. */
function shapeOf({ task, options, model, data, engine }: StepRequest): string {
  const kept = Object.entries(options).filter(([key]) => !FREE_KEYS.has(key));
  const uses = options.task === "script" ? options.uses : null;
  return digestRecord({
    ...{ task, uses, options: Object.fromEntries(kept) },
    ...(task === "script" ? {} : {
      ...{ model, data },
      engine: engine.numericClass,
    }),
  });
}

function estimateFrom(
  { request, key }: PlannedStep,
  samples: readonly Sample[],
  basis: StepEstimate["basis"],
): StepEstimate {
  const spread = basis === "measured" ? MEASURED : SIMILAR;
  const { trainSteps } = request.plan;
  const times = samples.map(({ marker }) => {
    const updates = marker.result.trained?.updates ?? null;
    return trainSteps === null || updates === null || updates === 0
      ? marker.elapsedMs
      : marker.elapsedMs * trainSteps / updates;
  });
  const bytes = samples.map(({ marker }) => storedBytes(marker.files));
  const peaks = samples.flatMap(({ marker }) => marker.peakMemoryBytes ?? []);
  return {
    ...{ key, basis, samples: samples.length },
    timeMs: rangeOf(times, spread),
    diskBytes: rangeOf(bytes, basis === "measured" ? EXACT : spread),
    memoryBytes: rangeOf(peaks, spread),
  };
}

/** Files of one shape have one size, but for their text. */
const EXACT = { low: 0.95, high: 1.05 };

function rangeOf(
  values: readonly number[],
  spread: CostRange,
): CostRange | null {
  return values.length === 0 ? null : {
    low: Math.min(...values) * spread.low,
    high: Math.max(...values) * spread.high,
  };
}
