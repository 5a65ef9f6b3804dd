// What is known of a step's attempts: how each ended, the end of its log, what it was permitted and what it asked for.
import { join } from "node:path";
import { readTail } from "../disk/file_tail.ts";
import { isRecord } from "../json/record.ts";
import { attemptNumbers, readAttempts } from "../store/attempt_history.ts";
import { stepPaths } from "../store/store_layout.ts";
import {
  ACCESS_FILE,
  LOG_FILE,
  PERMISSIONS_FILE,
} from "../worker/attempt_files.ts";

/** Allow lists as they were granted. */
export type Grants = Readonly<Record<string, readonly string[]>>;

/** One attempt at a step. */
export interface AttemptFacts {
  readonly number: number;
  /** Null for one whose runner was killed. */
  readonly outcome: string | null;
  readonly elapsedMs: number | null;
}

/** The attempts of a step, and the details of the last one. */
export interface AttemptsFacts {
  readonly attempts: readonly AttemptFacts[];
  /** Last lines of the last attempt's log. */
  readonly logTail: readonly string[];
  /** Null where the attempt kept none. */
  readonly grants: Grants | null;
  /** How often each kind of access was asked for, over all attempts that ended. */
  readonly counts: Readonly<Record<string, number>>;
  /** Paths that an attempt asked to read although nothing granted them. */
  readonly undeclared: readonly string[];
}

const TAIL_LINES = 40;
const TAIL_BYTES = 32 * 1024;

/** Reads the attempts of the step folder; what cannot be read is left out. */
export async function readAttemptFacts(
  folder: string,
): Promise<AttemptsFacts> {
  const { attempts: place } = stepPaths(folder);
  const records = await readAttempts(folder);
  const attempts: AttemptFacts[] = [];
  const counts: Record<string, number> = {};
  const undeclared = new Set<string>();
  for (const number of attemptNumbers(place)) {
    const attempt = join(place, String(number));
    const record = records.find((one) => one.number === number);
    const { outcome = null, elapsedMs = null } = record ?? {};
    attempts.push({ number, outcome, elapsedMs });
    const access = await readRecord(join(attempt, ACCESS_FILE));
    for (const [name, count] of numbersOf(access?.["counts"])) {
      counts[name] = (counts[name] ?? 0) + count;
    }
    for (const path of textsOf(access?.["undeclaredReads"])) {
      undeclared.add(path);
    }
  }
  const last = attempts.at(-1);
  const folderOfLast = join(place, String(last?.number ?? 0));
  return {
    attempts,
    logTail: await tailOf(join(folderOfLast, LOG_FILE)),
    grants: await readGrants(folderOfLast),
    counts,
    undeclared: [...undeclared],
  };
}

async function readGrants(attempt: string): Promise<Grants | null> {
  const record = await readRecord(join(attempt, PERMISSIONS_FILE));
  if (record === null) return null;
  return Object.fromEntries(
    Object.entries(record).map(([name, list]) => [name, textsOf(list)]),
  );
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((one) => typeof one === "string")
    : [];
}

function numbersOf(value: unknown): [string, number][] {
  return isRecord(value)
    ? Object.entries(value).flatMap(([name, count]) =>
      typeof count === "number" ? [[name, count]] : []
    )
    : [];
}

async function readRecord(
  path: string,
): Promise<Record<string, unknown> | null> {
  try {
    const record: unknown = JSON.parse(await Deno.readTextFile(path));
    return isRecord(record) ? record : null;
  } catch {
    // Told for a reader only: a record that is missing or torn is left out.
    return null;
  }
}

/** The last lines of a log, however long it is. */
async function tailOf(path: string): Promise<string[]> {
  const { text, isCut } = await readTail(path, TAIL_BYTES);
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.slice(isCut ? 1 : 0).slice(-TAIL_LINES);
}
