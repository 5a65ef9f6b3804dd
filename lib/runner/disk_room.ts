// Refuses a run whose checkpoints will not fit on the disk, before it starts: hours later it would stop with nothing gained.
import { join } from "node:path";
import { formatBytes } from "../disk/byte_count.ts";
import { sizeOrNull, statOrNull } from "../disk/present_entries.ts";
import { listTree } from "../disk/tree.ts";
import { RefusedError } from "../error/failure.ts";
import { diskForecast } from "../plan/disk_forecast.ts";
import type { Plan } from "../plan/plan.ts";
import { stepPaths } from "../store/store_layout.ts";

/**
 * Compares what the plan's checkpoints take at most with what is free; where the system does not tell, nothing is compared.
 *
 * @throws {RefusedError} where that is more, unless `isAllowed`
 */
export function refuseNarrowDisk(plan: Plan, isAllowed: boolean): void {
  const { freeBytes, runsDir } = plan;
  if (isAllowed || freeBytes === null) return;
  // Checkpoints of a step that goes on have their room already.
  const wanted = diskForecast(plan).peakBytes - checkpointBytes(plan);
  if (wanted <= freeBytes) return;
  throw new RefusedError(
    `Cannot run: checkpoints may take ${
      formatBytes(wanted)
    } more in "${runsDir}", and ${formatBytes(freeBytes)} are free`,
    {
      hint:
        "Free some space (`gc` tells what no run needs), lower `checkpoint.keep_last`, or run with --ignore-free-space",
    },
  );
}

/** Bytes of all checkpoints that may stay; generations share the file of their frozen weights. */
function checkpointBytes(plan: Plan): number {
  const seen = new Set<string>();
  let bytes = 0;
  for (const { task, action, setsAside, folder } of plan.steps) {
    // What is moved aside goes on taking its room.
    if (task !== "train" || action === "reuse" || setsAside) continue;
    const { checkpoints } = stepPaths(folder);
    if (sizeOrNull(checkpoints) === null) continue;
    for (const { path } of listTree(checkpoints)) {
      const found = statOrNull(join(checkpoints, path));
      if (found === null) continue;
      const { size, dev, ino } = found;
      const file = `${dev}:${ino}`;
      if (ino !== null && seen.has(file)) continue;
      seen.add(file);
      bytes += size;
    }
  }
  return bytes;
}
