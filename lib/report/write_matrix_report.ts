// Writes report.html into the folder of a matrix; derived from the records, it can be written again at any time.
import { writeAtomically } from "../disk/atomic_write.ts";
import type { MatrixFacts } from "../matrix/matrix_facts.ts";
import { matrixPaths } from "../matrix/matrix_record.ts";
import { matrixPage } from "./matrix_page.ts";

/** Writes the page and answers its path. */
export async function writeMatrixReport(
  runsDir: string,
  facts: MatrixFacts,
): Promise<string> {
  const { report } = matrixPaths(runsDir, facts.record.name);
  await writeAtomically(report, matrixPage(facts));
  return report;
}
