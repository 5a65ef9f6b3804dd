// Which runs refer to a piece of work, so that redoing it for one run is not a surprise for another.
import { listRuns, readRunManifest } from "../store/run_record.ts";

/** Names of the other runs whose manifest holds `key`, sorted; manifests that cannot be understood refer to nothing. */
export async function runsWithKey(
  runsDir: string,
  key: string,
  exceptRun: string,
): Promise<string[]> {
  const found: string[] = [];
  for (const run of listRuns(runsDir)) {
    if (run === exceptRun) continue;
    try {
      const manifest = await readRunManifest(runsDir, run);
      if (manifest?.steps.some((step) => step.key === key)) found.push(run);
    } catch {
      continue;
    }
  }
  return found;
}
