// The history of a step's attempts, as their records tell it. It is for people: a record that cannot be read is left out.
import { join } from "node:path";
import { digestRecord } from "../disk/digest.ts";
import { folderNames } from "../disk/present_entries.ts";
import { isRecord } from "../json/record.ts";
import { attemptRecordPath, stepPaths } from "./store_layout.ts";

/** The record in `attempts/<n>/attempt.json`. */
export interface AttemptRecord {
  /** From 1, over all runs that worked on the step. */
  readonly number: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Run that made the attempt. */
  readonly run: string;
  /** `running` also where the runner was killed. */
  readonly outcome: "running" | "done" | "stopped" | "failed";
  readonly elapsedMs: number | null;
  readonly failure: {
    readonly message: string;
    readonly exitCode: number;
  } | null;
  /** Wait before the next attempt; null where none followed by itself. */
  readonly retryDelayMs: number | null;
}

/** Records of all attempts at the step, oldest first. */
export async function readAttempts(
  stepFolder: string,
): Promise<AttemptRecord[]> {
  const { attempts } = stepPaths(stepFolder);
  const found: AttemptRecord[] = [];
  for (const name of folderNames(attempts)) {
    const record = await readRecord(attemptRecordPath(join(attempts, name)));
    if (record !== null) found.push(record);
  }
  return found.sort((left, right) => left.number - right.number);
}

/** Numbers of the attempts' folders, ascending. */
export function attemptNumbers(attempts: string): number[] {
  return folderNames(attempts).map(Number)
    .filter((number) => Number.isInteger(number) && number > 0)
    .sort((a, b) => a - b);
}

async function readRecord(path: string): Promise<AttemptRecord | null> {
  try {
    const read: unknown = JSON.parse(await Deno.readTextFile(path));
    if (!isRecord(read)) return null;
    const { seal: found, ...value } = read;
    // Records of an older fluxline carry no seal.
    if (found !== undefined && found !== digestRecord(value)) return null;
    const isWhole = typeof value["number"] === "number" &&
      typeof value["outcome"] === "string" &&
      (value["elapsedMs"] === null || typeof value["elapsedMs"] === "number");
    return isWhole ? value as unknown as AttemptRecord : null;
  } catch {
    return null;
  }
}
