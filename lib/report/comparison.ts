// What a compare step found, from its compare.json.
import { join } from "node:path";
import { isRecord } from "../json/record.ts";
import { stepPaths } from "../store/store_layout.ts";

/** One arm. */
export interface Arm {
  readonly step: string;
  readonly role: string;
  readonly means: Readonly<Record<string, number>>;
  /** Its error over that of guessing the mean picture; null without a baseline. */
  readonly ratio: number | null;
}

/** Mean over pictures of treatment minus control. */
export interface Difference {
  readonly metric: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A comparison of two arms. */
export interface Comparison {
  /** Metric that the verdict is about. */
  readonly metric: string;
  readonly outcome: string;
  readonly sentence: string;
  readonly count: number;
  readonly dataset: string;
  readonly arms: readonly Arm[];
  readonly differences: readonly Difference[];
  /** Treatment minus control of the verdict's metric, per picture. */
  readonly perImage: readonly number[];
}

/** The comparison in the step folder; null where there is none that can be understood. */
export async function readComparison(
  folder: string,
): Promise<Comparison | null> {
  const path = join(stepPaths(folder).output, "compare.json");
  try {
    const record: unknown = JSON.parse(await Deno.readTextFile(path));
    return isRecord(record) ? parse(record) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function parse(record: Readonly<Record<string, unknown>>): Comparison | null {
  const { metric, verdict, count, dataset, arms, differences, images } = record;
  if (
    typeof metric !== "string" || !isRecord(verdict) ||
    typeof count !== "number" || !Array.isArray(arms) ||
    !isRecord(differences)
  ) return null;
  return {
    metric,
    outcome: textOf(verdict["outcome"]),
    sentence: textOf(verdict["sentence"]),
    count,
    dataset: textOf(dataset),
    arms: arms.filter(isRecord).map(armOf),
    differences: Object.entries(differences).flatMap(([name, value]) =>
      differenceOf(name, value)
    ),
    perImage: Array.isArray(images)
      ? images.filter(isRecord).flatMap((image) =>
        imageDifference(image, metric)
      )
      : [],
  };
}

function armOf(arm: Readonly<Record<string, unknown>>): Arm {
  const { step, role, means, ratio } = arm;
  return {
    step: textOf(step),
    role: textOf(role),
    means: isRecord(means)
      ? Object.fromEntries(
        Object.entries(means).flatMap(([name, value]) =>
          typeof value === "number" ? [[name, value]] : []
        ),
      )
      : {},
    ratio: typeof ratio === "number" ? ratio : null,
  };
}

function differenceOf(metric: string, value: unknown): Difference[] {
  if (!isRecord(value) || !Array.isArray(value["interval"])) return [];
  const [low, high] = value["interval"];
  const { mean } = value;
  return typeof mean === "number" && typeof low === "number" &&
      typeof high === "number"
    ? [{ metric, mean, low, high }]
    : [];
}

function imageDifference(
  image: Readonly<Record<string, unknown>>,
  metric: string,
): number[] {
  const { treatment, control } = image;
  if (!isRecord(treatment) || !isRecord(control)) return [];
  const [a, b] = [treatment[metric], control[metric]];
  return typeof a === "number" && typeof b === "number" ? [a - b] : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
