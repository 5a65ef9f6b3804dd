// Every digest of one step folder: what its marker vouches for, or, before there is one, what its checkpoints say of themselves.
import { join } from "node:path";
import {
  generationsOf,
  readManifest,
} from "../checkpoint/checkpoint_manifest.ts";
import {
  describeGeneration,
  type Generation,
  listGenerationFolders,
  verifyGeneration,
} from "../checkpoint/generation.ts";
import type { LeaseTiming } from "../disk/lease.ts";
import { readMarker } from "../store/marker.ts";
import { readStepRequest } from "../store/request_record.ts";
import { inspectWorkLock } from "../store/shared_folder.ts";
import { stepPaths } from "../store/store_layout.ts";
import { type Finding, findingIn, findingOf } from "./finding.ts";

/** What a look at every byte of a step folder finds. */
export interface StepVerdict {
  /** As it was given. */
  readonly folder: string;
  /** `busy`: a process works in the folder at this moment, and nothing was read. */
  readonly state: "finished" | "unfinished" | "damaged" | "busy";
  /** Files whose digests were compared. */
  readonly files: number;
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

/** Reads and hashes everything that something vouches for. Changes nothing. `sharing` is that of the runs folder. */
export async function verifyStep(
  folder: string,
  sharing: LeaseTiming | null,
): Promise<StepVerdict> {
  const paths = stepPaths(folder);
  const blank = { folder, files: 0, bytes: 0, findings: [] };
  const held = await Promise.all(
    [paths.lock, paths.runnerLock].map((path) =>
      inspectWorkLock(path, sharing)
    ),
  );
  if (held.some(({ kind }) => kind === "held")) {
    return { ...blank, state: "busy" };
  }
  const lookup = await readMarker(folder, { deep: true });
  if (lookup.kind === "complete") {
    const { files } = lookup.marker;
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { ...blank, state: "finished", files: files.length, bytes };
  }
  if (lookup.kind === "damaged") {
    const findings = lookup.problems.map(({ path, reason }) =>
      findingIn(join(folder, path), reason)
    );
    return { ...blank, state: "damaged", findings };
  }
  return await verifyUnfinished(folder);
}

async function verifyUnfinished(folder: string): Promise<StepVerdict> {
  const findings: Finding[] = [];
  const { request, checkpointManifest } = stepPaths(folder);
  try {
    await readStepRequest(folder);
  } catch (error) {
    findings.push(findingOf(request, error));
  }
  const lookup = await readManifest(folder);
  if (lookup.kind === "damaged") {
    findings.push(findingIn(checkpointManifest, lookup.reason));
  }
  const folders = await listGenerationFolders(folder);
  if (lookup.kind === "absent" && folders.length > 0) {
    findings.push({ place: checkpointManifest, reason: "it is missing" });
  }
  let files = 0;
  let bytes = 0;
  const named = lookup.kind === "found" ? generationsOf(lookup.manifest) : [];
  const wanted = lookup.kind === "found"
    ? named.map((one) => one.folder)
    : folders;
  for (const place of wanted) {
    const known = named.find((one) => one.folder === place);
    try {
      const generation = known ?? await describeGeneration(folder, place);
      const verified = await verifyGeneration(folder, generation);
      const sizes = sizesOf(generation, verified.state.metrics.bytes);
      files += sizes.files;
      bytes += sizes.bytes;
    } catch (error) {
      findings.push(findingOf(join(folder, place), error));
    }
  }
  const state = findings.length === 0 ? "unfinished" : "damaged";
  return { folder, state, files, bytes, findings };
}

function sizesOf(
  { files }: Generation,
  metricBytes: number,
): { readonly files: number; readonly bytes: number } {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { files: files.length + 1, bytes: bytes + metricBytes };
}
