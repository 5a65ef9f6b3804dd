// Downloads a wheel so that a cut connection costs only what was on its way, and trusts it only by its digest.
import { join } from "node:path";
import { RefusedError } from "../error/failure.ts";
import { DurableFile } from "../disk/durable_file.ts";
import {
  makeFolder,
  removeEntry,
  renameEntry,
} from "../disk/folder_entries.ts";
import { digestFile } from "../disk/digest.ts";
import { type OfferedWheel, request, shown } from "./package_index.ts";

/** Told how many bytes of how many are there; `total` is null where the server does not say. */
export type ByteProgress = (done: number, total: number | null) => void;

const TRIES = 4;

/**
 * The path of the whole wheel below `folder`, under its own name. What an earlier try left is gone on with.
 *
 * @throws {RefusedError} when the index gives no digest, the content has another one, or the server does not deliver
 */
export async function downloadWheel(
  { wheel, url, sha256 }: OfferedWheel,
  folder: string,
  progress: ByteProgress,
): Promise<string> {
  if (sha256 === null) {
    throw new RefusedError(
      `Cannot trust "${shown(url)}": the package index gives no SHA-256 for it`,
      { hint: "Use another index, or download it yourself and give --from" },
    );
  }
  await makeFolder(folder);
  // The digest is part of the name, so that the rest of one file is never glued to the beginning of another.
  const partial = join(folder, `${wheel.file}.${sha256.slice(0, 16)}.part`);
  await fetchRest(url, partial, progress);
  const digest = await digestFile(partial);
  if (digest.sha256 !== sha256) {
    await removeEntry(partial);
    throw new RefusedError(
      `Cannot use "${
        shown(url)
      }": its SHA-256 is ${digest.sha256}, the package index says ${sha256}`,
      { hint: "Run the command again; if it stays so, use another index" },
    );
  }
  const whole = join(folder, wheel.file);
  await renameEntry(partial, whole);
  return whole;
}

async function fetchRest(
  url: URL,
  partial: string,
  progress: ByteProgress,
): Promise<void> {
  let problem = "";
  for (let tries = 0; tries < TRIES; tries++) {
    const outcome = await fetchOnce(url, partial, progress);
    if (outcome === "whole") return;
    problem = outcome;
  }
  throw new RefusedError(
    `Cannot download "${shown(url)}": ${problem}`,
    { hint: "Run the same command again: it goes on where this one stopped" },
  );
}

/** Appends what is missing; answers `whole`, or why it ended early. */
async function fetchOnce(
  url: URL,
  partial: string,
  progress: ByteProgress,
): Promise<string> {
  using file = await DurableFile.open(partial, { create: true, write: true });
  let done = await file.size();
  await file.seek(done);
  const headers: Record<string, string> = done > 0
    ? { range: `bytes=${done}-` }
    : {};
  const response = await request(url, headers);
  // Beyond the end: the last try had everything already.
  if (response.status === 416) {
    await response.body?.cancel();
    return "whole";
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    return `the server answered ${response.status}`;
  }
  if (response.status !== 206 && done > 0) {
    await file.truncate(0);
    await file.seek(0);
    done = 0;
  }
  const length = response.headers.get("content-length");
  const total = length === null ? null : done + Number(length);
  try {
    for await (const chunk of response.body) {
      await file.write(chunk);
      done += chunk.length;
      progress(done, total);
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  await file.sync();
  return total === null || done === total
    ? "whole"
    : `the connection ended after ${done} of ${total} bytes`;
}
