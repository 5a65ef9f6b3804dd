// Writes report.html into the run's folder. The page is derived from the records and can be written again at any time.
import { writeAtomically } from "../disk/atomic_write.ts";
import { runPaths } from "../store/store_layout.ts";
import { runPage } from "./page.ts";
import { readRunFacts } from "./run_facts.ts";

/** What the writer knows better than the records. */
export interface ReportOptions {
  /** The run's lock is held by the caller, for whom the run is over. */
  readonly isOver?: boolean;
}

/**
 * Writes the page and answers its path; null where the run never started.
 *
 * @throws {StoredStateError} where the run's manifest cannot be understood
 */
export async function writeReport(
  runsDir: string,
  run: string,
  { isOver = false }: ReportOptions = {},
): Promise<string | null> {
  const found = await readRunFacts(runsDir, run);
  if (found === null) return null;
  const facts = isOver ? { ...found, lock: { kind: "free" } as const } : found;
  const { report } = runPaths(runsDir, run);
  await writeAtomically(report, await runPage(facts));
  return report;
}
