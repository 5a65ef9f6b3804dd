// A step's event file for TensorBoard, from its records. It is written as a whole when an attempt begins to save and when it ends:
// what a resume cut from the rows is not in it, and nothing is there twice. In between it grows.
import { join } from "node:path";
import { DurableFile } from "../disk/durable_file.ts";
import { writeAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import {
  type EventContent,
  eventFileBytes,
  moreEventBytes,
  type StepEvent,
} from "../format/event_file.ts";
import { readPictureHeader } from "../format/image_header.ts";
import {
  type MetricRow,
  readMetricRows,
  readTimingRows,
} from "../metrics/metric_log.ts";
import type { StoredResult } from "../store/marker.ts";
import { readStepRequest } from "../store/request_record.ts";
import { stepPaths } from "../store/store_layout.ts";
import { readStrips } from "./picture_strips.ts";

/** Writes the event file and empties the one before; answers its path. `result` is what a finished step reports. */
export async function writeStepEvents(
  folder: string,
  result: StoredResult | null,
): Promise<string> {
  return await writeWhole(
    folder,
    await readStepEvents(folder, result, nothingTold()),
  );
}

/** The event file of a step at work. One call at a time. */
export class GrowingEvents {
  readonly #folder: string;
  readonly #told = nothingTold();
  #path: string | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Brings the file up to what the step has written down. */
  async update(): Promise<void> {
    const events = await readStepEvents(this.#folder, null, this.#told);
    if (this.#path === null) {
      this.#path = await writeWhole(this.#folder, events);
    } else {
      using file = await DurableFile.open(this.#path, { append: true });
      await file.write(moreEventBytes(events));
      await file.sync();
    }
  }
}

async function writeWhole(
  folder: string,
  events: readonly StepEvent[],
): Promise<string> {
  const { tensorboard } = stepPaths(folder);
  const bytes = eventFileBytes(events);
  await makeFolder(tensorboard);
  const before = [...Deno.readDirSync(tensorboard)].map(({ name }) => name)
    .filter((name) => name.includes("tfevents"));
  const path = join(tensorboard, nextName(before));
  await writeAtomically(path, bytes);
  for (const name of before) await empty(join(tensorboard, name));
  return path;
}

/** A TensorBoard that looks on never gets past a file that is gone, and drops what it read when the next one begins. */
async function empty(path: string): Promise<void> {
  using file = await DurableFile.open(path, { write: true });
  if (await file.size() > 0) await file.truncate(0);
}

/** TensorBoard reads a folder's files in the order of their names and never one that it has left. */
function nextName(before: readonly string[]): string {
  const last = Math.max(
    0,
    ...before.map((name) => Number(name.split(".")[3] ?? 0)),
  );
  const seconds = Math.max(last + 1, Math.floor(Date.now() / 1000));
  return `events.out.tfevents.${String(seconds).padStart(10, "0")}.fluxline`;
}

/** What a file holds already. */
interface Told {
  isBegun: boolean;
  rows: number;
  readonly pictures: Set<string>;
}

function nothingTold(): Told {
  return { isBegun: false, rows: 0, pictures: new Set() };
}

/** The events that are not told, which they are from now on. */
async function readStepEvents(
  folder: string,
  result: StoredResult | null,
  told: Told,
): Promise<StepEvent[]> {
  const rows = await readMetricRows(stepPaths(folder).metrics);
  const timeOf = await readTimes(folder);
  const request = await readStepRequest(folder);
  const start = timeOf(0);
  const events: StepEvent[] = request === null || told.isBegun ? [] : [{
    wallTime: start,
    step: 0,
    contents: [{
      kind: "text",
      tag: "configuration",
      text: `\`\`\`\n${JSON.stringify(request.options, null, 2)}\n\`\`\``,
    }],
  }];
  told.isBegun = true;
  for (const row of rows.slice(told.rows)) {
    const { global_step: step } = row;
    events.push({ wallTime: timeOf(step), step, contents: scalarsOf(row) });
  }
  told.rows = rows.length;
  for (const { title, frames } of readStrips(folder, result?.pictures ?? [])) {
    for (const { path, update } of frames) {
      if (told.pictures.has(path)) continue;
      told.pictures.add(path);
      const png = await Deno.readFile(path);
      const { width, height } = readPictureHeader(png);
      const step = update ?? rows.at(-1)?.global_step ?? 0;
      const tag = `pictures/${title}`;
      events.push({
        wallTime: timeOf(step),
        step,
        contents: [{ kind: "picture", tag, png, width, height }],
      });
    }
  }
  const last = rows.at(-1)?.global_step ?? 0;
  const results = scalars("result", result?.metrics ?? {});
  if (results.length > 0) {
    events.push({ wallTime: timeOf(last), step: last, contents: results });
  }
  return events;
}

function scalarsOf(
  { kind, metrics, learning_rates }: MetricRow,
): EventContent[] {
  return [
    ...scalars(kind, metrics),
    ...scalars("learning_rate", learning_rates ?? {}),
  ];
}

/** Values that are not finite have no place on a curve. */
function scalars(
  group: string,
  values: Readonly<Record<string, number | null>>,
): EventContent[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === null
      ? []
      : [{ kind: "scalar", tag: `${group}/${name}`, value } as const]
  );
}

/** Seconds at which an update was made: the clock's word for the last row at or before it. */
async function readTimes(folder: string): Promise<(step: number) => number> {
  const timings = await readTimingRows(stepPaths(folder).timings);
  const times = new Map(
    timings.map((
      { global_step, time },
    ) => [global_step, Date.parse(time) / 1000]),
  );
  const steps = [...times.keys()].sort((a, b) => a - b);
  const first = times.get(steps[0] ?? 0) ?? 0;
  return (step) => {
    const known = times.get(step);
    if (known !== undefined) return known;
    const before = steps.findLast((other) => other < step);
    return before === undefined ? first : times.get(before)!;
  };
}
