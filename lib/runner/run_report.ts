// The page about a run, written when the run ends. It is derived from the records: no failure to write it is one of the run.
import { runPaths } from "../store/store_layout.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunObserver } from "./run_notice.ts";

/** Writes report.html and answers its path; null where it cannot be written, which the observer is told. */
export async function reportRun(
  { runsDir, run }: Pick<Plan, "runsDir" | "run">,
  isChanged: boolean,
  observe: RunObserver,
): Promise<string | null> {
  const { report } = runPaths(runsDir, run);
  if (!isChanged && isThere(report)) return report;
  try {
    // Only now: a run starts without waiting for what draws its page.
    const { writeReport } = await import("../report/write_report.ts");
    return await writeReport(runsDir, run, { isOver: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    observe({
      kind: "report_failed",
      text: `Cannot write the report "${report}": ${why}`,
    });
    return null;
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
