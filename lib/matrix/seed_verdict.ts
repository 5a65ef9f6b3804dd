// The verdict of a compare step over the seeds of a matrix: one per combination of values.
import { join } from "node:path";
import type { Interval } from "../evaluation/bootstrap.ts";
import {
  pairedSeeds,
  SEED_LEVEL,
  type SeedDifferences,
} from "../evaluation/paired_seeds.ts";
import { type Verdict, verdict } from "../evaluation/verdict.ts";
import { isRecord } from "../json/record.ts";
import { findMetric } from "../metrics/vocabulary.ts";
import { stepPaths } from "../store/store_layout.ts";
import type { CellResult } from "./cell_results.ts";
import type { MatrixRecord, RecordedComparison } from "./matrix_record.ts";
import { combinationLabel, groupCells } from "./ranking.ts";

/** What two arms differ by over several seeds. */
export interface SeedVerdict extends Verdict {
  readonly step: string;
  readonly metric: string;
  /** The values of the combination; empty where only seeds vary. */
  readonly label: string;
  readonly mean: number;
  /** Of {@linkcode SEED_LEVEL}, by {@linkcode pairedSeeds}. */
  readonly interval: Interval;
  /** Each seed's mean over pictures. */
  readonly perSeed: readonly { readonly seed: number; readonly mean: number }[];
  readonly images: number;
}

/** A verdict for every comparison and combination that has at least two finished seeds. */
export async function seedVerdicts(
  { comparisons }: Pick<MatrixRecord, "comparisons">,
  results: readonly CellResult[],
): Promise<SeedVerdict[]> {
  const found: SeedVerdict[] = [];
  for (const comparison of comparisons) {
    for (const group of groupCells(results)) {
      const judged = await judgeGroup(comparison, group);
      if (judged !== null) found.push(judged);
    }
  }
  return found;
}

async function judgeGroup(
  comparison: RecordedComparison,
  group: readonly CellResult[],
): Promise<SeedVerdict | null> {
  const [first] = group as readonly [CellResult, ...CellResult[]];
  const seeds: { seed: number; differences: SeedDifferences }[] = [];
  for (const { cell, folders } of group) {
    const folder = folders[comparison.step];
    if (folder === undefined || cell.seed === null) continue;
    const differences = await readDifferences(folder, comparison.metric);
    if (differences.size > 0) seeds.push({ seed: cell.seed, differences });
  }
  const judged = judgeSeeds(
    comparison,
    seeds.map(({ differences }) => differences),
  );
  if (judged === null) return null;
  const { perSeed, ...rest } = judged;
  return {
    ...rest,
    step: comparison.step,
    metric: comparison.metric,
    label: combinationLabel(first.cell),
    perSeed: perSeed.map((mean, index) => ({
      seed: seeds[index]?.seed ?? 0,
      mean,
    })),
  };
}

/** The verdict over differences of several seeds; null for fewer than two. */
export function judgeSeeds(
  { metric, arms }: Omit<RecordedComparison, "step">,
  seeds: readonly SeedDifferences[],
):
  | (Verdict & Pick<SeedVerdict, "mean" | "interval" | "images"> & {
    readonly perSeed: readonly number[];
  })
  | null {
  if (seeds.length < 2) return null;
  const { mean, interval, perSeed, images } = pairedSeeds(seeds);
  const direction = findMetric(metric)?.direction ?? null;
  if (interval === null || direction === null) return null;
  const [treatment, control] = arms;
  const judged = verdict({
    ...{ metric, direction, interval, treatment, control },
    level: SEED_LEVEL,
    ...{ difference: mean, count: images, seeds: seeds.length },
  });
  return { ...judged, mean, interval, images, perSeed };
}

/** Treatment minus control by picture, as the compare step in `folder` measured it; empty where its record cannot be read. */
export async function readDifferences(
  folder: string,
  metric: string,
): Promise<SeedDifferences> {
  const path = join(stepPaths(folder).output, "compare.json");
  const images = imagesOf(await readRecord(path));
  return new Map(images.flatMap((image) => {
    const { name, treatment, control } = image;
    if (!isRecord(treatment) || !isRecord(control)) return [];
    const [a, b] = [treatment[metric], control[metric]];
    return typeof name === "string" && typeof a === "number" &&
        typeof b === "number"
      ? [[name, a - b] as const]
      : [];
  }));
}

async function readRecord(path: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function imagesOf(record: unknown): Record<string, unknown>[] {
  const images = isRecord(record) ? record["images"] : null;
  return Array.isArray(images) ? images.filter(isRecord) : [];
}
