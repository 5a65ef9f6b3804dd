// What a script task answered, checked: it may have answered anything.
import { isFile } from "../disk/present_entries.ts";
import { StepFailure } from "../error/failure.ts";
import { describeThrown } from "./failure_report.ts";
import type { StepContext } from "./step_context.ts";

/** The numbers that a task answered. */
export function checkedMetrics(
  metrics: unknown,
  context: StepContext,
): Record<string, number> {
  const checked: Record<string, number> = {};
  if (typeof metrics !== "object" || metrics === null) {
    throw unusable("metrics", metrics, "a map of names to numbers", context);
  }
  for (const [name, value] of Object.entries(metrics)) {
    // JSON, in which the result travels and is stored, has no NaN and no Infinity.
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw unusable(`metric "${name}"`, value, "a finite number", context);
    }
    checked[name] = value;
  }
  return checked;
}

/** Absolute paths of the pictures that a task answered. */
export async function checkedPictures(
  pictures: unknown,
  output: string,
  context: StepContext,
): Promise<string[]> {
  if (!Array.isArray(pictures)) {
    throw unusable("pictures", pictures, "a list of paths", context);
  }
  if (pictures.length === 0) return [];
  // Most scripts answer none, and start faster without: see script_main.ts.
  const { resolve } = await import("node:path");
  const { isInside } = await import("../worker/permissions.ts");
  const places: string[] = [];
  for (const path of pictures as unknown[]) {
    const place = typeof path === "string" ? resolve(output, path) : null;
    if (place === null || !isInside(output, place)) {
      throw unusable("picture", path, "a path in the output folder", context);
    }
    if (!await isFile(place)) {
      throw unusable("picture", path, "a file that is there", context);
    }
    places.push(place);
  }
  return places;
}

function unusable(
  what: string,
  found: unknown,
  wanted: string,
  { request }: StepContext,
): StepFailure {
  const shown = typeof found === "number"
    ? String(found)
    : JSON.stringify(found) ?? describeThrown(found);
  return new StepFailure(
    `Cannot keep ${what} of step "${request.step.name}": found ${shown}, wanted ${wanted}`,
    { hint: "Correct what the task returns" },
  );
}
