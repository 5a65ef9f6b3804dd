// Where a repository of the hub lies in a local folder: as a plain copy, or as Hugging Face's own cache keeps it. Nothing is downloaded.
import { join, resolve } from "node:path";
import { isGranted } from "../disk/granted.ts";
import { isAbsence, isFolder } from "../disk/present_entries.ts";
import { type HubAddress, parseHubUrl } from "./hub_name.ts";

/** Where a repository lies, or what is wanted where. */
export type HubPlace =
  | {
    readonly ok: true;
    /** Absolute folder of the repository's files. */
    readonly folder: string;
    /** Absolute: `folder` and the path of the address, its pattern signs as they are. */
    readonly path: string;
  }
  | {
    readonly ok: false;
    /** What was found, as a clause. */
    readonly reason: string;
    /** The files wanted and how to get them, as sentences. */
    readonly hint: string;
  };

/**
 * Looks for `hf://...` below `hubDir` (`data.hub_dir` of a pipeline, relative to the working directory; null where it is not set).
 * Only folders are looked at: whether the path's files are there is the caller's question.
 */
export async function resolveHubUrl(
  url: string,
  hubDir: string | null,
): Promise<HubPlace> {
  const address = parseHubUrl(url);
  if (address === null) {
    return {
      ok: false,
      reason: `"${url}" is no address on the hub`,
      hint: "Write hf://datasets/<organisation>/<name>/<files>",
    };
  }
  return await findOnHub(address, hubDir, [address.path || "its files"]);
}

/** Looks for a repository below `hubDir`; `wanted` are the files that a message names. */
export async function findOnHub(
  address: HubAddress,
  hubDir: string | null,
  wanted: readonly string[],
): Promise<HubPlace> {
  const hint = waysOut(address, hubDir, wanted);
  if (hubDir === null) {
    return {
      ok: false,
      reason: `"${address.repository}" is a name on the hub, and ` +
        "`data.hub_dir` names no folder to look in",
      hint,
    };
  }
  const root = resolve(hubDir);
  if (!isGranted({ name: "read", path: root })) {
    return {
      ok: false,
      reason: `reading "${hubDir}" is not permitted`,
      hint: `Run with -R=.,${root}`,
    };
  }
  for (const place of plainFolders(address)) {
    const folder = join(root, place);
    if (await isFolder(folder)) return found(folder, address);
  }
  for (const cache of [root, join(root, "hub")]) {
    const snapshots = join(cache, cacheName(address), "snapshots");
    const names = await folderNames(snapshots);
    if (names.length === 0) continue;
    const chosen = await chosenSnapshot(snapshots, names, address);
    if (chosen !== undefined) return found(join(snapshots, chosen), address);
    return {
      ok: false,
      reason:
        `"${snapshots}" holds the revisions ${
          names.join(", ")
        }, and none is the ` +
        (address.revision === null
          ? "current one: there is no refs/main beside it"
          : `wanted "${address.revision}"`),
      hint: "Name one behind the repository as @<revision>, or keep only one",
    };
  }
  return {
    ok: false,
    reason: `there is no "${address.repository}" in "${hubDir}"`,
    hint,
  };
}

function found(folder: string, address: HubAddress): HubPlace {
  return { ok: true, folder, path: join(folder, address.path) };
}

/** A data set may also lie under its bare name, since its kind is told by its use. */
function plainFolders({ kind, repository }: HubAddress): string[] {
  return kind === "datasets"
    ? [join("datasets", repository), repository]
    : [repository];
}

function cacheName({ kind, repository }: HubAddress): string {
  return `${kind}--${repository.replaceAll("/", "--")}`;
}

/** The revision asked for, the one that `refs/` points at, or the only one. */
async function chosenSnapshot(
  snapshots: string,
  names: readonly string[],
  { revision }: HubAddress,
): Promise<string | undefined> {
  if (revision !== null && names.includes(revision)) return revision;
  const commit = await readRef(
    join(snapshots, "..", "refs", revision ?? "main"),
  );
  if (commit !== undefined && names.includes(commit)) return commit;
  return revision === null && names.length === 1 ? names[0] : undefined;
}

async function readRef(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

async function folderNames(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(path)) {
      if (entry.isDirectory) names.push(entry.name);
    }
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
  return names.sort();
}

function waysOut(
  address: HubAddress,
  hubDir: string | null,
  wanted: readonly string[],
): string {
  const { kind, repository } = address;
  const folder = hubDir ?? "hub";
  const target = join(folder, plainFolders(address)[0]!);
  const type = kind === "datasets" ? "--repo-type dataset " : "";
  const setting = hubDir === null
    ? `, and write \`data.hub_dir: ${folder}\``
    : "";
  return `Nothing is downloaded here: put ${
    wanted.join(" and ")
  } into ${target} (\`hf download ${type}${repository} --local-dir ${target}\`)${setting}; Hugging Face's own cache folder will do too`;
}
