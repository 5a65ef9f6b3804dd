// Every digest of the records of one run: its manifest, its values with their origins, and each line of its events.
import { readLines } from "../disk/append_log.ts";
import { readEstimates } from "../store/estimate_record.ts";
import { readResolvedRecord } from "../store/resolved_record.ts";
import {
  openSealedLine,
  readRunManifest,
  type RunManifest,
} from "../store/run_record.ts";
import { runPaths } from "../store/store_layout.ts";
import { type Finding, findingOf } from "./finding.ts";

const NEWLINE = 10;

/** What a look at a run's records finds. */
export interface RunVerdict {
  readonly run: string;
  /** Null where it cannot be understood. */
  readonly manifest: RunManifest | null;
  readonly findings: readonly Finding[];
}

/** Reads the records of the run. Changes nothing. */
export async function verifyRun(
  runsDir: string,
  run: string,
): Promise<RunVerdict> {
  const paths = runPaths(runsDir, run);
  const findings: Finding[] = [];
  let manifest: RunManifest | null = null;
  try {
    manifest = await readRunManifest(runsDir, run);
  } catch (error) {
    findings.push(findingOf(paths.manifest, error));
  }
  try {
    await readResolvedRecord(runsDir, run);
  } catch (error) {
    findings.push(findingOf(paths.resolved, error));
  }
  try {
    await readEstimates(runsDir, run);
  } catch (error) {
    findings.push(findingOf(paths.estimate, error));
  }
  if (await hasTornEnd(paths.events)) {
    const reason = "its last line is torn: the run's next start cuts it";
    findings.push({ place: paths.events, reason });
  }
  const lines = await readLines(paths.events);
  for (const [index, line] of lines.entries()) {
    if (openSealedLine(line) !== null) continue;
    const place = `${paths.events}:${index + 1}`;
    findings.push({ place, reason: "the line is not what was written" });
  }
  return { run, manifest, findings };
}

async function hasTornEnd(path: string): Promise<boolean> {
  try {
    const bytes = await Deno.readFile(path);
    return bytes.length > 0 && bytes.at(-1) !== NEWLINE;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
